#include "frontier/host_budget.hpp"

#include <doctest/doctest.h>

using namespace trawl;
using namespace std::chrono_literals;

namespace {
const time_point t0 = time_point{} + 1h;
}

TEST_CASE("host_budget: a second start inside min_delay is told when to come back") {
  // [api 5.15]
  host_budget budget({.max_in_flight = 2, .min_delay = 500ms});
  CHECK(budget.ready_at() <= t0);
  budget.start(t0);
  CHECK(budget.ready_at() == t0 + 500ms);
}

TEST_CASE("host_budget: with all slots taken only a finished fetch helps") {
  host_budget budget({.max_in_flight = 2, .min_delay = 0ms});
  budget.start(t0);
  CHECK(budget.ready_at() <= t0);
  budget.start(t0);
  CHECK(budget.in_flight() == 2);
  CHECK(budget.ready_at() == time_point::max());
  budget.finished();
  CHECK(budget.ready_at() <= t0);
  CHECK(budget.in_flight() == 1);
}

TEST_CASE("host_budget: the gap counts from the start, not from the end, of the fetch before") {
  host_budget budget({.max_in_flight = 1, .min_delay = 50ms});
  budget.start(t0);
  budget.finished();
  CHECK(budget.ready_at() == t0 + 50ms);
  CHECK(budget.next_start() == t0 + 50ms);
}

TEST_CASE("host_budget: zero means no limit, for each of the two on its own") {
  // [api 5.14, 5.15]
  host_budget many({.max_in_flight = 0, .min_delay = 10ms});
  for (int i = 0; i < 1000; ++i) many.start(t0);
  CHECK(many.ready_at() == t0 + 10ms);
  host_budget quick({.max_in_flight = 3, .min_delay = 0ms});
  for (int i = 0; i < 2; ++i) quick.start(t0);
  CHECK(quick.ready_at() <= t0);
  CHECK(host_limits::none().unlimited());
  CHECK_FALSE(host_limits{}.unlimited());
}

TEST_CASE("host_budget: lifted limits are lifted at once, the remembered gap with them") {
  host_budget budget(host_limits{});
  budget.start(t0);
  CHECK(budget.ready_at() == t0 + 50ms);
  budget.set_limits(host_limits::none());
  CHECK(budget.ready_at() <= t0);
  CHECK(budget.in_flight() == 1);
}
