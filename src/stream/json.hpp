// JSON written at size: values appended straight to the block that goes out, numbers by to_chars,
// nothing allocated in between. For what is many: records, listings, summaries.
#pragma once

#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace trawl {

/// `text` as a JSON string with its quotes. UTF-8 passes as it is, control characters are escaped, and
/// what is no UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

template <std::integral Number>
void append_number(std::string& out, Number value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

/// Microseconds as milliseconds with up to three decimals: 1500 is "1.5".
void append_ms(std::string& out, std::int64_t us);
/// A finite number with at most one decimal: 812.46 is "812.5".
void append_tenths(std::string& out, double value);

/// Time in UTC as RFC 3339 has it, quoted: "2026-11-22T10:00:00Z", with milliseconds from a time point.
void append_rfc3339(std::string& out, std::int64_t epoch_seconds);
void append_rfc3339(std::string& out, std::chrono::system_clock::time_point when);

}  // namespace trawl
