// What a shard counts for /metrics. Its thread counts, any other may read.
#pragma once

#include <trawl/record.hpp>

#include <array>

#include "base/metrics.hpp"
#include "fetch/lane_counts.hpp"

namespace trawl {

struct shard_counts {
  std::array<counter, errc_count> by_code;   ///< Records, by errc.
  std::array<histogram, timing_count> took;  ///< Phases of fetches that took place, by timing.
  std::array<counter, 6> by_status_class;    ///< Last responses; [2]: 2xx.
  counter attempts;                          ///< Of all records.
  counter redirects;                         ///< Followed.
  counter body_octets;                       ///< Decoded.
  histogram turn;                            ///< From putting a handler last in line until it ran.
  gauge hosts;                               ///< With work, connections or something to remember.
  gauge idle_connections;
  lane_counts lanes;

  void count(const record& finished);
};

}  // namespace trawl
