// The host of an http or https URL (WHATWG URL 3.5): domain, IPv4 in any notation that browsers take,
// IPv6. What comes out is serialized: lower case, punycode, dotted decimal, RFC 5952.
// Names too long for DNS pass: that is for the resolver to say.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "url/url_errc.hpp"

namespace trawl {

enum class host_kind : std::uint8_t { domain, ipv4, ipv6 };

/// Appends the serialized form of `text` (as it stands between "//" and the port, not empty) to `out`.
/// IPv6 keeps its brackets. On failure `out` may have grown. Allocates only for names that are not
/// plain ASCII, beyond what `out` needs.
[[nodiscard]] url_errc parse_host(std::string_view text, std::string& out, host_kind& kind);

}  // namespace trawl
