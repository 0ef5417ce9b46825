#include "frontier/host_pace.hpp"

#include <doctest/doctest.h>

using namespace trawl;
using namespace std::chrono_literals;

namespace {

const time_point t0 = time_point{} + 1h;
using verdict = host_pace::verdict;

/// What a period of five milliseconds with so many answers shows.
verdict after(int answers, std::size_t in_flight) {
  host_pace pace;
  static_cast<void>(pace.at(t0, in_flight));
  for (int n = 0; n < answers; ++n) pace.ended();
  return pace.at(t0 + 5ms, in_flight);
}

}  // namespace

TEST_CASE("host_pace: nothing is known before a whole period has passed") {
  host_pace pace;
  for (int n = 0; n < 1000; ++n) pace.ended();
  CHECK(pace.at(t0, 32) == verdict::unknown);
  for (int n = 0; n < 1000; ++n) pace.ended();
  CHECK(pace.at(t0 + 5ms - 1ns, 32) == verdict::unknown);
  CHECK(pace.at(t0 + 5ms, 32) == verdict::quick);
}

TEST_CASE("host_pace: a host that answers 20,000 times a second is quick, one answer less is slow") {
  CHECK(after(100, 32) == verdict::quick);
  CHECK(after(99, 32) == verdict::slow);
  CHECK(after(0, 32) == verdict::slow);
}

TEST_CASE("host_pace: a host that takes over 50 ms to answer is slow, however many it answers") {
  // In flight over answers a second: 1000 / 20,000.
  CHECK(after(100, 1000) == verdict::quick);
  CHECK(after(100, 1001) == verdict::slow);
  CHECK(after(500, 10000) == verdict::slow);
}

TEST_CASE("host_pace: the verdict is of the last period, and stands until the next is over") {
  host_pace pace;
  static_cast<void>(pace.at(t0, 32));
  for (int n = 0; n < 200; ++n) pace.ended();
  CHECK(pace.at(t0 + 5ms, 32) == verdict::quick);
  CHECK(pace.at(t0 + 9ms, 32) == verdict::quick);
  CHECK(pace.at(t0 + 10ms, 32) == verdict::slow);
  for (int n = 0; n < 200; ++n) pace.ended();
  CHECK(pace.at(t0 + 15ms, 32) == verdict::quick);
}

TEST_CASE("host_pace: nothing is concluded from a period in which nobody asked") {
  host_pace pace;
  static_cast<void>(pace.at(t0, 32));
  for (int n = 0; n < 1000; ++n) pace.ended();
  CHECK(pace.at(t0 + 20ms + 1ns, 32) == verdict::unknown);
  CHECK(pace.at(t0 + 26ms, 32) == verdict::slow);
}
