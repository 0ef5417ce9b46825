// What the fuzz targets share: how an input is read, how it is cut into pieces, and what happens when something that
// must always hold does not. A target is one function that libFuzzer calls with octets of its making; the first one
// chooses between variants and how the rest is cut, so a corpus file is one letter and then plain text.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace trawl::fuzz {

/// Ends the run if `holds` is false; libFuzzer then writes the input to a file. `what`: what should have held.
inline void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

struct input {
  unsigned choice = 0;  ///< 0..255
  std::string_view text;
};

inline input read_input(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return {};
  return {data[0], {reinterpret_cast<const char*>(data) + 1, size - 1}};
}

/// Octets in a block of exactly their size, so that AddressSanitizer sees who reads past their end.
using block = std::vector<char>;
inline std::string_view view(const block& octets) { return {octets.data(), octets.size()}; }

enum class cutting { whole, singles, random };
inline constexpr cutting every_cutting[] = {cutting::whole, cutting::singles, cutting::random};

/// `text` in pieces as a network might cut it. The random ones follow from `seed` alone.
inline std::vector<block> cut(std::string_view text, cutting how, unsigned seed) {
  std::vector<block> pieces;
  std::uint32_t state = seed * 2654435761U + 1;
  while (!text.empty()) {
    state = state * 1664525U + 1013904223U;
    std::size_t size = how == cutting::whole ? text.size() : how == cutting::singles ? 1 : state >> 24 & 31;
    size = size < text.size() ? size : text.size();
    pieces.emplace_back(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
    text.remove_prefix(size);
  }
  return pieces;
}

/// One line that is safe to show: printable ASCII.
inline bool is_one_plain_line(std::string_view text) {
  for (const char c : text)
    if (c < 0x20 || c == 0x7f) return false;
  return true;
}

}  // namespace trawl::fuzz
