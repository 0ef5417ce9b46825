// The inputs of `trawl check`: one URL a line, from files, stdin and the command line itself.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace trawl {

/// Cuts text that arrives in pieces into lines. Blanks around a line, a CR at its end and a byte order mark
/// before the first are left out; so are empty lines and those that begin with #.
class url_lines {
 public:
  using taker = std::function<void(std::string_view)>;
  explicit url_lines(taker take) : take_(std::move(take)) {}
  /// The next piece, cut anywhere.
  void put(std::string_view piece);
  /// The last line need not have an end.
  void finish();

 private:
  void take_line(std::string_view line);
  taker take_;
  std::string unfinished_;
  bool first_ = true;
};

/// Whether an argument is a URL itself, and not the name of a file.
[[nodiscard]] bool is_url_argument(std::string_view argument);

/// Every URL of `inputs` (files, "-" for stdin, URLs), in order. What could not be read, one sentence each;
/// the others are read all the same.
[[nodiscard]] std::vector<std::string> read_urls(const std::vector<std::string>& inputs, const url_lines::taker& take);

}  // namespace trawl
