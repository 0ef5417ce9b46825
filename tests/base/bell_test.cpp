#include "base/bell.hpp"

#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>

using namespace trawl;
using namespace std::chrono_literals;

namespace {

awaitable<void> wait_twice(bell& at, int& rung) {
  co_await at.wait();
  ++rung;
  co_await at.wait();
  ++rung;
}

// A bell with a coroutine that counts its first two rings.
struct listening {
  listening() {
    asio::co_spawn(loop, wait_twice(one, rung), [](const std::exception_ptr& failed) { CHECK_FALSE(failed); });
    run();
  }
  ~listening() {
    while (rung < 2) {
      one.ring();
      run();
    }
  }
  void run() {
    loop.restart();
    loop.poll();
  }
  asio::io_context loop{1};
  bell one{loop.get_executor()};
  int rung = 0;
};

}  // namespace

TEST_CASE("bell: it rings for news, for a point in time and when it is rung") {
  listening here;
  CHECK(here.rung == 0);
  SUBCASE("news") {
    wait_list news(here.loop.get_executor());
    news.add(here.one);
    news.wake_all();
    CHECK(news.empty());
  }
  SUBCASE("a point in time") {
    deadline_queue queue;
    queue.arm(here.one, time_point(5s));
    queue.run(time_point(4s));
    here.run();
    CHECK(here.rung == 0);
    queue.run(time_point(5s));
  }
  SUBCASE("by hand") { here.one.ring(); }
  here.run();
  CHECK(here.rung == 1);
}

TEST_CASE("bell: what rings while nobody waits is remembered, once") {
  listening here;
  here.one.ring();
  here.one.ring();
  here.run();
  CHECK(here.rung == 1);
  here.run();
  CHECK(here.rung == 1);
  asio::io_context other(1);
  bell early(other.get_executor());
  early.ring();
  int rung = 0;
  asio::co_spawn(other, wait_twice(early, rung), [](const std::exception_ptr& failed) { CHECK_FALSE(failed); });
  other.poll();
  CHECK(rung == 1);
  early.ring();
  other.restart();
  other.poll();
  CHECK(rung == 2);
}

TEST_CASE("bell: it is out of a list that it left, and in one list at most") {
  listening here;
  wait_list first(here.loop.get_executor());
  wait_list second(here.loop.get_executor());
  first.add(here.one);
  second.add(here.one);
  CHECK(first.empty());
  here.one.stop_listening();
  second.wake_all();
  here.run();
  CHECK(here.rung == 0);
}

TEST_CASE("wait_list: a bell may be gone before its list, and the list before its bell") {
  asio::io_context loop(1);
  wait_list news(loop.get_executor());
  {
    bell gone(loop.get_executor());
    news.add(gone);
  }
  CHECK(news.empty());
  bell left(loop.get_executor());
  {
    wait_list other(loop.get_executor());
    other.add(left);
  }
  left.stop_listening();
}
