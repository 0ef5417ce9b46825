#include "stream/utf8.hpp"

namespace trawl {
namespace {

constexpr std::uint64_t high_bits = 0x8080808080808080;

struct lead_rule {
  std::size_t size = 0;               // Of the whole sequence; 0: no sequence starts like this.
  unsigned char second_least = 0x80;  // RFC 3629 4: what may follow the first byte.
  unsigned char second_most = 0xBF;
};

lead_rule rule_of(unsigned char lead) {
  if (lead < 0x80) return {1};
  if (lead < 0xC2) return {};
  if (lead < 0xE0) return {2};
  if (lead == 0xE0) return {3, 0xA0};
  if (lead == 0xED) return {3, 0x80, 0x9F};
  if (lead < 0xF0) return {3};
  if (lead == 0xF0) return {4, 0x90};
  if (lead < 0xF4) return {4};
  if (lead == 0xF4) return {4, 0x80, 0x8F};
  return {};
}

std::size_t ascii_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at + 8 <= text.size() && (load_eight(text.data() + at) & high_bits) == 0) at += 8;
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

}  // namespace

utf8_step utf8_first(std::string_view text) {
  const lead_rule rule = rule_of(static_cast<unsigned char>(text[0]));
  if (rule.size <= 1) return {1, rule.size == 1};
  for (std::size_t i = 1; i < rule.size; ++i) {
    if (i == text.size()) return {i, false};
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool fits = i == 1 ? byte >= rule.second_least && byte <= rule.second_most : (byte & 0xC0) == 0x80;
    if (!fits) return {i, false};
  }
  return {rule.size, true};
}

bool is_utf8(std::string_view text) {
  while (true) {
    text.remove_prefix(ascii_prefix(text));
    if (text.empty()) return true;
    const utf8_step step = utf8_first(text);
    if (!step.valid) return false;
    text.remove_prefix(step.size);
  }
}

}  // namespace trawl
