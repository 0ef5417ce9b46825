// What the handlers share: the engine, the limits of the service, and what is on its way in.
// Belongs to the home loop. Not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>

#include "api/http/answer.hpp"
#include "api/http/timekeeper.hpp"
#include "api/service/idempotency.hpp"
#include "api/service/task_expiry.hpp"
#include "api/service/webhooks.hpp"
#include "shard/crawler.hpp"

namespace trawl {

class server_counts;

struct service_limits {
  std::uint64_t max_body = 268435456;  ///< Octets of one body.
  std::uint64_t max_urls = 20000000;   ///< Of one task, and of all that wait.
  std::uint64_t max_memory = 0;        ///< Octets all tasks may take.
  std::chrono::seconds task_ttl{0};    ///< Of tasks that have ended; 0: for ever.
};

struct service {
  service(crawler& engine, timekeeper& clock, const server_counts& counted, const service_limits& within,
          webhook_signer signer)
      : crawls(engine),
        times(clock),
        counts(counted),
        limits(within),
        expiry(engine, clock, within.task_ttl),
        hooks(engine, clock, std::move(signer)) {
    engine.on_ended([this](const std::shared_ptr<tracked_task>& which) {
      expiry.ended(which);
      if (!draining && hooks.can_sign()) hooks.ended(which);  // A service signs what it sends.
    });
  }
  service(const service&) = delete;
  service& operator=(const service&) = delete;

  crawler& crawls;
  timekeeper& times;
  const server_counts& counts;
  const service_limits limits;
  bool draining = false;  ///< No new work; /readyz says so.
  idempotency_keys keys;
  task_expiry expiry;
  webhooks hooks;
  /// Of submissions that are being read; they count as if they had been accepted.
  std::uint64_t arriving_urls = 0;
  std::uint64_t arriving_bytes = 0;
};

}  // namespace trawl
