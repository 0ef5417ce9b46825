#include "cli/progress.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <initializer_list>

namespace trawl {
namespace {

constexpr std::size_t widest_bar = 40;
constexpr std::size_t narrowest_bar = 10;

template <class... Values>
std::string printed(const char* format, Values... values) {
  char text[96];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

std::string rate_text(double rate) { return printed(rate < 10 ? "%.1f/s" : "%.0f/s", rate); }

// 0:12, 1:02:03; past a hundred hours nobody counts seconds.
std::string span_text(double seconds_left) {
  const double most = 100 * 3600.0;
  if (!(seconds_left < most)) return ">100 h";
  const auto all = static_cast<unsigned>(std::ceil(std::max(seconds_left, 0.0)));
  const unsigned hours = all / 3600, minutes = all / 60 % 60, rest = all % 60;
  return hours > 0 ? printed("%u:%02u:%02u", hours, minutes, rest) : printed("%u:%02u", minutes, rest);
}

double share(const progress& now) {
  return now.total == 0 ? 1.0 : static_cast<double>(now.done) / static_cast<double>(now.total);
}

std::string bar(const progress& now, std::size_t width) {
  const auto filled = static_cast<std::size_t>(share(now) * static_cast<double>(width));
  return "[" + std::string(filled, '#') + std::string(width - filled, '-') + "]";
}

// 100% only when nothing is left.
std::string percent(const progress& now) { return printed("%3.0f%%", std::floor(share(now) * 100)); }

std::string count(std::uint64_t number) { return std::to_string(number); }

// As many of `parts`, from the first on, as fit, two blanks apart.
std::string joined(std::initializer_list<std::string> parts, std::size_t width) {
  std::string line;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    const std::size_t gap = line.empty() ? 0 : 2;
    if (line.size() + gap + part.size() > width) break;
    line.append(gap, ' ').append(part);
  }
  return line;
}

}  // namespace

std::string render_progress(const progress& now, std::size_t width) {
  const std::string counts = count(now.done) + "/" + count(now.total);
  const std::string failed = now.failed > 0 ? count(now.failed) + " failed" : "";
  const std::string rate = rate_text(now.rate_per_s);
  const std::string eta = "ETA " + (now.eta_s ? span_text(*now.eta_s) : std::string("-"));
  const std::string line = joined({percent(now), counts, failed, rate, eta}, width);
  const std::size_t room = width > line.size() + 4 ? width - line.size() - 4 : 0;  // Two blanks, two brackets.
  if (room < narrowest_bar) return line;
  return bar(now, std::min(room, widest_bar)) + "  " + line;
}

std::string render_summary(const progress& at_end, std::chrono::duration<double> took) {
  std::string line = count(at_end.done) + (at_end.done == 1 ? " URL in " : " URLs in ");
  line += printed("%.1f s (", took.count()) + rate_text(at_end.rate_per_s) + "): ";
  line += count(at_end.done - at_end.failed) + " ok, " + count(at_end.failed) + " failed";
  if (at_end.done < at_end.total) line += ", " + count(at_end.total - at_end.done) + " not checked";
  return line;
}

}  // namespace trawl
