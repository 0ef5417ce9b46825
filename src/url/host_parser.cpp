#include "url/host_parser.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "url/idna.hpp"
#include "url/percent.hpp"

namespace trawl {
namespace {

// ---- domain ---------------------------------------------------------------------------------------

enum : std::uint8_t { forbidden = 1, upper = 2, not_ascii = 4, percent = 8 };

constexpr auto domain_table = [] {
  std::array<std::uint8_t, 256> table{};
  for (unsigned c = 0; c <= 0x20; ++c) table[c] = forbidden;
  for (unsigned char c : std::string_view("#/:<>?@[\\]^|\x7f")) table[c] = forbidden;
  for (unsigned c = 'A'; c <= 'Z'; ++c) table[c] = upper;
  for (unsigned c = 0x80; c <= 0xff; ++c) table[c] = not_ascii;
  table['%'] = percent;
  return table;
}();

[[nodiscard]] unsigned traits_of(std::string_view text) {
  unsigned traits = 0;
  for (char c : text) traits |= domain_table[static_cast<unsigned char>(c)];
  return traits;
}

/// A label that starts with "xn--" is punycode and must be checked, whatever its case.
[[nodiscard]] bool has_punycode(std::string_view domain) {
  for (std::size_t dash = domain.find("--", 2); dash != domain.npos; dash = domain.find("--", dash + 1)) {
    const bool starts_label = dash == 2 || domain[dash - 3] == '.';
    if (starts_label && to_lower(domain[dash - 2]) == 'x' && to_lower(domain[dash - 1]) == 'n') return true;
  }
  return false;
}

[[nodiscard]] url_errc append_domain(std::string_view text, std::string& out) {
  const auto begin = static_cast<std::ptrdiff_t>(out.size());
  unsigned traits = traits_of(text);
  if ((traits & not_ascii) || has_punycode(text)) {
    if (!domain_to_ascii(text, out)) return url_errc::invalid_idna;
    // Judged after mapping, which makes ASCII of full-width forms, and of '>' and a stroke one character.
    traits = traits_of(std::string_view(out).substr(static_cast<std::size_t>(begin)));
  } else {
    out.append(text);
  }
  if (traits & (forbidden | percent)) return url_errc::invalid_host;
  if (traits & upper) std::transform(out.begin() + begin, out.end(), out.begin() + begin, to_lower);
  return url_errc::ok;
}

// ---- IPv4 -----------------------------------------------------------------------------------------

/// Cuts the last label off `text`, and its dot. "" if it is empty.
std::string_view pop_label(std::string_view& text) {
  const std::size_t dot = text.rfind('.');
  const std::string_view label = text.substr(dot == text.npos ? 0 : dot + 1);
  text = text.substr(0, dot == text.npos ? 0 : dot);
  return label;
}

/// Decimal, 0x hexadecimal ("0x" is 0) or 0 octal. What is above 32 bits stays above, and no more.
[[nodiscard]] std::optional<std::uint64_t> ipv4_number(std::string_view digits) {
  if (digits.empty()) return std::nullopt;
  unsigned base = 10;
  if (digits.size() >= 2 && digits[0] == '0') {
    base = to_lower(digits[1]) == 'x' ? 16 : 8;
    digits.remove_prefix(base == 16 ? 2 : 1);
  }
  std::uint64_t value = 0;
  for (char c : digits) {
    if (!is_hex_digit(c) || hex_value(c) >= base) return std::nullopt;
    value = value * base + hex_value(c);
    if (value > 0xffffffff) value = 0x100000000;
  }
  return value;
}

/// The domain's last label is a number: then it must be an address, and may not be a name.
[[nodiscard]] bool ends_in_number(std::string_view domain) {
  if (domain.ends_with('.')) domain.remove_suffix(1);
  const std::string_view last = pop_label(domain);
  if (last.empty() || !is_digit(last[0])) return false;
  return std::ranges::all_of(last, is_digit) || ipv4_number(last).has_value();
}

/// 1 to 4 numbers; the last one fills all octets that are left.
[[nodiscard]] std::optional<std::uint32_t> ipv4_address(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  const auto parts = 1 + static_cast<unsigned>(std::ranges::count(text, '.'));
  if (parts > 4) return std::nullopt;
  const auto last = ipv4_number(pop_label(text));
  if (!last || *last >> (8 * (5 - parts))) return std::nullopt;
  std::uint64_t address = *last;
  for (unsigned octet = 5 - parts; octet < 4; ++octet) {
    const auto value = ipv4_number(pop_label(text));
    if (!value || *value > 255) return std::nullopt;
    address |= *value << (8 * octet);
  }
  return static_cast<std::uint32_t>(address);
}

void append_ipv4(std::uint32_t address, std::string& out) {
  char text[16];
  char* p = text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    p = std::to_chars(p, text + sizeof text, address >> shift & 0xff).ptr;
    *p++ = '.';
  }
  out.append(text, p - 1);
}

// ---- IPv6 -----------------------------------------------------------------------------------------

using ipv6_pieces = std::array<std::uint16_t, 8>;

/// Walks the pieces as WHATWG URL 3.5 does: "::" takes a place of its own, so it stands for one zero or more.
class ipv6_reader {
 public:
  explicit ipv6_reader(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

  [[nodiscard]] std::optional<ipv6_pieces> read() {
    if (take(':') && (at_ == end_ || *at_ != ':')) return std::nullopt;
    while (at_ != end_) {
      if (count_ == 8 || !(take(':') ? squeeze() : take_piece())) return std::nullopt;
    }
    if (squeezed_ == 0 && count_ != 8) return std::nullopt;
    if (squeezed_ != 0) std::rotate(pieces_.begin() + squeezed_, pieces_.begin() + count_, pieces_.end());
    return pieces_;
  }

 private:
  bool take(char c) { return at_ != end_ && *at_ == c && (++at_, true); }
  /// The second colon of "::".
  bool squeeze() {
    if (squeezed_ != 0) return false;
    squeezed_ = ++count_;
    return true;
  }
  /// One piece and the colon behind it, or the IPv4 address at the end.
  bool take_piece() {
    const char* const start = at_;
    unsigned value = 0;
    for (; at_ != end_ && at_ - start < 4 && is_hex_digit(*at_); ++at_) value = value << 4 | hex_value(*at_);
    if (at_ != end_ && *at_ == '.') {
      at_ = start;
      return take_ipv4();
    }
    pieces_[count_++] = static_cast<std::uint16_t>(value);
    return at_ != start && (at_ == end_ || (take(':') && at_ != end_));
  }
  /// Stricter than outside of brackets: four decimal octets without leading zeros, and nothing behind.
  bool take_ipv4() {
    if (count_ > 6) return false;
    for (unsigned octet = 0; octet < 4; ++octet) {
      if (octet != 0 && !take('.')) return false;
      const char* const start = at_;
      unsigned value = 0;
      for (; at_ != end_ && at_ - start < 3 && is_digit(*at_); ++at_) value = value * 10 + hex_value(*at_);
      if (at_ == start || value > 255 || (*start == '0' && at_ - start > 1)) return false;
      auto& piece = pieces_[count_ + octet / 2];
      piece = static_cast<std::uint16_t>(piece << 8 | value);
    }
    count_ += 2;
    return at_ == end_;
  }

  const char* at_;
  const char* const end_;
  ipv6_pieces pieces_{};
  unsigned count_ = 0;
  unsigned squeezed_ = 0;  ///< Index of the first piece behind "::"; 0: none seen.
};

/// The first longest run of at least two zero pieces, as {begin, end}; {8, 8}: none.
[[nodiscard]] std::pair<unsigned, unsigned> longest_zeros(const ipv6_pieces& pieces) {
  std::pair<unsigned, unsigned> best{8, 8};
  for (unsigned begin = 0; begin < 8; ++begin) {
    unsigned end = begin;
    while (end < 8 && pieces[end] == 0) ++end;
    if (end - begin > std::max(1u, best.second - best.first)) best = {begin, end};
  }
  return best;
}

void append_ipv6(const ipv6_pieces& pieces, std::string& out) {
  const auto [zeros, zeros_end] = longest_zeros(pieces);
  out += '[';
  for (unsigned i = 0; i < 8; ++i) {
    if (i == zeros) {
      out += i == 0 ? "::" : ":";
      i = zeros_end;
      if (i == 8) break;
    }
    char digits[4];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, pieces[i], 16).ptr);
    if (i < 7) out += ':';
  }
  out += ']';
}

[[nodiscard]] url_errc parse_ipv6(std::string_view text, std::string& out) {
  if (!text.ends_with(']')) return url_errc::invalid_ipv6;
  const auto pieces = ipv6_reader(text.substr(1, text.size() - 2)).read();
  if (!pieces) return url_errc::invalid_ipv6;
  append_ipv6(*pieces, out);
  return url_errc::ok;
}

}  // namespace

url_errc parse_host(std::string_view text, std::string& out, host_kind& kind) {
  assert(!text.empty());
  if (text.front() == '[') {
    kind = host_kind::ipv6;
    return parse_ipv6(text, out);
  }
  kind = host_kind::domain;
  std::string decoded;
  if (text.find('%') != text.npos) {
    percent_decode(text, decoded);
    text = decoded;
  }
  const std::size_t begin = out.size();
  if (const url_errc error = append_domain(text, out); error != url_errc::ok) return error;
  const auto domain = std::string_view(out).substr(begin);
  if (!ends_in_number(domain)) return url_errc::ok;
  kind = host_kind::ipv4;
  const auto address = ipv4_address(domain);
  if (!address) return url_errc::invalid_ipv4;
  out.resize(begin);
  append_ipv4(*address, out);
  return url_errc::ok;
}

}  // namespace trawl
