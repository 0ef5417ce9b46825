// The statistics of a task as JSON.
#pragma once

#include <string>

#include "task/task_stats.hpp"

namespace trawl {

/// {"done": N, "hosts": {"count", "top": [{"host", "ok", "failed"}, …], "others": {"ok", "failed"}},
///  "timings": {"bounds_ms": […], "phases": {"dns": […], …}}}. A phase has one count more than there are bounds: what
/// took longer than the last of them. Phases that no fetch had are left out.
void append_stats(std::string& out, const task_stats& shown);

}  // namespace trawl
