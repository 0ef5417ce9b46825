// What this process may use of the machine it runs on, as far as the kernel says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace trawl {

/// Cores: the affinity mask, or the CPU quota of the control groups when that is less; at least 1. `root`: as
/// read_cgroup_limits() has it.
[[nodiscard]] std::size_t usable_cores(const std::string& root = "");
/// Octets of memory: physical, or the limit of the control groups when that is less.
[[nodiscard]] std::uint64_t usable_memory(const std::string& root = "");

}  // namespace trawl
