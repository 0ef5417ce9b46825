// The tasks the service knows, newest first. Belongs to the home loop. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "task/tracked_task.hpp"

namespace trawl {

class registry {
 public:
  /// All of it, or std::bad_alloc and nothing.
  void add(std::shared_ptr<tracked_task> entry);
  /// Null when there is none.
  [[nodiscard]] std::shared_ptr<tracked_task> find(std::string_view id) const;
  /// Takes it out and marks it removed; null when there is none.
  std::shared_ptr<tracked_task> remove(std::string_view id);
  [[nodiscard]] std::size_t size() const { return by_age_.size(); }

  /// A place in the listing, newest first: the sequence number of the entry just read. Stays valid
  /// whatever is added or removed meanwhile.
  using place = std::uint64_t;
  static constexpr place newest = ~place{0};
  /// The newest entry older than `after`, moving `after` onto it; null at the end.
  [[nodiscard]] std::shared_ptr<tracked_task> next_older(place& after) const;

 private:
  std::map<place, std::shared_ptr<tracked_task>> by_age_;
  std::unordered_map<std::string_view, place> by_id_;  // Keys live in the tasks.
  place next_place_ = 0;
};

}  // namespace trawl
