#include "cli/url_lines.hpp"

#include <unistd.h>

#include <utility>

#include "base/text.hpp"
#include "base/whole_file.hpp"

namespace trawl {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

constexpr bool is_blank(char c) { return is_ows(c) || c == '\r'; }

// 0, or the errno that ended it.
int read_file(const std::string& name, const url_lines::taker& take) {
  url_lines lines(take);
  const piece_taker put = [&](std::string_view piece) { lines.put(piece); };
  const int wrong = name == "-" ? read_to_end(STDIN_FILENO, put) : read_to_end(name, put);
  if (wrong == 0) lines.finish();
  return wrong;
}

}  // namespace

void url_lines::put(std::string_view piece) {
  for (std::size_t end = piece.find('\n'); end != std::string_view::npos; end = piece.find('\n')) {
    if (unfinished_.empty()) {
      take_line(piece.substr(0, end));
    } else {
      unfinished_.append(piece.substr(0, end));
      take_line(std::exchange(unfinished_, {}));
    }
    piece.remove_prefix(end + 1);
  }
  unfinished_.append(piece);
}

void url_lines::finish() { take_line(std::exchange(unfinished_, {})); }

void url_lines::take_line(std::string_view line) {
  if (std::exchange(first_, false) && line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
  line = trim(line, is_blank);
  if (!line.empty() && line.front() != '#') take_(line);
}

bool is_url_argument(std::string_view argument) { return argument.find("://") != std::string_view::npos; }

std::vector<std::string> read_urls(const std::vector<std::string>& inputs, const url_lines::taker& take) {
  std::vector<std::string> problems;
  for (const std::string& input : inputs) {
    if (is_url_argument(input)) {
      take(input);
    } else if (const int wrong = read_file(input, take); wrong != 0) {
      problems.push_back((input == "-" ? "stdin" : input) + ": " + unreadable(wrong));
    }
  }
  return problems;
}

}  // namespace trawl
