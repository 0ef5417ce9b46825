#include "cli/url_lines.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace trawl {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t start = text.find_first_not_of(blanks);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(blanks) - start + 1);
}

// 0, or the errno that ended it.
int read_all(int file, url_lines& into) {
  std::array<char, 65536> piece;
  while (true) {
    const ssize_t n = ::read(file, piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    if (n == 0) break;
    into.put({piece.data(), static_cast<std::size_t>(n)});
  }
  into.finish();
  return 0;
}

int read_file(const std::string& name, const url_lines::taker& take) {
  url_lines lines(take);
  if (name == "-") return read_all(STDIN_FILENO, lines);
  const int file = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return errno;
  const int wrong = read_all(file, lines);
  ::close(file);
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
  line = trimmed(line);
  if (!line.empty() && line.front() != '#') take_(line);
}

bool is_url_argument(std::string_view argument) { return argument.find("://") != std::string_view::npos; }

std::vector<std::string> read_urls(const std::vector<std::string>& inputs, const url_lines::taker& take) {
  std::vector<std::string> problems;
  for (const std::string& input : inputs) {
    if (is_url_argument(input)) {
      take(input);
    } else if (const int wrong = read_file(input, take); wrong != 0) {
      problems.push_back((input == "-" ? "stdin" : input) + ": cannot be read: " + std::strerror(wrong));
    }
  }
  return problems;
}

}  // namespace trawl
