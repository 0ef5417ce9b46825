// What a client would like to have, from its Accept field (RFC 9110 12.5.1).
#pragma once

#include <string_view>

namespace trawl {

/// How much `type` ("text/csv") is wanted, 0 to 1. The most specific range that covers it decides; an
/// empty field wants everything alike.
[[nodiscard]] double quality(std::string_view accept, std::string_view type);

/// Whether a client with that Accept-Encoding would have gzip rather than nothing (RFC 9110 12.5.3); an empty field
/// asks for nothing.
[[nodiscard]] bool prefers_gzip(std::string_view accept_encoding);

}  // namespace trawl
