#include "cli/record_table.hpp"

#include <algorithm>
#include <cstdio>

#include "stream/utf8.hpp"

namespace trawl {
namespace {

constexpr std::size_t status_width = 25;  // "destination_ip_prohibited"; three rare ones are longer.
constexpr std::size_t time_width = 10;    // "3600000 ms"

bool is_control(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence[0]);
  const bool c1 = sequence.size() == 2 && first == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0;
  return first < 0x20 || first == 0x7F || c1;
}

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void append_padded(std::string& out, std::string_view text, std::size_t width) {
  out.append(text).append(width - std::min(width, columns(text)), ' ');
}

std::string status_text(const record& shown) {
  if (shown.ok() || shown.code == errc::http_status) return std::to_string(shown.status_code);
  return std::string(code_token(shown.code));
}

std::string time_text(const record& shown) {
  if (!shown.took.has(timing::total)) return "-";
  const double ms = static_cast<double>(shown.took.get(timing::total)) / 1000;
  char text[32];
  std::snprintf(text, sizeof text, ms < 10 ? "%.1f ms" : "%.0f ms", ms);
  return text;
}

void append_note(std::string& notes, std::string_view note) {
  if (note.empty()) return;
  if (!notes.empty()) notes += "; ";
  notes += note;
}

std::string notes(const record& shown) {
  std::string all = printable(shown.detail);
  if (!shown.final_url.empty()) append_note(all, "-> " + printable(shown.final_url));
  if (shown.attempts > 1) append_note(all, std::to_string(shown.attempts) + " attempts");
  return all;
}

}  // namespace

record_table::record_table(std::size_t longest_url, bool colour)
    : url_width_(std::clamp<std::size_t>(longest_url, 3, widest_url)), colour_(colour) {}

void record_table::append_header(std::string& out) const {
  append_padded(out, "STATUS", status_width);
  out.append(time_width - 3, ' ').append("TIME  ");
  append_padded(out, "URL", url_width_);
  out += "  DETAIL\n";
}

void record_table::append(std::string& out, const record& shown) const {
  if (colour_) out += shown.ok() ? "\x1b[32m" : "\x1b[31m";
  append_padded(out, status_text(shown), status_width);
  if (colour_) out += "\x1b[0m";
  const std::string time = time_text(shown);
  out.append(time_width + 1 - std::min(time_width, time.size()), ' ').append(time).append("  ");
  const std::string rest = notes(shown);
  append_padded(out, printable(shown.url), rest.empty() ? 0 : url_width_);
  if (!rest.empty()) out.append("  ").append(rest);
  out += '\n';
}

std::string printable(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const utf8_step step = utf8_first(text);
    const std::string_view sequence = text.substr(0, step.size);
    if (step.valid && !is_control(sequence)) {
      clean += sequence;
    } else {
      clean += '?';
    }
    text.remove_prefix(step.size);
  }
  return clean;
}

}  // namespace trawl
