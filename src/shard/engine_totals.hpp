// What the engine has counted since it started, as plain numbers: the sum over its shards at one moment.
#pragma once

#include <trawl/record.hpp>

#include <array>
#include <cstdint>

#include "base/metrics.hpp"

namespace trawl {

struct shard_counts;
struct resolver_counts;

struct engine_totals {
  std::array<std::uint64_t, errc_count> by_code{};    ///< Records, by errc.
  std::array<histogram_counts, timing_count> took{};  ///< Phases, by timing.
  std::array<std::uint64_t, 6> by_status_class{};     ///< Last responses; [2]: 2xx.
  std::uint64_t attempts = 0;
  std::uint64_t redirects = 0;
  std::uint64_t body_octets = 0;

  std::uint64_t in_flight = 0;
  std::uint64_t hosts = 0;
  std::uint64_t opened = 0;
  std::uint64_t reused = 0;
  std::uint64_t idle_connections = 0;
  std::uint64_t failed_dials = 0;
  std::uint64_t full_tls = 0;
  std::uint64_t resumed_tls = 0;

  std::uint64_t names_from_cache = 0;
  std::uint64_t names_joined = 0;
  std::uint64_t names_asked = 0;
  histogram_counts names_took;

  histogram_counts shard_delay;  ///< A turn of a shard's loop.
  histogram_counts home_delay;   ///< How late the tick of the home loop came.
  std::uint64_t submitted_tasks = 0;
  std::uint64_t submitted_urls = 0;

  /// Of one more shard.
  void add(const shard_counts& of, const resolver_counts& names);
};

}  // namespace trawl
