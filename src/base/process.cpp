#include "base/process.hpp"

#include <malloc.h>
#include <sys/resource.h>

#include <csignal>

namespace trawl {

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);  // Refused: what there is has to do, and the log says what that allows.
}

void ignore_broken_pipes() { std::signal(SIGPIPE, SIG_IGN); }

void settle_allocator() {
  constexpr int mapped_from_bytes = 128 * 1024;
  mallopt(M_MMAP_THRESHOLD, mapped_from_bytes);  // Setting it also ends its growth.
  mallopt(M_TRIM_THRESHOLD, mapped_from_bytes);
  mallopt(M_ARENA_MAX, 2);
}

}  // namespace trawl
