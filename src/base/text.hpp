// Small readers of text: what a letter is, and words, lines and members taken off the front. ASCII alone, and no
// locale: those of <cctype> know one, and are undefined for bytes above 0x7f. On views; only lower_case() allocates.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace trawl {

[[nodiscard]] constexpr bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }
[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
[[nodiscard]] constexpr bool is_alpha(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }
[[nodiscard]] constexpr bool is_hex_digit(char c) { return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }
/// Of a hex digit only.
[[nodiscard]] constexpr unsigned hex_value(char c) {
  return static_cast<unsigned>(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
}

[[nodiscard]] inline std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), to_lower);
  return lower;
}
[[nodiscard]] constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, to_lower, to_lower);
}
[[nodiscard]] constexpr bool starts_ignoring_case(std::string_view text, std::string_view start) {
  return equals_ignoring_case(text.substr(0, start.size()), start);
}

/// RFC 9110 5.6.3: optional whitespace is SP and HTAB, nothing else.
[[nodiscard]] constexpr bool is_ows(char c) { return c == ' ' || c == '\t'; }
/// Without the blanks it begins and ends with.
template <class Blank>
[[nodiscard]] constexpr std::string_view trim(std::string_view text, Blank is_blank) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}
[[nodiscard]] constexpr std::string_view trim_ows(std::string_view text) { return trim(text, is_ows); }

/// Takes what stands before the first `mark` off `rest`, and the mark; without one, all of it.
[[nodiscard]] constexpr std::string_view take_until(std::string_view& rest, char mark) {
  const std::size_t end = std::min(rest.find(mark), rest.size());
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return taken;
}
/// Takes the next word off `rest`, and the `blanks` before it; empty: there is none.
[[nodiscard]] constexpr std::string_view take_word(std::string_view& rest, std::string_view blanks) {
  rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
  const std::string_view word = rest.substr(0, rest.find_first_of(blanks));
  rest.remove_prefix(word.size());
  return word;
}

}  // namespace trawl
