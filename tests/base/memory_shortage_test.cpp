#include "base/memory_shortage.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <new>
#include <string>
#include <thread>

#include "base/clock.hpp"

// A sanitizer's allocator ends the process instead.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

using namespace trawl;

namespace {

constexpr std::size_t much = std::size_t{1} << 30;

std::size_t mapped_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t pages = 0;
  statm >> pages;
  return pages * 4096;
}

// With the handler, and no room for `much`, until it is given.
class shortage {
 public:
  shortage() {
    REQUIRE(::getrlimit(RLIMIT_AS, &before_) == 0);
    wait_out_memory_shortages();
    rlimit scarce = before_;
    scarce.rlim_cur = mapped_bytes() + much / 2;
    REQUIRE(::setrlimit(RLIMIT_AS, &scarce) == 0);
  }
  ~shortage() {
    end();
    std::set_new_handler(nullptr);
  }
  void end() { ::setrlimit(RLIMIT_AS, &before_); }

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("memory_shortage: an ordinary thread gives up after a while") {
  const shortage scarce;
  const time_point began = clock::now();
  CHECK_THROWS_AS(std::make_unique<char[]>(much), std::bad_alloc);
  CHECK(clock::now() - began >= milliseconds(500));
  CHECK(patient_malloc(much) == nullptr);
}

TEST_CASE("memory_shortage: small things go on meanwhile") {
  const shortage scarce;
  CHECK_THROWS_AS(std::make_unique<char[]>(much), std::bad_alloc);
  CHECK(std::string(5000, 'x').size() == 5000);
}

TEST_CASE("memory_shortage: a thread of fetches waits until there is some") {
  shortage scarce;
  std::atomic<bool> got = false;
  std::thread fetching([&got] {
    wait_out_memory_shortages_for_ever();
    const auto memory = std::make_unique<char[]>(much);
    void* const more = patient_realloc(nullptr, much);
    got = more != nullptr;
    std::free(more);
  });
  CHECK_THROWS_AS(std::make_unique<char[]>(much), std::bad_alloc);  // A second and more: the other has tried meanwhile.
  CHECK_FALSE(got);
  scarce.end();
  fetching.join();
  CHECK(got);
}

TEST_CASE("memory_shortage: without a handler nothing is waited for") {
  CHECK_FALSE(waited_for_memory());
  CHECK(patient_malloc(std::size_t{1} << 60) == nullptr);
}

#endif
