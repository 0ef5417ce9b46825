// Base64 (RFC 4648, section 4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace trawl {

/// Appends `octets` to `out`, padded, in one line.
void append_base64(std::string& out, std::string_view octets);

/// The octets of padded base64 without blanks; nullopt: it is not that.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace trawl
