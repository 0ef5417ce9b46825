// What this process takes of the machine, as the kernel counts it.
#pragma once

#include <cstdint>

namespace trawl {

/// What could not be read is 0.
struct process_usage {
  double cpu_seconds = 0;  ///< User and system, all threads.
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t open_descriptors = 0;
  std::uint64_t max_descriptors = 0;
  double started_at = 0;  ///< Epoch seconds.
};

/// A few system calls; does not block.
[[nodiscard]] process_usage read_process_usage();

}  // namespace trawl
