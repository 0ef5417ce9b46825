#include "base/process_usage.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <chrono>

using namespace trawl;

TEST_CASE("process usage: a descriptor that is opened is counted, one that is closed no longer") {
  const auto before = read_process_usage().open_descriptors;
  const int opened = ::open("/dev/null", O_RDONLY);
  REQUIRE(opened >= 0);
  CHECK(read_process_usage().open_descriptors == before + 1);
  ::close(opened);
  CHECK(read_process_usage().open_descriptors == before);
}

TEST_CASE("process usage: time is spent, memory is taken, and it began before now") {
  const process_usage used = read_process_usage();
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  CHECK(used.cpu_seconds > 0);
  CHECK(used.resident_bytes > 100000);
  CHECK(used.virtual_bytes > used.resident_bytes);
  CHECK(used.max_descriptors > used.open_descriptors);
  CHECK(used.started_at < now + 1);
  CHECK(used.started_at > now - 3600);
}
