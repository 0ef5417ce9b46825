// Field values that are lists: what stands between commas, but for those in quotes (RFC 9110 5.6.1).
#pragma once

#include <algorithm>
#include <string_view>

namespace trawl {

[[nodiscard]] inline std::string_view without_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

/// Takes what stands before the next `separator` outside of quotes off `text`.
[[nodiscard]] inline std::string_view take_element(std::string_view& text, char separator) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < text.size() && (quoted || text[end] != separator); ++end) {
    if (text[end] == '"') quoted = !quoted;
    if (quoted && text[end] == '\\') ++end;
  }
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return without_blanks(taken);
}

}  // namespace trawl
