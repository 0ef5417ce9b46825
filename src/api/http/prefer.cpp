#include "api/http/prefer.hpp"

#include <charconv>

#include "api/http/field_list.hpp"
#include "base/text.hpp"

namespace trawl {
namespace {

constexpr std::uint32_t most_seconds = 86400;  // More says nothing more.

std::optional<std::chrono::seconds> parse_seconds(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  std::uint32_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, wrong] = std::from_chars(text.data(), end, value);
  if (wrong == std::errc::result_out_of_range) return std::chrono::seconds(most_seconds);
  if (wrong != std::errc() || stop != end) return std::nullopt;
  return std::chrono::seconds(std::min(value, most_seconds));
}

}  // namespace

std::optional<std::chrono::seconds> preferred_wait(const request& asked) {
  for (const auto& [name, value] : asked.fields) {
    if (name != "prefer") continue;
    std::string_view list = value;
    while (!list.empty()) {
      std::string_view one = take_element(list, ',');
      std::string_view preference = take_element(one, ';');
      const std::string_view token = take_element(preference, '=');
      if (equals_ignoring_case(token, "wait")) return parse_seconds(trim_ows(preference));
    }
  }
  return std::nullopt;
}

}  // namespace trawl
