// The time limits of all connections of one loop, and its sleepers. Nothing ticks while nobody waits.
// Belongs to one loop. Not thread-safe.
#pragma once

#include "base/deadline_queue.hpp"
#include "base/deadline_timer.hpp"
#include "base/executor.hpp"

namespace trawl {

class timekeeper {
 public:
  explicit timekeeper(const executor_type& loop) : loop_(loop), timer_(loop, queue_, [] {}) {}

  [[nodiscard]] const executor_type& loop() const { return loop_; }
  /// Sets or moves a deadline.
  void arm(deadline& entry, time_point when) { queue_.arm(entry, when); }
  static void disarm(deadline& entry) { deadline_queue::disarm(entry); }
  /// Suspends the calling coroutine for `span`.
  awaitable<void> sleep(milliseconds span);
  /// Lets everybody else on the loop have a turn.
  awaitable<void> yield();
  /// Before the loop goes: nothing expires from here on.
  void stop() { timer_.stop(); }

 private:
  executor_type loop_;
  deadline_queue queue_;
  deadline_timer timer_;
};

}  // namespace trawl
