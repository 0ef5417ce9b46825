#include "resolve/dns_message.hpp"

#include <cstddef>
#include <optional>

namespace trawl {
namespace {

constexpr std::size_t header_size = 12;
constexpr std::size_t question_tail = 4;  // Type and class.
constexpr std::size_t record_tail = 10;   // And TTL, and the length of what follows.
constexpr unsigned opt_type = 41;

unsigned octet_at(std::string_view message, std::size_t at) { return static_cast<unsigned char>(message[at]); }
unsigned number_at(std::string_view message, std::size_t at) {
  return octet_at(message, at) << 8U | octet_at(message, at + 1);
}

// Behind the name at `at`; a pointer ends it, and is not followed.
std::optional<std::size_t> skip_name(std::string_view message, std::size_t at) {
  constexpr unsigned longest_label = 63;
  for (; at < message.size(); at += octet_at(message, at) + 1) {
    if (octet_at(message, at) == 0) return at + 1;
    if (octet_at(message, at) > longest_label) return at + 2;
  }
  return std::nullopt;
}

}  // namespace

bool is_answer(std::string_view message) {
  return message.size() >= header_size && (octet_at(message, 2) & 0xf8U) == 0x80;
}

unsigned rcode_of(std::string_view message) {
  if (message.size() < header_size) return 0;
  const unsigned low = octet_at(message, 3) & 0x0fU;
  std::size_t at = header_size;
  for (unsigned left = number_at(message, 4); left > 0; --left) {
    const auto behind = skip_name(message, at);
    if (!behind) return low;
    at = *behind + question_tail;
  }
  for (unsigned left = number_at(message, 6) + number_at(message, 8) + number_at(message, 10); left > 0; --left) {
    const auto behind = skip_name(message, at);
    if (!behind || *behind + record_tail > message.size()) return low;
    if (number_at(message, *behind) == opt_type)
      return octet_at(message, *behind + 4) * 16 + low;  // In the TTL's first octet.
    at = *behind + record_tail + number_at(message, *behind + 8);
  }
  return low;
}

}  // namespace trawl
