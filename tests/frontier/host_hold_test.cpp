#include "frontier/host_hold.hpp"

#include <doctest/doctest.h>

using namespace trawl;
using namespace std::chrono_literals;

namespace {

const time_point t0 = time_point{} + 1h;

}  // namespace

TEST_CASE("host_hold: nothing was asked for, nothing is held") {
  const host_hold hold;
  CHECK(hold.ready_at() <= t0);
  CHECK_FALSE(hold.too_long(t0));
}

TEST_CASE("host_hold: a burst of answers counts once, and the one that asks for most decides") {
  host_hold hold;
  hold.ask(t0, 5s);
  hold.ask(t0 + 1ms, 2s);
  CHECK(hold.ready_at() == t0 + 5s);
  hold.ask(t0 + 1s, 5s);
  CHECK(hold.ready_at() == t0 + 6s);
}

TEST_CASE("host_hold: sixty seconds are waited out, one more is not") {
  host_hold hold;
  hold.ask(t0, 60s);
  CHECK_FALSE(hold.too_long(t0));
  hold.ask(t0, 61s);
  CHECK(hold.too_long(t0));
  CHECK_FALSE(hold.too_long(t0 + 1s));
}

TEST_CASE("host_hold: it is remembered for an hour, however much was asked for") {
  host_hold hold;
  hold.ask(t0, seconds(1000000000));
  CHECK(hold.ready_at() == t0 + 1h);
}
