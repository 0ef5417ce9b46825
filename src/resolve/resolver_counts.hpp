// What a resolver counts for /metrics.
#pragma once

#include "base/metrics.hpp"

namespace trawl {

struct resolver_counts {
  counter from_cache;  ///< Lookups answered from the cache of DNS answers.
  counter joined;      ///< Lookups that waited for an answer somebody had asked for.
  counter asked;       ///< Lookups that began to ask.
  histogram took;      ///< From asking to the answer, or to giving up.
};

}  // namespace trawl
