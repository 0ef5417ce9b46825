#include "cli/terminal_line.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

namespace trawl {
namespace {

constexpr std::size_t usual_columns = 80;
constexpr const char* back_and_erase = "\r\x1b[K";

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

void write_error(const std::string& text) {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());  // For show; may fail.
}

}  // namespace

std::size_t terminal_line::width() {
  winsize window{};
  const bool told = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0;
  return (told ? window.ws_col : usual_columns) - 1;  // In the last column some terminals wrap.
}

void terminal_line::draw(std::string_view line) {
  if (!shown_) return;
  write_error(back_and_erase + std::string(line));
  drawn_ = true;
}

void terminal_line::clear() {
  if (std::exchange(drawn_, false)) write_error(back_and_erase);
}

bool stderr_is_terminal() { return ::isatty(STDERR_FILENO) != 0 && variable("TERM") != "dumb"; }

bool stdout_takes_colour() {
  return ::isatty(STDOUT_FILENO) != 0 && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
}

}  // namespace trawl
