// Files that the assembler takes into the binary as they are, which costs the compiler nothing however large they are.
#pragma once

#include <cstddef>
#include <string_view>

/// Two symbols, `name`_begin and `name`_end, where the file at that path (a literal) begins and ends.
#define TRAWL_EMBED(name, path)                                                                          \
  asm(".section .rodata\n" #name "_begin:\n.incbin \"" path "\"\n" #name "_end:\n.byte 0\n.previous\n"); \
  extern "C" const char name##_begin[];                                                                  \
  extern "C" const char name##_end[];

/// The octets of such a file.
#define TRAWL_EMBEDDED(name) ::trawl::octets_between(name##_begin, name##_end)

namespace trawl {

[[nodiscard]] inline std::string_view octets_between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace trawl
