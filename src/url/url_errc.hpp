// Why a text is not a URL that trawl can fetch, and the words for it.
#pragma once

#include <cstdint>
#include <string_view>

namespace trawl {

enum class url_errc : std::uint8_t {
  ok = 0,
  empty,               ///< nothing left after trimming
  too_long,            ///< longer than url_length_limit
  no_scheme,           ///< relative, and no base was given
  unsupported_scheme,  ///< a scheme, but neither http nor https
  no_host,
  invalid_host,  ///< a character that no host name may have
  invalid_ipv4,  ///< ends like an IPv4 address, and is none
  invalid_ipv6,
  invalid_idna,  ///< UTS 46 refuses the international name, or it is not UTF-8
  invalid_port,
};

/// One line for a person: what is wrong. "" for ok.
[[nodiscard]] std::string_view url_errc_text(url_errc code) noexcept;

}  // namespace trawl
