// Answers of the DNS, remembered for as long as their TTL says, the names that do not exist among them.
// Bounded: when full, an entry that was not asked for lately makes room (clock algorithm, O(1) amortised).
// Reads no clock. Belongs to one loop. Not thread-safe.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "resolve/address_answer.hpp"

namespace trawl {

class dns_cache {
 public:
  /// Shorter TTLs are stretched to this: every URL of a batch would ask again otherwise.
  static constexpr seconds shortest{1};
  /// Longer ones are cut, so that a host that moved is found within five minutes.
  static constexpr seconds longest{300};
  /// How long a name stays unknown. The SOA's minimum is often hours; a name may appear at any time.
  static constexpr seconds negative{5};

  /// `capacity`: names at most, >= 1. Ten thousand are some 2 MB a shard.
  explicit dns_cache(std::size_t capacity = 10'000) : capacity_(capacity) {}

  /// nullptr: not known, or no longer. The pointer holds until the next call that is not const.
  [[nodiscard]] const resolve_outcome* find(std::string_view name, time_point now);
  /// Remembers an answer for its TTL, within the bounds above; replaces what was known.
  void put(std::string_view name, address_answer answer, seconds ttl, time_point now);
  /// Remembers that there is nothing to be found.
  void put_negative(std::string_view name, failure why, time_point now);
  /// Names held, expired ones included.
  [[nodiscard]] std::size_t size() const { return index_.size(); }

 private:
  struct slot {
    std::string name;  ///< The key in index_ points into it.
    resolve_outcome outcome;
    time_point until{};
    bool used = false;  ///< Asked for since the hand last passed.
  };
  void store(std::string_view name, resolve_outcome outcome, time_point until, time_point now);
  slot& make_room(time_point now);

  std::size_t capacity_;
  std::deque<slot> slots_;  // Grows only, so names do not move.
  boost::unordered_flat_map<std::string_view, slot*> index_;
  std::size_t hand_ = 0;
};

}  // namespace trawl
