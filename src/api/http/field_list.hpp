// Field values that are lists: what stands between commas, but for those in quotes (RFC 9110 5.6.1).
#pragma once

#include <algorithm>
#include <string_view>

#include "base/text.hpp"

namespace trawl {

/// Takes what stands before the next `separator` outside of quotes off `text`; without optional whitespace.
[[nodiscard]] inline std::string_view take_element(std::string_view& text, char separator) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < text.size() && (quoted || text[end] != separator); ++end) {
    if (text[end] == '"') quoted = !quoted;
    if (quoted && text[end] == '\\') ++end;
  }
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return trim_ows(taken);
}

}  // namespace trawl
