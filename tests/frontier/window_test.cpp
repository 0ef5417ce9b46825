#include "frontier/window.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

using namespace trawl;

TEST_CASE("window: as many slots as there are, and not one more") {
  window slots(3);
  for (int i = 0; i < 3; ++i) CHECK(slots.try_acquire(0));
  CHECK_FALSE(slots.try_acquire(0));
  CHECK(slots.free() == 0);
  slots.release();
  CHECK(slots.free() == 1);
  CHECK(slots.try_acquire(0));
}

TEST_CASE("window: whoever found no slot is woken once, by the next that comes free") {
  window slots(1);
  std::vector<std::size_t> woken;
  slots.on_free([&](std::size_t shard) { woken.push_back(shard); });
  CHECK(slots.try_acquire(1));
  slots.release();
  CHECK(woken.empty());
  CHECK(slots.try_acquire(1));
  CHECK_FALSE(slots.try_acquire(5));
  CHECK_FALSE(slots.try_acquire(2));
  CHECK_FALSE(slots.try_acquire(63));
  slots.release();
  CHECK(woken == std::vector<std::size_t>{2, 5, 63});
  CHECK(slots.try_acquire(0));
  slots.release();
  CHECK(woken.size() == 3);
}

TEST_CASE("window: fair shares add up to all slots or more") {
  CHECK(window(1024, 2).fair_share() == 512);
  CHECK(window(9, 2).fair_share() == 5);
  CHECK(window(1, 3).fair_share() == 1);
}

TEST_CASE("window: a claim is seen by the others until it is withdrawn") {
  window slots(4, 2);
  CHECK_FALSE(slots.others_claim(0));
  slots.claim(1, true);
  CHECK(slots.others_claim(0));
  CHECK_FALSE(slots.others_claim(1));
  slots.claim(1, false);
  CHECK_FALSE(slots.others_claim(0));
}

// The last slot, fought over: each thread sleeps until it is woken, so a lost wake-up hangs the test.
TEST_CASE("window: threads that sleep until they are woken all get their turns at a single slot") {
  constexpr std::size_t threads = 4;
  constexpr int turns = 5000;
  window slots(1, threads);
  std::vector<std::atomic<int>> wakes(threads);
  slots.on_free([&](std::size_t shard) {
    wakes[shard].fetch_add(1);
    wakes[shard].notify_one();
  });
  std::atomic<int> inside{0};
  std::atomic<bool> crowded{false};
  const auto take_turns = [&](std::size_t shard) {
    for (int done = 0; done < turns;) {
      const int seen = wakes[shard].load();
      if (!slots.try_acquire(shard)) {
        wakes[shard].wait(seen);
        continue;
      }
      if (inside.fetch_add(1) != 0) crowded = true;
      inside.fetch_sub(1);
      slots.release();
      ++done;
    }
  };
  std::vector<std::thread> running;
  for (std::size_t shard = 0; shard < threads; ++shard) running.emplace_back(take_turns, shard);
  for (std::thread& each : running) each.join();
  CHECK_FALSE(crowded.load());
  CHECK(slots.free() == 1);
}
