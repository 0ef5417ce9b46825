#include "api/door/rate_limiter.hpp"

#include <doctest/doctest.h>

using namespace trawl;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{1000s};

// How many of `asked` requests at `now` are granted.
int granted(rate_limiter& limiter, const std::string& who, time_point now, int asked) {
  int count = 0;
  for (int i = 0; i < asked; ++i) count += limiter.take(who, now).granted ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("rate_limiter: two seconds' worth at once, then one at a time") {
  rate_limiter limiter(10);
  CHECK(granted(limiter, "a", start, 100) == 20);
  CHECK(granted(limiter, "a", start + 99ms, 1) == 0);
  CHECK(granted(limiter, "a", start + 100ms, 2) == 1);
  CHECK(granted(limiter, "a", start + 1100ms, 100) == 10);
  CHECK(granted(limiter, "a", start + 1h, 100) == 20);
}

TEST_CASE("rate_limiter: it says what is left, when all is back, and when to come again") {
  rate_limiter limiter(1);
  const auto first = limiter.take("a", start);
  CHECK(first.granted);
  CHECK(first.limit == 2);
  CHECK(first.remaining == 1);
  CHECK(first.reset_s == 1);
  CHECK(first.retry_s == 0);
  const auto second = limiter.take("a", start);
  CHECK(second.remaining == 0);
  CHECK(second.reset_s == 2);
  const auto third = limiter.take("a", start);
  CHECK_FALSE(third.granted);
  CHECK(third.retry_s == 1);
  CHECK(third.reset_s == 2);
  CHECK(limiter.take("a", start + 1s * third.retry_s).granted);
}

TEST_CASE("rate_limiter: clients do not share") {
  rate_limiter limiter(1);
  CHECK(granted(limiter, "a", start, 5) == 2);
  CHECK(granted(limiter, "b", start, 5) == 2);
}

TEST_CASE("rate_limiter: the table is bounded, forgets who is quiet, and lets nobody in by its being full") {
  rate_limiter limiter(1, 3);
  for (const char* who : {"a", "b", "c"}) CHECK(granted(limiter, who, start, 1) == 1);
  CHECK(granted(limiter, "d", start, 5) + granted(limiter, "e", start, 5) == 2);
  CHECK(limiter.size() == 3);
  CHECK(granted(limiter, "a", start, 5) == 1);
  CHECK(granted(limiter, "d", start + 1s, 5) == 2);
  CHECK(limiter.size() == 2);
}

TEST_CASE("rate_limiter: the fastest rate there is") {
  rate_limiter limiter(1000000);
  CHECK(granted(limiter, "a", start, 2000001) == 2000000);
}
