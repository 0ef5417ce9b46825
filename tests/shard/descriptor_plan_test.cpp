#include "shard/descriptor_plan.hpp"

#include <doctest/doctest.h>

using namespace trawl;

TEST_CASE("descriptor_plan: with plenty everyone gets what they want") {
  const descriptor_plan plan = plan_descriptors(1 << 20, 1024, 2);
  CHECK(plan.in_flight == 1024);
  CHECK(plan.idle == 1024);
  CHECK(plan.others > 100000);
}

TEST_CASE("descriptor_plan: of a few, clients of the API have their part") {
  const descriptor_plan plan = plan_descriptors(64, 1024, 2);
  CHECK(plan.in_flight >= 16);
  CHECK(plan.others >= 8);
}

TEST_CASE("descriptor_plan: never promises more than there are") {
  for (std::size_t threads = 1; threads <= 64; threads *= 2)
    for (std::size_t all = 5 * threads + 24; all < 30000; all += all / 16 + 1) {
      const descriptor_plan plan = plan_descriptors(all, 8192, threads);
      CAPTURE(all);
      CHECK(plan.in_flight + plan.idle + plan.others + 5 * threads + 16 <= all);
      CHECK(plan.in_flight >= plan.idle);
    }
}

TEST_CASE("descriptor_plan: with far too few it still says one of each, and the system says the rest") {
  const descriptor_plan plan = plan_descriptors(8, 1024, 64);
  CHECK(plan.in_flight == 1);
  CHECK(plan.idle == 1);
  CHECK(plan.others == 1);
}
