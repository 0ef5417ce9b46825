// One line at the bottom of a terminal that is drawn over and over, on stderr.
#pragma once

#include <cstddef>
#include <string_view>

namespace trawl {

class terminal_line {
 public:
  /// Not `shown`: every call does nothing.
  explicit terminal_line(bool shown) : shown_(shown) {}
  ~terminal_line() { clear(); }
  terminal_line(const terminal_line&) = delete;
  terminal_line& operator=(const terminal_line&) = delete;

  [[nodiscard]] bool shown() const { return shown_; }
  /// Columns that a line may take; asked anew, as windows change.
  [[nodiscard]] static std::size_t width();
  void draw(std::string_view line);
  /// Makes room for other output.
  void clear();

 private:
  bool shown_;
  bool drawn_ = false;
};

/// stderr is a terminal that can move its cursor.
[[nodiscard]] bool stderr_is_terminal();
/// stdout is a terminal, and neither NO_COLOR (no-color.org) nor TERM=dumb says otherwise.
[[nodiscard]] bool stdout_takes_colour();

}  // namespace trawl
