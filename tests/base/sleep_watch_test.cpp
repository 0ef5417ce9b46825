#include "base/sleep_watch.hpp"

#include <doctest/doctest.h>

#include <future>

using namespace trawl;

TEST_CASE("sleep_watch: a thread that waited for something has slept, one that only computed has not") {
  sleep_watch watch;
  static_cast<void>(watch.slept());
  std::promise<void> never;
  never.get_future().wait_for(std::chrono::milliseconds(1));
  CHECK(watch.slept());
  rusage used{};
  getrusage(RUSAGE_THREAD, &used);
  if (used.ru_nvcsw == 0) return;  // A kernel that does not count: always "slept".
  bool computed = false;
  for (int n = 0; n < 100 && !computed; ++n) computed = !watch.slept();
  CHECK(computed);
}
