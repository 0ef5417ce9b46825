// Records as CSV (RFC 4180): one header line, CR LF, UTF-8.
// A cell that a spreadsheet would take for a formula gets an apostrophe in front.
#pragma once

#include <trawl/record.hpp>

#include <string>
#include <string_view>

namespace trawl {

inline constexpr std::string_view csv_header =
    "index,url,status_code,http,code,phase,detail,final_url,attempts,total_ms,content_type,content_length,remote_"
    "ip\r\n";

/// One line with its end; what does not apply is empty.
void append_csv_record(std::string& out, const record& shown);
/// One cell, quoted where it has to be.
void append_csv_cell(std::string& out, std::string_view text);

}  // namespace trawl
