#include "base/process_usage.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>

namespace trawl {
namespace {

double seconds_of(const timeval& span) {
  return static_cast<double>(span.tv_sec) + static_cast<double>(span.tv_usec) / 1e6;
}

double now_on(clockid_t which) {
  timespec now{};
  ::clock_gettime(which, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Newer kernels say it as the size of the folder; with others it is counted.
std::uint64_t count_descriptors() {
  constexpr const char* folder = "/proc/self/fd";
  struct stat known {};
  if (::stat(folder, &known) == 0 && known.st_size > 0) return static_cast<std::uint64_t>(known.st_size);
  DIR* const open = ::opendir(folder);
  if (open == nullptr) return 0;
  std::uint64_t entries = 0;
  while (::readdir(open) != nullptr) ++entries;
  ::closedir(open);
  return entries - 3;  // ".", ".." and the folder itself.
}

// proc(5): field 22 of stat, in clock ticks after boot. The name of the program, field 2, may hold blanks.
double seconds_at_start() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  if (!std::getline(file, line)) return 0;
  const char* at = std::strrchr(line.c_str(), ')');
  for (int field = 2; at != nullptr && field < 22; ++field) at = std::strchr(at + 1, ' ');
  unsigned long long ticks = 0;
  if (at == nullptr || std::sscanf(at, "%llu", &ticks) != 1) return 0;
  const double after_boot = static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return now_on(CLOCK_REALTIME) - now_on(CLOCK_BOOTTIME) + after_boot;
}

}  // namespace

process_usage read_process_usage() {
  process_usage now;
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) == 0) now.cpu_seconds = seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
  std::ifstream pages("/proc/self/statm");
  std::uint64_t all = 0, resident = 0;
  if (pages >> all >> resident) {
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    now.virtual_bytes = all * page;
    now.resident_bytes = resident * page;
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) now.max_descriptors = limit.rlim_cur;
  now.open_descriptors = count_descriptors();
  now.started_at = seconds_at_start();
  return now;
}

}  // namespace trawl
