#include "api/service/task_expiry.hpp"

#include "base/log.hpp"

namespace trawl {

void task_expiry::ended(const std::shared_ptr<tracked_task>& which) {
  if (ttl_.count() == 0) return;
  auto made = std::make_unique<time_left>(*this, which->get());
  times_.arm(*made, clock::now() + ttl_);
  const std::string_view id = made->id;
  known_.emplace(id, std::move(made));
}

void task_expiry::removed(std::string_view id) { known_.erase(id); }

const std::string* task_expiry::owner_of_expired(std::string_view id) const {
  const auto found = known_.find(id);
  return found != known_.end() && found->second->task_gone ? &found->second->owner : nullptr;
}

void task_expiry::over(time_left& which, time_point now) {
  if (which.task_gone) {
    known_.erase(which.id);  // `which` is gone from here on.
    return;
  }
  which.task_gone = true;
  engine_.remove(which.id);
  log_event(log_level::info, "task expired", {{"task", which.id}});
  times_.arm(which, now + ttl_);
}

}  // namespace trawl
