#include "task/registry.hpp"

#include <cassert>

namespace trawl {

void registry::add(std::shared_ptr<tracked_task> entry) {
  const auto at = by_age_.emplace(next_place_, entry).first;
  try {
    by_id_.emplace(entry->get().id(), next_place_);
  } catch (...) {  // In both or in none.
    by_age_.erase(at);
    throw;
  }
  ++next_place_;
}

std::shared_ptr<tracked_task> registry::find(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : by_age_.at(found->second);
}

std::shared_ptr<tracked_task> registry::remove(std::string_view id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return nullptr;
  const auto at = by_age_.find(found->second);
  assert(at != by_age_.end());
  auto entry = std::move(at->second);
  by_id_.erase(found);
  by_age_.erase(at);
  entry->mark_removed();
  return entry;
}

std::shared_ptr<tracked_task> registry::next_older(place& after) const {
  const auto at = by_age_.lower_bound(after);
  if (at == by_age_.begin()) return nullptr;
  const auto& [place, entry] = *std::prev(at);
  after = place;
  return entry;
}

}  // namespace trawl
