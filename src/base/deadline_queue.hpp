// Points in time on one loop: an intrusive heap of deadlines, driven by a single timer of the owner.
// Re-arming is lazy: a deadline moved later keeps its place in the heap and is looked at again when
// that place comes up, and a disarmed one is dropped then. So a keep-alive lane that sets a new
// deadline for every URL touches the heap about once a timeout, not twice a URL.
// Reads no clock and owns no timer. Belongs to one loop. Not thread-safe.
#pragma once

#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace trawl {

class deadline_queue;

/// One point in time and what to do when it has passed. Owned by whoever waits; may be destroyed
/// while armed. `expired()` runs on the owner's loop, disarmed, and may re-arm or destroy itself.
class deadline {
 public:
  deadline() = default;
  deadline(const deadline&) = delete;
  deadline& operator=(const deadline&) = delete;
  virtual ~deadline();
  /// time_point::max() when disarmed.
  [[nodiscard]] time_point when() const { return when_; }
  [[nodiscard]] bool armed() const { return when_ != time_point::max(); }

 protected:
  virtual void expired(time_point now) = 0;

 private:
  friend class deadline_queue;
  static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
  time_point when_ = time_point::max();    ///< What was asked for.
  time_point queued_ = time_point::max();  ///< The place in the heap; never later than when_.
  std::size_t place_ = nowhere;
  deadline_queue* queue_ = nullptr;
};

class deadline_queue {
 public:
  deadline_queue() = default;
  deadline_queue(const deadline_queue&) = delete;
  deadline_queue& operator=(const deadline_queue&) = delete;
  /// Every deadline must be gone or disarmed-and-forgotten before its queue.
  ~deadline_queue();

  /// Sets or moves the deadline. time_point::max() disarms.
  void arm(deadline& entry, time_point when);
  static void disarm(deadline& entry) { entry.when_ = time_point::max(); }
  /// Disarms and takes it out of the heap at once, so that nothing points to it any more.
  static void remove(deadline& entry);
  /// Runs expired() of everything due at `now`. Never early.
  void run(time_point now);
  /// When run() should be called next; time_point::max(): never. May be early (lazy re-arming).
  [[nodiscard]] time_point next() const { return heap_.empty() ? time_point::max() : heap_.front()->queued_; }
  [[nodiscard]] std::size_t size() const { return heap_.size(); }
  /// Called whenever next() has become earlier.
  void on_earlier(std::function<void()> call) { earlier_ = std::move(call); }

 private:
  void push(deadline& entry, time_point when);
  void erase(deadline& entry);
  void sift_up(std::size_t place);
  void sift_down(std::size_t place);
  void put(std::size_t place, deadline* entry);
  std::vector<deadline*> heap_;
  std::function<void()> earlier_;
};

}  // namespace trawl
