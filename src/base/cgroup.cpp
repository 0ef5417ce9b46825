#include "base/cgroup.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "base/text.hpp"
#include "base/whole_file.hpp"

namespace trawl {
namespace {

// nullopt for "max", "-1", and all else that is no number.
std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  return ec == std::errc{} ? std::optional(value) : std::nullopt;
}

template <class T>
void lower(std::optional<T>& limit, std::optional<T> other) {
  if (other && (!limit || *other < *limit)) limit = other;
}

void lower_cores(cgroup_limits& limits, std::optional<std::uint64_t> quota, std::optional<std::uint64_t> period) {
  if (!quota || !period || *period == 0) return;
  lower(limits.cores, std::optional(std::max<std::size_t>(1, *quota / *period + (*quota % *period != 0 ? 1 : 0))));
}

std::optional<std::uint64_t> number_in(const std::string& path) { return number(read_whole_file(path).text); }

void read_v2(const std::string& group, cgroup_limits& limits) {
  lower(limits.memory, number_in(group + "/memory.max"));
  const std::string text = read_whole_file(group + "/cpu.max").text;  // "QUOTA PERIOD", in microseconds.
  std::string_view rest = text;
  const std::string_view quota = take_until(rest, ' ');
  lower_cores(limits, number(quota), number(rest));
}

void read_v1_memory(const std::string& group, cgroup_limits& limits) {
  lower(limits.memory, number_in(group + "/memory.limit_in_bytes"));
}

void read_v1_cpu(const std::string& group, cgroup_limits& limits) {
  lower_cores(limits, number_in(group + "/cpu.cfs_quota_us"), number_in(group + "/cpu.cfs_period_us"));
}

// `path` and all above it, to the mount point. Inside a container the path may be the host's: then only the mount point
// is there, and it is the container's own group.
template <class Read>
void read_upwards(const std::string& mount, std::string path, cgroup_limits& limits, Read read) {
  for (; path.size() > 1; path.erase(path.rfind('/'))) read(mount + path, limits);
  read(mount, limits);
}

bool has_member(std::string_view list, std::string_view wanted) {
  while (!list.empty())
    if (take_until(list, ',') == wanted) return true;
  return false;
}

}  // namespace

cgroup_limits read_cgroup_limits(const std::string& root) {
  cgroup_limits limits;
  const std::string mounts = root + "/sys/fs/cgroup";
  const std::string groups = read_whole_file(root + "/proc/self/cgroup").text;
  for (std::string_view rest = groups; !rest.empty();) {
    std::string_view line = take_until(rest, '\n');  // "HIERARCHY:CONTROLLERS:PATH"; of version 2: "0::PATH".
    const std::string_view hierarchy = take_until(line, ':');
    const std::string_view controllers = take_until(line, ':');
    const std::string path(line.starts_with('/') ? line : "");
    if (hierarchy == "0" && controllers.empty()) read_upwards(mounts, path, limits, read_v2);
    if (has_member(controllers, "memory")) read_upwards(mounts + "/memory", path, limits, read_v1_memory);
    if (has_member(controllers, "cpu")) read_upwards(mounts + "/cpu", path, limits, read_v1_cpu);
  }
  return limits;
}

}  // namespace trawl
