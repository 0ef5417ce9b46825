#include "api/submit/line_parser.hpp"

#include "stream/utf8.hpp"

namespace trawl {

bool line_parser::put(std::string_view piece) {
  while (!failed_) {
    const std::size_t end = piece.find('\n');
    if (end == std::string_view::npos) {
      begun_ += piece;
      return true;
    }
    const std::string_view rest = piece.substr(0, end);
    piece.remove_prefix(end + 1);
    if (begun_.empty()) {
      take_line(rest);
    } else {
      take_line(begun_.append(rest));
      begun_.clear();
    }
  }
  return false;
}

bool line_parser::finish() {
  if (!failed_ && !begun_.empty()) take_line(begun_);
  return !failed_;
}

bool line_parser::take_line(std::string_view line) {
  if (line_++ == 0 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);  // A byte order mark.
  if (line.ends_with('\r')) line.remove_suffix(1);
  const std::size_t first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos || line[first] == '#') return true;
  if (!is_utf8(line)) return refuse("line " + std::to_string(line_) + " is not UTF-8");
  into_.add_url(line);
  return true;
}

bool line_parser::refuse(std::string detail) {
  wrong_.status = 400;
  wrong_.detail = std::move(detail);
  failed_ = true;
  return false;
}

}  // namespace trawl
