#include "base/machine.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "base/cgroup.hpp"

namespace trawl {

std::size_t usable_cores(const std::string& root) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
    cores = static_cast<std::size_t>(std::max(1, CPU_COUNT(&allowed)));
  return std::min(cores, read_cgroup_limits(root).cores.value_or(cores));
}

std::uint64_t usable_memory(const std::string& root) {
  const auto physical =
      static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return std::min(physical, read_cgroup_limits(root).memory.value_or(physical));
}

}  // namespace trawl
