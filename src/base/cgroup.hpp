// What the control groups of this process let it have (cgroups(7)), by version 2 and by version 1, which may be there
// both. A limit of a group holds for all groups in it, so on the way up to the root the least counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace trawl {

struct cgroup_limits {
  std::optional<std::uint64_t> memory;  ///< Octets; nullopt: no limit is set.
  std::optional<std::size_t> cores;     ///< At least 1: part of a core counts as one; nullopt: no quota is set.
};

/// `root`: of the file system in which /proc and /sys/fs/cgroup are, for tests. What cannot be read sets no limit.
[[nodiscard]] cgroup_limits read_cgroup_limits(const std::string& root = "");

}  // namespace trawl
