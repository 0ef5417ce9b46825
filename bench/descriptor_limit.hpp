// A program that holds many connections at once may open as many descriptors as it is allowed to, not only the 1,024
// that a shell starts with.
#pragma once

#include <sys/resource.h>

inline void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}
