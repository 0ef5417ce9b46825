#include "url/punycode.hpp"

#include <algorithm>
#include <cstdint>

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

}  // namespace

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
