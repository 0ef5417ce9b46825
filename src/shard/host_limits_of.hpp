// The limits of one host (README, Flags): what the operator's flags say, and what an address changes about it.
#pragma once

#include <trawl/options.hpp>

#include "frontier/host_budget.hpp"

namespace trawl {

/// Of a host whose address is not known yet, and of every public one.
[[nodiscard]] inline host_limits public_limits(const engine_options& options) {
  const host_limits standard;
  host_limits limits;
  limits.max_in_flight = options.host_concurrency.value_or(standard.max_in_flight);
  if (options.host_delay_ms) limits.min_delay = milliseconds(*options.host_delay_ms);
  return limits;
}

/// Of a host at an address that is the operator's own: limited only as far as a flag was given.
[[nodiscard]] inline host_limits limits_at(const engine_options& options, bool operators_own) {
  if (!operators_own) return public_limits(options);
  return {options.host_concurrency.value_or(0), milliseconds(options.host_delay_ms.value_or(0))};
}

}  // namespace trawl
