#include "api/http/timekeeper.hpp"

#include <boost/asio/post.hpp>

#include "base/bell.hpp"

namespace trawl {

awaitable<void> timekeeper::yield() { co_await asio::post(loop_, use_awaitable); }

awaitable<void> timekeeper::sleep(milliseconds span) {
  bell alarm(loop_);
  arm(alarm, clock::now() + span);
  co_await alarm.wait();
}

}  // namespace trawl
