// Whether there is room for what a submission brings, while it is being read: URLs that wait and octets that tasks
// take, those of other submissions on their way in included.
// Belongs to the home loop. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>

#include "api/http/problem.hpp"
#include "api/service/service.hpp"
#include "task/task_builder.hpp"

namespace trawl {

class submission_room {
 public:
  explicit submission_room(service& at) : at_(at), load_(at.crawls.load()) {}
  submission_room(const submission_room&) = delete;
  submission_room& operator=(const submission_room&) = delete;
  /// What was counted counts no more: it is a task by now, or was dropped.
  ~submission_room();

  /// Counts what was built so far; the 503 when there is no room for it now, the 413 when there never is.
  [[nodiscard]] std::optional<problem> count(const task_builder& building);

 private:
  service& at_;
  crawler_load load_;
  std::uint64_t looked_at_bytes_ = 0;
  std::uint64_t urls_ = 0;
  std::uint64_t bytes_ = 0;
};

/// 503 with Retry-After.
[[nodiscard]] problem not_now(std::string why);

}  // namespace trawl
