#include "resolve/dns_cache.hpp"

#include <algorithm>
#include <utility>

namespace trawl {

const resolve_outcome* dns_cache::find(std::string_view name, time_point now) {
  const auto at = index_.find(name);
  if (at == index_.end() || at->second->until <= now) return nullptr;
  at->second->used = true;
  return &at->second->outcome;
}

void dns_cache::put(std::string_view name, address_answer answer, seconds ttl, time_point now) {
  answer.queried = false;
  store(name, std::move(answer), now + std::clamp(ttl, shortest, longest), now);
}

void dns_cache::put_negative(std::string_view name, failure why, time_point now) {
  store(name, std::move(why), now + negative, now);
}

void dns_cache::store(std::string_view name, resolve_outcome outcome, time_point until, time_point now) {
  const auto known = index_.find(name);
  slot& into = known != index_.end() ? *known->second : make_room(now);
  if (known == index_.end()) {
    into.name = name;
    into.used = false;
    index_.emplace(into.name, &into);
  }
  into.outcome = std::move(outcome);
  into.until = until;
}

// The hand goes round and gives whatever was used a second chance.
dns_cache::slot& dns_cache::make_room(time_point now) {
  if (slots_.size() < capacity_) return slots_.emplace_back(slot{{}, failure{}, {}, false});
  for (;; ++hand_) {
    slot& candidate = slots_[hand_ % capacity_];
    if (candidate.used && candidate.until > now) {
      candidate.used = false;
      continue;
    }
    index_.erase(candidate.name);
    ++hand_;
    return candidate;
  }
}

}  // namespace trawl
