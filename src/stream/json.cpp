#include "stream/json.hpp"

#include <cmath>

#include "stream/utf8.hpp"

namespace trawl {
namespace {

constexpr std::uint64_t ones = 0x0101010101010101;
constexpr std::uint64_t high_bits = 0x8080808080808080;

// Whether any of eight bytes is below 0x20, a quote, a backslash or not ASCII: each test sets the high bit
// of a byte it finds, and may find one too many only beside a true one.
bool any_special(std::uint64_t word) {
  const auto zero_byte = [](std::uint64_t w) { return (w - ones) & ~w; };
  const std::uint64_t below_space = word - ones * 0x20;
  return ((word | below_space | zero_byte(word ^ (ones * '"')) | zero_byte(word ^ (ones * '\\'))) & high_bits) != 0;
}

bool special(unsigned char byte) { return byte < 0x20 || byte == '"' || byte == '\\' || byte >= 0x80; }

std::size_t plain_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at + 8 <= text.size() && !any_special(load_eight(text.data() + at))) at += 8;
  while (at < text.size() && !special(static_cast<unsigned char>(text[at]))) ++at;
  return at;
}

void append_escaped(std::string& out, char byte) {
  constexpr std::string_view shorts = "btn\0fr";  // From 0x08 on; 0x0B has none.
  out += '\\';
  if (byte == '"' || byte == '\\') {
    out += byte;
  } else if (byte >= 0x08 && byte <= 0x0D && byte != 0x0B) {
    out += shorts[static_cast<std::size_t>(byte - 0x08)];
  } else {
    out += "u00";
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
}

// One special character or UTF-8 sequence at the start of `text`; returns its size there.
std::size_t append_special(std::string& out, std::string_view text) {
  if (static_cast<unsigned char>(text[0]) < 0x80) {
    append_escaped(out, text[0]);
    return 1;
  }
  const utf8_step step = utf8_first(text);
  if (step.valid)
    out.append(text.substr(0, step.size));
  else
    out.append("\xEF\xBF\xBD");
  return step.size;
}

void append_padded(std::string& out, unsigned value, int width) {
  char digits[4];
  for (int i = width; i-- > 0; value /= 10) digits[i] = static_cast<char>('0' + value % 10);
  out.append(digits, static_cast<std::size_t>(width));
}

void append_date_time(std::string& out, std::chrono::sys_seconds when) {
  using namespace std::chrono;
  const sys_days day = floor<days>(when);
  const year_month_day date(day);
  const hh_mm_ss time(when - day);
  append_padded(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_padded(out, static_cast<unsigned>(time.hours().count()), 2);
  out += ':';
  append_padded(out, static_cast<unsigned>(time.minutes().count()), 2);
  out += ':';
  append_padded(out, static_cast<unsigned>(time.seconds().count()), 2);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (true) {
    const std::size_t plain = plain_prefix(text);
    out.append(text.data(), plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    text.remove_prefix(append_special(out, text));
  }
  out += '"';
}

void append_ms(std::string& out, std::int64_t us) {
  append_number(out, us / 1000);
  auto rest = static_cast<unsigned>(us % 1000);
  if (rest == 0) return;
  int width = 3;
  for (; rest % 10 == 0; rest /= 10) --width;
  out += '.';
  append_padded(out, rest, width);
}

void append_tenths(std::string& out, double value) {
  const auto tenths = std::llround(value * 10);
  append_number(out, tenths / 10);
  if (tenths % 10 == 0) return;
  out += '.';
  append_number(out, tenths % 10);
}

void append_rfc3339(std::string& out, std::int64_t epoch_seconds) {
  out += '"';
  append_date_time(out, std::chrono::sys_seconds(std::chrono::seconds(epoch_seconds)));
  out += "Z\"";
}

void append_rfc3339(std::string& out, std::chrono::system_clock::time_point when) {
  const auto second = std::chrono::floor<std::chrono::seconds>(when);
  out += '"';
  append_date_time(out, second);
  out += '.';
  append_padded(out, static_cast<unsigned>(std::chrono::floor<std::chrono::milliseconds>(when - second).count()), 3);
  out += "Z\"";
}

}  // namespace trawl
