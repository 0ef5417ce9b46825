// One coroutine that waits for whatever comes first: news of a wait_list, a point in time, or ring(). What rings while
// nobody waits is remembered, so nothing is missed between a look and the wait after it.
// Belongs to one loop. Not thread-safe.
#pragma once

#include <utility>

#include "base/deadline_queue.hpp"
#include "base/wait_list.hpp"
#include "base/waiter.hpp"

namespace trawl {

class bell final : public wait_list::listener, public deadline {
 public:
  explicit bell(const executor_type& loop) : sleeper_(loop) {}
  /// Suspends the calling coroutine until it rings. At most one may wait at a time.
  awaitable<void> wait() {
    while (!std::exchange(rung_, false)) co_await sleeper_.wait();
  }
  void ring() {
    rung_ = true;
    sleeper_.wake();
  }

 private:
  void told() override { ring(); }
  void expired(time_point) override { ring(); }

  waiter sleeper_;
  bool rung_ = false;
};

}  // namespace trawl
