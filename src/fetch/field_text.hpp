// Small readers of header text: comma lists, numbers, and foreign bytes made fit for an error message. All on views,
// none allocates except append_quoted().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.hpp"

namespace trawl {

/// Calls f(member) for each member of a comma list, trimmed, perhaps empty; ends early when f returns false.
/// True if it never did. Knows no quoted strings: the lists it is for hold tokens.
template <class F>
constexpr bool all_members(std::string_view list, F&& f) {
  for (;;) {
    const auto comma = list.find(',');
    if (!f(trim_ows(list.substr(0, comma)))) return false;
    if (comma == std::string_view::npos) return true;
    list.remove_prefix(comma + 1);
  }
}

/// Lengths above this are refused as overflow: room to add two of them, and what every peer stops at too.
inline constexpr std::uint64_t longest_body = INT64_MAX;

/// Digits only, at least one, at most longest_body: no sign, no space.
[[nodiscard]] std::optional<std::uint64_t> decimal_length(std::string_view digits);

/// Appends foreign bytes for a person: in quotes, on one line, printable ASCII, at most `most` bytes of
/// them, then "..." if there were more.
void append_quoted(std::string& out, std::string_view bytes, std::size_t most = 40);

}  // namespace trawl
