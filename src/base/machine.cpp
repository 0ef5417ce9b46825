#include "base/machine.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

namespace trawl {
namespace {

// The first line of a file of this process's cgroup (v2), or of the root's; "" when there is none.
std::string cgroup_line(const char* file) {
  std::string group;
  std::ifstream self("/proc/self/cgroup");
  for (std::string line; std::getline(self, line);)
    if (line.starts_with("0::")) group = line.substr(3);
  std::string text;
  for (const std::string& directory : {"/sys/fs/cgroup" + group, std::string("/sys/fs/cgroup")}) {
    std::ifstream in(directory + "/" + file);
    if (std::getline(in, text)) return text;
  }
  return "";
}

std::optional<std::uint64_t> number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  return ec == std::errc{} ? std::optional(value) : std::nullopt;
}

// "QUOTA PERIOD", or "max PERIOD" for none. Part of a core counts as one.
std::optional<std::size_t> quota_cores() {
  const std::string line = cgroup_line("cpu.max");
  const auto quota = number(line);
  const auto space = line.find(' ');
  if (!quota || space == std::string::npos) return std::nullopt;
  const auto period = number(line.substr(space + 1));
  if (!period || *period == 0) return std::nullopt;
  return std::max<std::size_t>(1, (*quota + *period - 1) / *period);
}

}  // namespace

std::size_t usable_cores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
    cores = static_cast<std::size_t>(std::max(1, CPU_COUNT(&allowed)));
  return std::min(cores, quota_cores().value_or(cores));
}

std::uint64_t usable_memory() {
  const auto physical =
      static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return std::min(physical, number(cgroup_line("memory.max")).value_or(physical));
}

}  // namespace trawl
