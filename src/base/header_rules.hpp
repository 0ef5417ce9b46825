// Which header fields a caller may have sent on its behalf (README, Options), and what each must look like (RFC
// 9110 5.1, 5.5). What frames a message, names its host or belongs to one connection is ours alone, and no octet that
// could begin a new line passes: a header value is the classic way to smuggle a second request.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace trawl {

/// Fields of one caller: as many as servers take without a word, and their octets as they go over the wire.
inline constexpr std::size_t header_count_limit = 100;
inline constexpr std::size_t header_octets_limit = 16384;

/// RFC 9110 5.6.2: at least one character, letters, digits and !#$%&'*+-.^_`|~ only.
[[nodiscard]] bool is_header_name(std::string_view name);
/// Anything but control characters; HTAB and octets above 0x7f may stand in it. May be empty.
[[nodiscard]] bool is_header_value(std::string_view value);
/// "Name: value" and the line end.
[[nodiscard]] constexpr std::size_t header_octets(std::string_view name, std::string_view value) {
  return name.size() + value.size() + 4;
}

/// Whether a caller may have one more field sent, beside those that passed before it: nullopt, or a
/// sentence that names the field and says what is wrong.
[[nodiscard]] std::optional<std::string> header_problem(std::span<const std::pair<std::string, std::string>> before,
                                                        std::string_view name, std::string_view value);

}  // namespace trawl
