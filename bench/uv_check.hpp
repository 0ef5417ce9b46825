// What libuv refuses at the start of a benchmark's program ends it: there is nothing to measure then.
#pragma once

#include <errno.h>
#include <uv.h>

#include <cstdio>
#include <cstdlib>

/// `status`: of a libuv call, 0 if it went well; `what`: what was tried, for the message.
inline void check(int status, const char* what) {
  if (status == 0) return;
  std::fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, uv_strerror(status));
  std::exit(1);
}
