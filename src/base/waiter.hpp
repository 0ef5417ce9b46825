// A place where one coroutine of a loop waits until another part of the same loop wakes it: the
// condition variable of a world without threads. No timer, no syscall; one small allocation a wait.
// Belongs to one loop. Not thread-safe.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <cassert>
#include <memory>
#include <utility>

#include "base/executor.hpp"

namespace trawl {

class waiter {
 public:
  explicit waiter(executor_type loop) : loop_(std::move(loop)) {}
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;
  ~waiter() { assert(!parked_ && "a coroutine still waits here"); }

  /// Suspends the calling coroutine until wake(). At most one may wait at a time. A wake() that came
  /// while nobody waited is not remembered.
  [[nodiscard]] auto wait() {
    return asio::async_initiate<const use_awaitable_type, void()>(park{this}, use_awaitable);
  }
  /// Resumes the waiting coroutine from the loop, not from inside this call. No-op when nobody waits.
  void wake() {
    if (auto resume = std::exchange(parked_, nullptr)) resume->post(loop_);
  }
  [[nodiscard]] bool occupied() const { return parked_ != nullptr; }

 private:
  struct parked {
    virtual ~parked() = default;
    virtual void post(const executor_type& loop) = 0;
  };
  template <class Handler>
  struct parked_handler final : parked {
    explicit parked_handler(Handler&& h) : handler(std::move(h)) {}
    void post(const executor_type& loop) override { asio::post(loop, std::move(handler)); }
    Handler handler;
  };
  struct park {  // Trivial on purpose: GCC 12 destroys captures inside a co_await expression twice.
    waiter* at;
    template <class Handler>
    void operator()(Handler&& handler) const {
      assert(!at->parked_);
      at->parked_ = std::make_unique<parked_handler<std::decay_t<Handler>>>(std::forward<Handler>(handler));
    }
  };
  executor_type loop_;
  std::unique_ptr<parked> parked_;
};

}  // namespace trawl
