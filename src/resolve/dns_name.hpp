// Host names as the DNS sees them: one spelling for each, the limits of RFC 1035, and the names that never go there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace trawl {

/// Lower case, without the final dot: the spelling under which names are kept.
[[nodiscard]] std::string canonical_name(std::string_view name);
/// It has that spelling already.
[[nodiscard]] bool is_canonical(std::string_view name);

/// nullopt: the DNS may be asked for this canonical name. Else why not, in words: over 253 octets, an empty
/// label or one over 63, octets that no host name has, a name that RFC 7686 keeps out of the DNS.
[[nodiscard]] std::optional<std::string_view> why_not_asked(std::string_view name);

/// "localhost" and everything under it: always this machine, never asked for (RFC 6761 6.3).
[[nodiscard]] bool is_localhost(std::string_view name);

}  // namespace trawl
