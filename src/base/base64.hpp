// Base64 (RFC 4648, section 4), one way: for Basic credentials.
#pragma once

#include <string>
#include <string_view>

namespace trawl {

/// Appends `octets` to `out`, padded, in one line.
void append_base64(std::string& out, std::string_view octets);

}  // namespace trawl
