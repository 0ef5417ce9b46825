// Punycode (RFC 3492), the way there only: libidn2 has the way back, but lets nobody encode a label
// that IDNA2008 dislikes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace trawl {

/// The label without "xn--"; nullopt if a delta does not fit 32 bits. Cost: code points times distinct ones.
[[nodiscard]] std::optional<std::string> punycode_encode(std::u32string_view label);

}  // namespace trawl
