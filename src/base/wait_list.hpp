// Any number of coroutines of one loop waiting for the same news, all woken together.
// Belongs to one loop. Not thread-safe.
#pragma once

#include <vector>

#include "base/waiter.hpp"

namespace trawl {

class wait_list {
 public:
  explicit wait_list(executor_type loop) : loop_(std::move(loop)) {}
  /// Suspends until the next wake_all().
  awaitable<void> wait() {
    waiter here(loop_);
    waiting_.push_back(&here);
    co_await here.wait();
  }
  void wake_all() {
    for (waiter* each : waiting_) each->wake();
    waiting_.clear();
  }
  [[nodiscard]] bool empty() const { return waiting_.empty(); }

 private:
  executor_type loop_;
  std::vector<waiter*> waiting_;
};

}  // namespace trawl
