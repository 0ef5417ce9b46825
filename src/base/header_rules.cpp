#include "base/header_rules.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace trawl {
namespace {

constexpr bool is_name_octet(char c) {
  return is_alpha(c) || is_digit(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

constexpr bool is_value_octet(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return (octet >= 0x20 && octet != 0x7f) || octet == '\t';
}

/// Host and what frames the message or belongs to one connection (RFC 9110 7.6.1).
bool is_ours(std::string_view name) {
  static constexpr std::array<std::string_view, 9> ours{
      "host", "content-length", "transfer-encoding", "te", "connection", "upgrade", "trailer", "expect", "keep-alive"};
  const auto is = [name](std::string_view lower) { return equals_ignoring_case(name, lower); };
  return std::ranges::any_of(ours, is) || starts_ignoring_case(name, "proxy-");
}

/// For a message: a name that may hold anything, on one line and not for ever.
std::string shown(std::string_view name) {
  std::string text = "header \"";
  for (const char c : name.substr(0, 60)) text += is_value_octet(c) && c != '\t' && c != '"' ? c : '?';
  return text + (name.size() > 60 ? "...\"" : "\"");
}

}  // namespace

bool is_header_name(std::string_view name) { return !name.empty() && std::ranges::all_of(name, is_name_octet); }

bool is_header_value(std::string_view value) { return std::ranges::all_of(value, is_value_octet); }

std::optional<std::string> header_problem(std::span<const std::pair<std::string, std::string>> before,
                                          std::string_view name, std::string_view value) {
  if (name.empty()) return "a header must have a name";
  if (!is_header_name(name)) return shown(name) + ": a name may hold only letters, digits and !#$%&'*+-.^_`|~";
  if (is_ours(name)) return shown(name) + " may not be given: trawl sends what is needed of it";
  if (!is_header_value(value)) return shown(name) + ": a value may not hold CR, LF, NUL or other control characters";
  if (before.size() >= header_count_limit)
    return shown(name) + " is one too many: at most " + std::to_string(header_count_limit) + " may be given";
  std::size_t octets = header_octets(name, value);
  for (const auto& [other, content] : before) octets += header_octets(other, content);
  if (octets <= header_octets_limit) return std::nullopt;
  return shown(name) + " makes them more than " + std::to_string(header_octets_limit) + " octets in all";
}

}  // namespace trawl
