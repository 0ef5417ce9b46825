// Who may have how many of the descriptors that RLIMIT_NOFILE allows, so that none of them takes the other's: fetches,
// connections kept for the next fetch, and whoever asks the API. Decides only.
#pragma once

#include <cstddef>

namespace trawl {

struct descriptor_plan {
  std::size_t in_flight = 0;  ///< Fetches at once, a descriptor each. At least 1.
  std::size_t idle = 0;       ///< Connections kept open. At least 1.
  std::size_t others = 0;     ///< Connections that the engine leaves to its owner: clients of the API. At least 1.
};

/// Of `all` descriptors, with `wanted` fetches at once.
[[nodiscard]] descriptor_plan plan_descriptors(std::size_t all, std::size_t wanted, std::size_t threads);

/// The soft limit of this process; a million where there is none.
[[nodiscard]] std::size_t descriptor_limit();

}  // namespace trawl
