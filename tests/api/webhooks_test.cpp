#include "api/service/webhooks.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

using namespace trawl;

TEST_CASE("webhooks: seven further attempts within two hours, ever later") {
  // [api 2.37]
  const auto& pauses = webhooks::pauses;
  CHECK(pauses.size() == 7);
  CHECK(std::ranges::is_sorted(pauses));
  const seconds all = std::accumulate(pauses.begin(), pauses.end(), seconds(0));
  CHECK(all > seconds(3600));
  CHECK(all < seconds(7200));
}
