// Politeness for one host: how many fetches at once, and how soon the next may start.
// It decides; it owns no timer and reads no clock, so a test can hand it any `now`.
// Belongs to one loop. Not thread-safe.
#pragma once

#include <cstddef>

#include "base/clock.hpp"

namespace trawl {

struct host_limits {
  /// Fetches in flight to one host; 0: no limit. Six is what browsers open, so a site has seen it.
  std::size_t max_in_flight = 6;
  /// Smallest gap between two starts.
  milliseconds min_delay{50};

  [[nodiscard]] bool unlimited() const { return max_in_flight == 0 && min_delay.count() == 0; }
  static host_limits none() { return {0, milliseconds(0)}; }
};

class host_budget {
 public:
  explicit host_budget(host_limits limits) : limits_(limits) {}
  /// The earliest time a fetch may start: `now` or before means at once, time_point::max() means not
  /// before some fetch is finished().
  [[nodiscard]] time_point ready_at() const {
    if (limits_.max_in_flight != 0 && in_flight_ >= limits_.max_in_flight) return time_point::max();
    return next_start_;
  }
  /// A fetch starts; ready_at() was not later than `now`.
  void start(time_point now) {
    ++in_flight_;
    if (limits_.min_delay.count() != 0) next_start_ = now + limits_.min_delay;
  }
  /// Returns one slot. Once per start().
  void finished() { --in_flight_; }

  void set_limits(host_limits limits) {
    limits_ = limits;
    if (limits_.min_delay.count() == 0) next_start_ = {};
  }
  /// The gap to the last start need not be kept.
  void forget_start() { next_start_ = {}; }
  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }
  /// Until when the gap to the last start must be remembered.
  [[nodiscard]] time_point next_start() const { return next_start_; }

 private:
  host_limits limits_;
  std::size_t in_flight_ = 0;
  time_point next_start_{};
};

}  // namespace trawl
