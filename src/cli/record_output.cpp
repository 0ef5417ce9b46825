#include "cli/record_output.hpp"

#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include "stream/csv.hpp"
#include "stream/record_json.hpp"

namespace trawl {
namespace {

constexpr std::size_t large_write = 65536;

// 0, or the errno that ended it.
int write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(file, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

}  // namespace

record_output::record_output(int file, record_format format, std::size_t longest_url, bool colour)
    : file_(file), format_(format), table_(longest_url, colour) {}

void record_output::begin() {
  if (format_ == record_format::table) table_.append_header(text_);
  if (format_ == record_format::csv) text_ += csv_header;
  if (format_ == record_format::json) text_ += "[";
}

void record_output::add(const record& finished) {
  switch (format_) {
    case record_format::table:
      table_.append(text_, finished);
      break;
    case record_format::csv:
      append_csv_record(text_, finished);
      break;
    case record_format::ndjson:
      append_indexed_record(text_, finished);
      text_ += '\n';
      break;
    case record_format::json:
      text_ += std::exchange(first_, false) ? "\n" : ",\n";
      append_indexed_record(text_, finished);
      break;
  }
  if (text_.size() >= large_write) flush();
}

void record_output::end() {
  if (format_ == record_format::json) text_ += "\n]\n";
  flush();
}

void record_output::flush() {
  if (failed_ == 0) failed_ = write_all(file_, text_);
  text_.clear();
}

}  // namespace trawl
