#include "url/punycode.hpp"

#include <algorithm>
#include <cstdint>

#include "base/text.hpp"

namespace trawl {
namespace {

constexpr std::uint32_t base = 36, t_min = 1, t_max = 26, skew = 38, damp = 700;  // RFC 3492 5

[[nodiscard]] std::uint32_t adapt(std::uint32_t delta, std::uint32_t points, bool first) {
  delta /= first ? damp : 2;
  delta += delta / points;
  std::uint32_t k = 0;
  for (; delta > (base - t_min) * t_max / 2; k += base) delta /= base - t_min;
  return k + (base - t_min + 1) * delta / (delta + skew);
}

void append_delta(std::uint32_t delta, std::uint32_t bias, std::string& out) {
  const auto digit = [](std::uint32_t d) { return static_cast<char>(d < 26 ? 'a' + d : '0' + d - 26); };
  for (std::uint32_t k = base;; k += base) {
    const std::uint32_t t = k <= bias ? t_min : std::min(k - bias, t_max);
    if (delta < t) break;
    out += digit(t + (delta - t) % (base - t));
    delta = (delta - t) / (base - t);
  }
  out += digit(delta);
}

/// One number of variable length off the front of `text`. nullopt if it is none, or passes 32 bits.
[[nodiscard]] std::optional<std::uint32_t> take_delta(std::string_view& text, std::uint32_t bias) {
  std::uint64_t delta = 0, weight = 1;
  for (std::uint32_t k = base; !text.empty(); k += base) {
    const char c = text.front();
    text.remove_prefix(1);
    if (!is_alpha(c) && !is_digit(c)) return std::nullopt;
    const auto digit = static_cast<std::uint32_t>(is_digit(c) ? c - '0' + 26 : to_lower(c) - 'a');
    delta += digit * weight;
    if (delta > 0xffffffff) return std::nullopt;
    const std::uint32_t t = k <= bias ? t_min : std::min(k - bias, t_max);
    if (digit < t) return static_cast<std::uint32_t>(delta);
    weight *= base - t;  // Below 2^40: delta has room for less than 2^32.
    if (weight > 0xffffffff) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::u32string> punycode_decode(std::string_view text) {
  const std::size_t dash = text.rfind('-');
  const std::string_view basic = text.substr(0, dash == text.npos ? 0 : dash);
  if (!std::ranges::all_of(basic, is_ascii)) return std::nullopt;
  std::u32string out(basic.begin(), basic.end());
  text.remove_prefix(dash == text.npos ? 0 : dash + 1);
  std::uint32_t bias = 72;
  std::uint64_t n = 0x80, at = 0;
  while (!text.empty()) {
    const auto delta = take_delta(text, bias);
    if (!delta) return std::nullopt;
    const auto points = static_cast<std::uint32_t>(out.size()) + 1;
    bias = adapt(*delta, points, out.size() == basic.size());
    n += (at + *delta) / points;
    at = (at + *delta) % points;
    if (n > 0x10ffff || (n >= 0xd800 && n <= 0xdfff)) return std::nullopt;
    out.insert(out.begin() + static_cast<std::ptrdiff_t>(at++), static_cast<char32_t>(n));
  }
  return out;
}

std::optional<std::string> punycode_encode(std::u32string_view label) {
  std::string out;
  for (char32_t c : label) {
    if (c < 0x80) out += static_cast<char>(c);
  }
  const auto basic = static_cast<std::uint32_t>(out.size());
  if (basic > 0) out += '-';
  std::uint32_t bias = 72, handled = basic;
  std::uint64_t delta = 0;
  for (char32_t n = 0x80; handled < label.size(); ++n, ++delta) {
    char32_t next = 0x10ffff;
    for (char32_t c : label) next = c >= n ? std::min(next, c) : next;
    delta += std::uint64_t{next - n} * (handled + 1);
    if (delta > 0xffffffff - label.size()) return std::nullopt;
    n = next;
    for (char32_t c : label) {
      delta += c < n;
      if (c != n) continue;
      append_delta(static_cast<std::uint32_t>(delta), bias, out);
      bias = adapt(static_cast<std::uint32_t>(delta), handled + 1, handled == basic);
      delta = 0;
      ++handled;
    }
  }
  return out;
}

}  // namespace trawl
