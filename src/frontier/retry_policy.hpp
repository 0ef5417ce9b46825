// Whether a failed attempt is worth another, and how long to wait before it.
// Decides, reads no clock, draws no random number: the caller passes one in.
#pragma once

#include <trawl/error.hpp>

#include <cstdint>

#include "base/clock.hpp"

namespace trawl {

/// Could the same fetch end otherwise a little later? Timeouts, refused or reset connections, names whose
/// server failed, incomplete answers, 408, 500, 502, 503, 504; and 429. Never a name that does not exist,
/// a certificate, a bad URL, a policy, or a body over its cap. `transient`: of the failure.
[[nodiscard]] bool is_retryable(errc code, std::uint16_t status_code, bool transient);

/// Whether trawl itself tries again. Not where it has just decided not to wait: an open circuit, a pause too long.
[[nodiscard]] bool is_worth_a_retry(errc code, std::uint16_t status_code, bool transient);

/// Full jitter: between 0 and 1 s x 2^n, at most 30 s, before the attempt after the n-th. `draw` is
/// uniform in [0, 1).
[[nodiscard]] milliseconds retry_delay(std::uint16_t attempts_made, double draw);

}  // namespace trawl
