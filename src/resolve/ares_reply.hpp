// One DNS message that answers one question, read: how it ended by us, the records by c-ares.
// Nothing of it is trusted: c-ares has matched it to its query, and no more. Pure.
#pragma once

#include <string_view>

#include "resolve/inquiry.hpp"

namespace trawl {

/// Addresses of `family` only, at most 32, in order; aliases are followed. `ttl` is 0 to 2^31-1 s (RFC 2181 8).
/// A query, or a broken message: malformed.
[[nodiscard]] dns_answer read_reply(dns_family family, std::string_view message);

}  // namespace trawl
