#include "base/deadline_queue.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <random>
#include <vector>

using namespace trawl;
using namespace std::chrono_literals;

namespace {

class noted final : public deadline {
 public:
  int fired = 0;
  time_point at{};
  std::function<void()> then;

 private:
  void expired(time_point now) override {
    ++fired;
    at = now;
    if (then) then();
  }
};

const time_point t0 = time_point{} + 1h;

}  // namespace

TEST_CASE("deadline_queue: a deadline fires when its time has come and not before") {
  deadline_queue queue;
  noted one;
  queue.arm(one, t0 + 10ms);
  queue.run(t0 + 9ms);
  CHECK(one.fired == 0);
  queue.run(t0 + 10ms);
  CHECK(one.fired == 1);
  CHECK_FALSE(one.armed());
  CHECK(queue.next() == time_point::max());
}

TEST_CASE("deadline_queue: moved later it keeps its place and fires only at the later time") {
  deadline_queue queue;
  noted one;
  queue.arm(one, t0 + 10ms);
  queue.arm(one, t0 + 50ms);
  CHECK(queue.next() == t0 + 10ms);
  queue.run(t0 + 10ms);
  CHECK(one.fired == 0);
  CHECK(queue.next() == t0 + 50ms);
  queue.run(t0 + 50ms);
  CHECK(one.fired == 1);
}

TEST_CASE("deadline_queue: moved earlier it fires at the earlier time") {
  deadline_queue queue;
  noted one;
  queue.arm(one, t0 + 50ms);
  queue.arm(one, t0 + 10ms);
  queue.run(t0 + 10ms);
  CHECK(one.fired == 1);
}

TEST_CASE("deadline_queue: a disarmed deadline never fires and leaves the queue in time") {
  deadline_queue queue;
  noted one;
  queue.arm(one, t0 + 10ms);
  deadline_queue::disarm(one);
  queue.run(t0 + 1s);
  CHECK(one.fired == 0);
  CHECK(queue.size() == 0);
}

TEST_CASE("deadline_queue: a deadline may be destroyed while armed") {
  deadline_queue queue;
  {
    noted gone;
    queue.arm(gone, t0 + 10ms);
  }
  CHECK(queue.size() == 0);
  queue.run(t0 + 1s);
}

TEST_CASE("deadline_queue: a deadline may arm itself again and destroy another while it fires") {
  deadline_queue queue;
  noted again;
  auto other = std::make_unique<noted>();
  queue.arm(again, t0 + 10ms);
  queue.arm(*other, t0 + 20ms);
  again.then = [&] {
    if (again.fired == 1) queue.arm(again, t0 + 30ms);
    other.reset();
  };
  queue.run(t0 + 1s);
  CHECK(again.fired == 2);
}

TEST_CASE("deadline_queue: whoever drives it is told when something became due earlier") {
  deadline_queue queue;
  int told = 0;
  queue.on_earlier([&] { ++told; });
  noted a, b, c;
  queue.arm(a, t0 + 20ms);
  CHECK(told == 1);
  queue.arm(b, t0 + 30ms);
  CHECK(told == 1);
  queue.arm(c, t0 + 10ms);
  CHECK(told == 2);
  queue.arm(b, t0 + 5ms);
  CHECK(told == 3);
}

TEST_CASE("deadline_queue: a thousand deadlines, moved at random, each fire once and in order of time") {
  deadline_queue queue;
  std::minstd_rand random(7);
  std::vector<std::unique_ptr<noted>> all;
  for (int i = 0; i < 1000; ++i) all.push_back(std::make_unique<noted>());
  std::vector<time_point> wanted(all.size());
  for (int round = 0; round < 5; ++round)
    for (std::size_t i = 0; i < all.size(); ++i) queue.arm(*all[i], wanted[i] = t0 + milliseconds(random() % 1000));
  for (int ms = 0; ms <= 1000; ++ms) {
    queue.run(t0 + milliseconds(ms));
    for (std::size_t i = 0; i < all.size(); ++i) CHECK((all[i]->fired == 1) == (wanted[i] <= t0 + milliseconds(ms)));
  }
}
