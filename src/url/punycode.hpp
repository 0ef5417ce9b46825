// Punycode (RFC 3492), both ways: libidn2 has them too, but not for labels that IDNA2008 dislikes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace trawl {

/// The label without "xn--"; nullopt if a delta does not fit 32 bits. Cost: code points times distinct ones.
[[nodiscard]] std::optional<std::string> punycode_encode(std::u32string_view label);
/// The label that `text`, without its "xn--", stands for; nullopt if it stands for none. More than one text may stand
/// for the same label; encoding it again gives the one that counts. Cost: the square of the code points.
[[nodiscard]] std::optional<std::u32string> punycode_decode(std::string_view text);

}  // namespace trawl
