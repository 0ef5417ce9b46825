#include <doctest/doctest.h>

#include "shard/host_limits_of.hpp"

using namespace trawl;
using namespace std::chrono_literals;

TEST_CASE("host limits: six at once and 50 ms between two, unless a flag says otherwise") {
  // [api 5.14, 5.15]
  engine_options options;
  CHECK(public_limits(options).max_in_flight == 6);
  CHECK(public_limits(options).min_delay == 50ms);
  options.host_concurrency = 9;
  options.host_delay_ms = 7;
  CHECK(public_limits(options).max_in_flight == 9);
  CHECK(public_limits(options).min_delay == 7ms);
}

TEST_CASE("host limits: at the operator's own addresses there are none, unless a flag is given") {
  // [api 5.16]
  engine_options options;
  CHECK(limits_at(options, true).max_in_flight == 0);
  CHECK(limits_at(options, true).min_delay == 0ms);
  CHECK(limits_at(options, false).max_in_flight == 6);
  options.host_concurrency = 2;
  CHECK(limits_at(options, true).max_in_flight == 2);
  CHECK(limits_at(options, true).min_delay == 0ms);
}
