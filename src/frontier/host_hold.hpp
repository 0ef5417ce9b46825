// What a host asked for with 429 or 503 and Retry-After (RFC 9110 10.2.3): nothing is sent to it until then. Up to a
// minute its fetches wait; a longer pause ends them, because nobody wants to be told "running" for an hour.
// Decides; it owns no timer and reads no clock. Belongs to one loop. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.hpp"

namespace trawl {

class host_hold {
 public:
  /// The longest pause that is waited out.
  static constexpr seconds longest_wait{60};
  /// The longest that is remembered; after it the host is asked once more.
  static constexpr seconds longest_memory{3600};

  /// The host wants nothing for `pause` from `now`. Of a burst of answers the one that asks for most counts, once.
  void ask(time_point now, seconds pause) { until_ = std::max(until_, now + std::min(pause, longest_memory)); }
  /// When a fetch may start.
  [[nodiscard]] time_point ready_at() const { return until_; }
  /// So long that what waits is not to wait.
  [[nodiscard]] bool too_long(time_point now) const { return until_ - now > longest_wait; }

 private:
  time_point until_{};
};

}  // namespace trawl
