// What the handlers share: the engine, the limits of the service, and what is on its way in.
// Belongs to the home loop. Not thread-safe.
#pragma once

#include <cstdint>

#include "api/answer.hpp"
#include "api/timekeeper.hpp"
#include "shard/crawler.hpp"

namespace trawl {

class server_counts;

struct service_limits {
  std::uint64_t max_body = 268435456;  ///< Octets of one body.
  std::uint64_t max_urls = 20000000;   ///< Of one task, and of all that wait.
  std::uint64_t max_memory = 0;        ///< Octets all tasks may take.
};

struct service {
  service(crawler& engine, timekeeper& clock, const server_counts& counted, const service_limits& within)
      : crawls(engine), times(clock), counts(counted), limits(within) {}

  crawler& crawls;
  timekeeper& times;
  const server_counts& counts;
  const service_limits limits;
  bool draining = false;  ///< No new work; /readyz says so.
  /// Of submissions that are being read; they count as if they had been accepted.
  std::uint64_t arriving_urls = 0;
  std::uint64_t arriving_bytes = 0;
};

}  // namespace trawl
