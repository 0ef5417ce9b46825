#include "frontier/lane_budget.hpp"

#include <doctest/doctest.h>

using namespace trawl;
using namespace std::chrono_literals;

namespace {

const time_point t0 = time_point{} + 1h;
using verdict = host_pace::verdict;
constexpr std::size_t few = lane_budget::few;
constexpr std::size_t enough = lane_budget::enough;

/// How many lanes may be added at a host that has `from`.
std::size_t grows_by(lane_budget& lanes, std::size_t from, verdict pace) {
  std::size_t at = from;
  for (; at < from + 1000 && lanes.permits(at, pace); ++at) lanes.started(at);
  return at - from;
}

}  // namespace

TEST_CASE("lane_budget: any host may have a few, however busy the loop") {
  lane_budget lanes;
  for (int n = 0; n < 10; ++n) {
    lanes.turned(20ms);
    lanes.look(t0 + n * 1ms, false);
  }
  for (std::size_t hosts = 0; hosts < 100; ++hosts) CHECK(grows_by(lanes, 0, verdict::unknown) == few);
  CHECK_FALSE(lanes.permits(few, verdict::slow));
}

TEST_CASE("lane_budget: a loop that keeps up opens sixteen more a look, for all hosts together") {
  lane_budget lanes;
  lanes.look(t0, true);
  CHECK(grows_by(lanes, few, verdict::slow) == 16);
  CHECK_FALSE(lanes.permits(few, verdict::slow));
  lanes.look(t0 + 1ms, true);
  CHECK(grows_by(lanes, 1000, verdict::slow) == 16);
  lanes.look(t0 + 2ms, true);
  lanes.look(t0 + 3ms, true);  // What one look did not use is not added to the next.
  CHECK(grows_by(lanes, few, verdict::slow) == 16);
}

TEST_CASE("lane_budget: a loop that did not sleep, or took over a millisecond to come round, opens none") {
  lane_budget lanes;
  CHECK(grows_by(lanes, few, verdict::slow) == 16);  // Of a fresh loop nothing is known but that it is fresh.
  SUBCASE("did not sleep") { lanes.look(t0, false); }
  SUBCASE("one long turn among short ones") {
    lanes.turned(1us);
    lanes.turned(1ms + 1ns);
    lanes.turned(1us);
    lanes.look(t0, true);
  }
  CHECK_FALSE(lanes.permits(few, verdict::slow));
  lanes.turned(1ms);
  lanes.look(t0 + 1ms, true);  // Forgotten with the look that has seen it.
  CHECK(lanes.permits(few, verdict::slow));
}

TEST_CASE("lane_budget: only a host known to be slow gets more than enough") {
  lane_budget lanes;
  for (const verdict pace : {verdict::unknown, verdict::quick}) {
    lanes.look(t0, true);
    CHECK(grows_by(lanes, enough - 3, pace) == 3);
  }
  lanes.look(t0, true);
  CHECK(grows_by(lanes, enough - 3, verdict::slow) == 16);
}

TEST_CASE("lane_budget: what a quick host has beyond enough goes") {
  lane_budget lanes;
  lanes.look(t0, true);
  CHECK_FALSE(lanes.surplus(enough - 1, verdict::quick));
  CHECK(lanes.surplus(enough, verdict::quick));
  CHECK_FALSE(lanes.surplus(5000, verdict::slow));
  CHECK_FALSE(lanes.surplus(5000, verdict::unknown));
}

TEST_CASE("lane_budget: after a turn of over two milliseconds sixteen lanes go, of whatever host has more than a few") {
  lane_budget lanes;
  lanes.turned(2ms);
  lanes.look(t0, true);
  CHECK_FALSE(lanes.surplus(100, verdict::slow));
  lanes.turned(2ms + 1ns);
  lanes.look(t0 + 1ms, true);
  CHECK_FALSE(lanes.surplus(few - 1, verdict::slow));
  for (int n = 0; n < 16; ++n) CHECK(lanes.surplus(few, n % 2 == 0 ? verdict::slow : verdict::unknown));
  CHECK_FALSE(lanes.surplus(100, verdict::slow));
}

TEST_CASE("lane_budget: what made way for another host is that host's, also on a busy loop, for a while") {
  lane_budget lanes;
  lanes.look(t0, false);
  lanes.look(t0, false);
  lanes.look(t0, false);
  lanes.look(t0, false);
  lanes.look(t0, false);
  CHECK_FALSE(lanes.permits(few, verdict::slow));
  lanes.passed_on(few - 1);  // Nobody needs a permit for so few.
  CHECK_FALSE(lanes.permits(few, verdict::slow));
  lanes.passed_on(few);
  lanes.passed_on(few);
  CHECK(grows_by(lanes, few, verdict::slow) == 2);
  lanes.passed_on(few);
  lanes.look(t0, false);
  CHECK_FALSE(lanes.permits(few, verdict::slow));
}

TEST_CASE("lane_budget: while others are served all suspects together get one start in ten milliseconds") {
  lane_budget lanes;
  time_point now = t0;
  const auto serve_until = [&](time_point until) {
    for (; now < until; now += 1ms) {
      lanes.served();
      lanes.look(now, true);
    }
  };
  serve_until(t0 + 1ms);
  CHECK(lanes.spares(now));
  lanes.spared(now);
  const time_point next = now + lane_budget::spare_every;
  CHECK_FALSE(lanes.spares(now));
  serve_until(next);
  CHECK_FALSE(lanes.spares(next - 1ns));
  CHECK(lanes.spares(next));
}

TEST_CASE("lane_budget: a loop that keeps up and serves nobody else has sixteen starts a look for suspects") {
  lane_budget lanes;
  const auto spared = [&](time_point now) {
    std::size_t count = 0;
    for (; count < 100 && lanes.spares(now); ++count) lanes.spared(now);
    return count;
  };
  CHECK(spared(t0) == 1);
  lanes.look(t0 + 1ms, true);
  CHECK(spared(t0 + 1ms) == 16);
  lanes.look(t0 + 2ms, false);  // It did not sleep.
  CHECK(spared(t0 + 2ms) == 0);
  lanes.turned(1ms + 1ns);  // Or took long to come round.
  lanes.look(t0 + 3ms, true);
  CHECK(spared(t0 + 3ms) == 0);
  lanes.served();
  lanes.look(t0 + 4ms, true);
  CHECK(spared(t0 + 4ms) == 0);
  lanes.look(t0 + 5ms, true);
  CHECK(spared(t0 + 5ms) == 16);
  lanes.look(t0 + 6ms, true);
  lanes.look(t0 + 7ms, true);  // What one look did not use is not added to the next.
  CHECK(spared(t0 + 7ms) == 16);
}

TEST_CASE("lane_budget: a look is due half a millisecond after the last") {
  lane_budget lanes;
  CHECK(lanes.look_due(t0));
  lanes.look(t0, true);
  CHECK(lanes.next_look() == t0 + 500us);
  CHECK_FALSE(lanes.look_due(t0 + 500us - 1ns));
  CHECK(lanes.look_due(t0 + 500us));
}
