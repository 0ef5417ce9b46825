// The clocks of trawl. Rules take `now` as an argument; only loops and coroutines read a clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace trawl {

using clock = std::chrono::steady_clock;
using time_point = clock::time_point;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

/// Whole seconds since the Unix epoch, as records carry them.
[[nodiscard]] inline std::int64_t epoch_seconds() {
  return std::chrono::duration_cast<seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace trawl
