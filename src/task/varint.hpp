// Little-endian base-128 numbers and length-prefixed bytes, as records and URLs are kept at rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace trawl {

inline constexpr std::size_t varint_max_bytes = 10;

[[nodiscard]] inline std::size_t varint_size(std::uint64_t value) {
  std::size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

inline std::byte* put_varint(std::byte* at, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) *at++ = static_cast<std::byte>(value | 0x80);
  *at++ = static_cast<std::byte>(value);
  return at;
}

[[nodiscard]] inline std::uint64_t get_varint(const std::byte*& at) {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto octet = static_cast<std::uint64_t>(*at++);
    value |= (octet & 0x7F) << shift;
    if (octet < 0x80) return value;
  }
}

inline std::byte* put_bytes(std::byte* at, std::string_view bytes) {
  at = put_varint(at, bytes.size());
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  return at + bytes.size();
}

[[nodiscard]] inline std::string_view get_bytes(const std::byte*& at) {
  const std::size_t size = get_varint(at);
  const std::string_view bytes(reinterpret_cast<const char*>(at), size);
  at += size;
  return bytes;
}

}  // namespace trawl
