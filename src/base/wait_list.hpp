// Any number of coroutines of one loop waiting for the same news, all told together.
// Belongs to one loop. Not thread-safe.
#pragma once

#include <boost/intrusive/list.hpp>

#include "base/waiter.hpp"

namespace trawl {

class wait_list {
 public:
  /// One that waits, in one list at most. It leaves the list when it is told, or ends.
  class listener : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
   public:
    virtual ~listener() = default;
    void stop_listening() { unlink(); }

   private:
    friend class wait_list;
    /// Runs inside wake_all(): resumes nobody at once.
    virtual void told() = 0;
  };

  explicit wait_list(executor_type loop) : loop_(std::move(loop)) {}
  void add(listener& one) {
    one.unlink();
    waiting_.push_back(one);
  }
  /// Suspends until the next wake_all().
  awaitable<void> wait() {
    parked here(loop_);
    add(here);
    co_await here.at.wait();
  }
  void wake_all() {
    while (!waiting_.empty()) {
      listener& next = waiting_.front();
      next.unlink();
      next.told();
    }
  }
  [[nodiscard]] bool empty() const { return waiting_.empty(); }

 private:
  struct parked final : listener {
    explicit parked(const executor_type& loop) : at(loop) {}
    void told() override { at.wake(); }
    waiter at;
  };

  executor_type loop_;
  boost::intrusive::list<listener, boost::intrusive::constant_time_size<false>> waiting_;
};

}  // namespace trawl
