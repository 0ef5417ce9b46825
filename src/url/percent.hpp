// Percent-encoding (WHATWG URL 1.3): what must be escaped where, and the way back.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace trawl {

/// The WHATWG percent-encode sets that http and https URLs need; a bit each, so one table serves all.
enum class encode_set : std::uint8_t { fragment = 1, query = 2, path = 4, userinfo = 8 };

namespace detail {
[[nodiscard]] constexpr std::uint8_t encode_sets_of(unsigned c) {
  constexpr auto any_of = [](unsigned x, std::string_view set) {
    return x < 0x80 && set.find(static_cast<char>(x)) != std::string_view::npos;
  };
  if (c <= 0x1f || c >= 0x7f) return 0xf;
  unsigned sets = 0;
  if (any_of(c, " \"<>`")) sets |= 1;
  if (any_of(c, " \"#<>'")) sets |= 2;  // The query of http and https: ' is escaped as well.
  if (any_of(c, " \"#<>?^`{}")) sets |= 4;
  if (any_of(c, " \"#<>?^`{}/:;=@[\\]|")) sets |= 8;
  return static_cast<std::uint8_t>(sets);
}
inline constexpr auto encode_table = [] {
  std::array<std::uint8_t, 256> table{};
  for (unsigned c = 0; c < table.size(); ++c) table[c] = encode_sets_of(c);
  return table;
}();
}  // namespace detail

/// True if `c` is escaped in a component of this set. Bytes of non-ASCII characters always are.
[[nodiscard]] constexpr bool must_encode(char c, encode_set set) {
  return (detail::encode_table[static_cast<unsigned char>(c)] & static_cast<std::uint8_t>(set)) != 0;
}

/// Appends `text` to `out`, each byte that the set names as %XX in upper case. A '%' stays as it is.
void percent_encode(std::string_view text, encode_set set, std::string& out);

/// Appends `text` to `out` with every %XX turned into its byte. A '%' without two hex digits stays.
void percent_decode(std::string_view text, std::string& out);

}  // namespace trawl
