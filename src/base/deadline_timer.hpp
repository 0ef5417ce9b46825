// Drives a deadline_queue with one timer of its loop. The timer is only set when something became due
// earlier than it is set for, so a loop with nothing to wait for has no timer running and uses no CPU.
// Belongs to one loop; stop() before either ends.
#pragma once

#include <functional>
#include <new>
#include <utility>

#include "base/deadline_queue.hpp"
#include "base/executor.hpp"

namespace trawl {

class deadline_timer {
 public:
  /// `after` runs when deadlines have been run.
  deadline_timer(executor_type loop, deadline_queue& queue, std::function<void()> after)
      : queue_(queue), timer_(std::move(loop)), after_(std::move(after)) {
    queue_.on_earlier([this] { set(); });
  }
  /// Runs what is due now, for a loop so busy that its timer waits behind thousands of sockets: to be called once a
  /// turn.
  void look(time_point now) {
    if (!stopped_ && queue_.next() <= now) queue_.run(now);
  }
  void stop() {
    stopped_ = true;
    timer_.cancel();
  }

 private:
  /// Deadlines this close together are run together. They come late by that much, never early.
  static constexpr milliseconds granularity{1};

  void set() {
    const time_point next = queue_.next();
    if (stopped_ || next == time_point::max()) return;
    const time_point tick = time_point(std::chrono::ceil<milliseconds>(next.time_since_epoch()));
    if (set_for_ <= tick) return;
    set_for_ = tick;
    timer_.expires_at(tick);
    timer_.async_wait([this](error_code ec) {
      if (!ec) fire();
    });
  }
  void fire() {
    set_for_ = time_point::max();
    try {
      queue_.run(clock::now());
      after_();
    } catch (const std::bad_alloc&) {  // One deadline found no memory; the others are to come.
      set();
      throw;
    }
    set();
  }

  deadline_queue& queue_;
  timer_type timer_;
  std::function<void()> after_;
  time_point set_for_ = time_point::max();
  bool stopped_ = false;
};

}  // namespace trawl
