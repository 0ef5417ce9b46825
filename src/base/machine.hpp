// What this process may use of the machine it runs on, as far as the kernel says.
#pragma once

#include <cstddef>
#include <cstdint>

namespace trawl {

/// Cores: the affinity mask, or the cgroup's CPU quota when that is less; at least 1.
[[nodiscard]] std::size_t usable_cores();
/// Bytes of memory: physical, or the cgroup's limit when that is less.
[[nodiscard]] std::uint64_t usable_memory();

}  // namespace trawl
