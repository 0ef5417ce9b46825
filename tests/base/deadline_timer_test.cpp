#include "base/deadline_timer.hpp"

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>

using namespace trawl;

namespace {

struct counted final : deadline {
  int times = 0;

 private:
  void expired(time_point) override { ++times; }
};

struct timer_fixture {
  asio::io_context loop{1};
  deadline_queue queue;
  int rounds = 0;
  deadline_timer timer{loop.get_executor(), queue, [this] { ++rounds; }};
  counted entry;

  ~timer_fixture() {
    deadline_queue::remove(entry);
    timer.stop();
  }
};

}  // namespace

TEST_CASE_FIXTURE(timer_fixture, "deadline_timer: runs what is due, then its owner, and lets the loop end") {
  queue.arm(entry, clock::now());
  loop.run();
  CHECK(entry.times == 1);
  CHECK(rounds == 1);
}

TEST_CASE_FIXTURE(timer_fixture,
                  "deadline_timer: a look runs what is due without the loop, nothing early, nothing twice") {
  const time_point due = clock::now() - seconds(1);
  queue.arm(entry, due);
  timer.look(due - nanoseconds(1));
  CHECK(entry.times == 0);
  timer.look(due);
  CHECK(entry.times == 1);
  loop.run();
  CHECK(entry.times == 1);
}

TEST_CASE_FIXTURE(timer_fixture, "deadline_timer: what is armed after a look still comes due by itself") {
  queue.arm(entry, clock::now());
  timer.look(clock::now());
  queue.arm(entry, clock::now());
  loop.run();
  CHECK(entry.times == 2);
}

TEST_CASE_FIXTURE(timer_fixture, "deadline_timer: once stopped it runs nothing, nor does a look") {
  queue.arm(entry, clock::now());
  timer.stop();
  timer.look(clock::now());
  loop.run();
  CHECK(entry.times == 0);
}
