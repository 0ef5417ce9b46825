// Retry-After (RFC 9110 10.2.3): delay-seconds, or an HTTP-date in any of its three forms (5.6.7).
// Pure: the caller passes the time in.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"

namespace trawl {

/// How long the server wants to be left alone; 0 when the date has passed; at most 10^9 s. nullopt: the value is
/// neither form, and says nothing. `epoch_now`: seconds, by our clock.
[[nodiscard]] std::optional<seconds> parse_retry_after(std::string_view value, std::int64_t epoch_now);

}  // namespace trawl
