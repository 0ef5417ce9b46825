#include "fetch/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <string>

#include "base/text.hpp"

namespace trawl {
namespace {

constexpr std::int64_t longest = 1000000000;

// IMF-fixdate, RFC 850 and asctime, in the order of RFC 9110 5.6.7. The process never leaves the C locale.
constexpr std::array<const char*, 3> date_forms = {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
                                                   "%a %b %d %H:%M:%S %Y"};

std::optional<std::int64_t> parse_date(const std::string& text) {
  for (const char* const form : date_forms) {
    std::tm parts{};
    const char* const end = ::strptime(text.c_str(), form, &parts);
    if (end != nullptr && *end == '\0') return ::timegm(&parts);
  }
  return std::nullopt;
}

}  // namespace

std::optional<seconds> parse_retry_after(std::string_view value, std::int64_t epoch_now) {
  const bool digits = !value.empty() && std::ranges::all_of(value, is_digit);
  if (digits) {
    std::int64_t delay = longest;  // Too many digits to be counted: the longest there is.
    std::from_chars(value.data(), value.data() + value.size(), delay);
    return seconds(std::min(delay, longest));
  }
  const auto date = parse_date(std::string(value.substr(0, 64)));
  if (!date) return std::nullopt;
  return seconds(std::clamp<std::int64_t>(*date - epoch_now, 0, longest));
}

}  // namespace trawl
