#include "api/http/timekeeper.hpp"

#include <boost/asio/post.hpp>

#include "base/waiter.hpp"

namespace trawl {
namespace {

class alarm_clock final : public deadline {
 public:
  explicit alarm_clock(const executor_type& loop) : sleeper_(loop) {}
  awaitable<void> wait() {
    while (!rung_) co_await sleeper_.wait();
  }

 private:
  void expired(time_point) override {
    rung_ = true;
    sleeper_.wake();
  }
  waiter sleeper_;
  bool rung_ = false;
};

}  // namespace

awaitable<void> timekeeper::yield() { co_await asio::post(loop_, use_awaitable); }

awaitable<void> timekeeper::sleep(milliseconds span) {
  alarm_clock alarm(loop_);
  arm(alarm, clock::now() + span);
  co_await alarm.wait();
}

}  // namespace trawl
