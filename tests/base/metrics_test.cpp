#include "base/metrics.hpp"

#include <doctest/doctest.h>

using namespace trawl;

namespace {

std::size_t bucket_of(std::uint64_t us) {
  histogram one;
  one.observe_us(us);
  histogram_counts read;
  one.add_to(read);
  for (std::size_t n = 0; n < histogram_counts::buckets; ++n)
    if (read.in[n] == 1) return n;
  return histogram_counts::buckets;
}

}  // namespace

TEST_CASE("histogram: a value stands in the first bucket whose limit it does not exceed") {
  CHECK(bucket_of(0) == 0);
  CHECK(bucket_of(1) == 0);
  CHECK(bucket_of(63) == 0);
  CHECK(bucket_of(64) == 0);
  CHECK(bucket_of(65) == 1);
  CHECK(bucket_of(128) == 1);
  CHECK(bucket_of(129) == 2);
}

TEST_CASE("histogram: every limit is the last value of its bucket") {
  for (std::size_t n = 0; n + 1 < histogram_counts::buckets; ++n) {
    const auto limit = static_cast<std::uint64_t>(histogram_counts::limit_seconds(n) * 1e6 + 0.5);
    CAPTURE(limit);
    CHECK(bucket_of(limit - 1) == n);
    CHECK(bucket_of(limit) == n);
    CHECK(bucket_of(limit + 1) == n + 1);
  }
}

TEST_CASE("histogram: what is longer than any limit stands in the last bucket, and in the sum") {
  CHECK(bucket_of(std::uint64_t{1} << 40) == histogram_counts::buckets - 1);
  histogram one;
  one.observe_us(5);
  one.observe_us(std::uint64_t{1} << 40);
  histogram_counts read;
  one.add_to(read);
  one.add_to(read);
  CHECK(read.sum_us == 2 * (5 + (std::uint64_t{1} << 40)));
}
