// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing past U+10FFFF. Text that is all
// ASCII, as nearly every URL is, is passed over eight bytes at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace trawl {

/// What stands at the start of non-empty `text`: one well-formed sequence of `size` bytes, or `size` bytes
/// to be replaced by one U+FFFD (the longest start of a sequence there is, as WHATWG decoders do).
struct utf8_step {
  std::size_t size = 1;
  bool valid = false;
};
[[nodiscard]] utf8_step utf8_first(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text);

/// Eight bytes as one number, whatever their alignment.
[[nodiscard]] inline std::uint64_t load_eight(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

}  // namespace trawl
