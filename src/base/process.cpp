#include "base/process.hpp"

#include <malloc.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

namespace trawl {

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);  // Refused: what there is has to do, and the log says what that allows.
}

bool loops_can_be_woken() {
  // Of Asio's reactor: what another thread wakes it by, and its timer.
  constexpr std::ptrdiff_t least = 2;
  std::error_code ec;
  for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd", ec)) {
    const auto target = std::filesystem::read_symlink(each.path(), ec);
    if (ec || target != "anon_inode:[eventpoll]") continue;
    std::ifstream info("/proc/self/fdinfo/" + each.path().filename().string());
    std::string line;
    std::ptrdiff_t watched = 0;
    while (std::getline(info, line)) watched += line.starts_with("tfd:") ? 1 : 0;
    if (info.is_open() && watched < least) return false;
  }
  return true;
}

void ignore_broken_pipes() { std::signal(SIGPIPE, SIG_IGN); }

void settle_allocator() {
  constexpr int mapped_from_bytes = 128 * 1024;
  mallopt(M_MMAP_THRESHOLD, mapped_from_bytes);  // Setting it also ends its growth.
  mallopt(M_TRIM_THRESHOLD, mapped_from_bytes);
  mallopt(M_ARENA_MAX, 2);
}

}  // namespace trawl
