// A record as the API shows it (README, A record): the value under its URL in `result`, and the line of a stream.
#pragma once

#include <trawl/record.hpp>

#include <string>

namespace trawl {

/// {"timestamp": …, "errors": {…}, …}; what does not apply is absent.
void append_record(std::string& out, const record& shown);
/// {"index": …, "url": …, "timestamp": …, …}, without an end of line.
void append_indexed_record(std::string& out, const record& shown);
/// Whether `errors.http` is the number of the status received, and not a word.
[[nodiscard]] bool fails_by_status(const record& shown);

}  // namespace trawl
