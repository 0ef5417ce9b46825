// One content coding (RFC 9110 8.4.1) of one body taken off as the octets arrive: what zlib, brotli and zstd have in
// common.
// Belongs to one loop. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace trawl {

enum class content_coding : std::uint8_t { gzip, deflate, br, zstd };
inline constexpr std::size_t content_coding_count = 4;

/// What every request offers unless its caller says otherwise: all that can be taken off again.
inline constexpr std::string_view offered_codings = "gzip, deflate, br, zstd";

/// The token of RFC 9110 8.4.1, RFC 7932 13 or RFC 8878 7.2.
[[nodiscard]] constexpr std::string_view coding_name(content_coding which) {
  constexpr std::string_view names[content_coding_count] = {"gzip", "deflate", "br", "zstd"};
  return names[static_cast<std::size_t>(which)];
}

class content_decoder {
 public:
  enum class outcome : std::uint8_t {
    good,
    broken,     ///< The octets are not of this coding: see problem().
    no_memory,  ///< This machine had none left.
  };
  virtual ~content_decoder() = default;

  /// Takes octets off the front of `coded`, fills `room` (never empty), and says in `made` how much of it. As long as
  /// `coded` is not empty each good call takes some of it or makes something; once it has made nothing of an empty
  /// `coded`, there is nothing to come without more. What follows a complete stream and belongs to no other is taken
  /// and ignored, as browsers do: the stream was whole.
  [[nodiscard]] virtual outcome decode(std::string_view& coded, std::span<char> room, std::size_t& made) = 0;
  /// Whether the body may end here: after a complete stream, or before the first octet.
  [[nodiscard]] virtual bool complete() const = 0;
  /// After `broken`: what is wrong, in the library's words.
  [[nodiscard]] virtual std::string_view problem() const = 0;
  /// Octets of memory it uses now, nearly.
  [[nodiscard]] virtual std::size_t memory() const = 0;
};

}  // namespace trawl
