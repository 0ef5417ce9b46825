#include "api/door/rate_limiter.hpp"

#include <algorithm>

namespace trawl {
namespace {

// A full table is not looked through at each request.
constexpr milliseconds sweep_pause{100};

std::uint32_t seconds_up(clock::duration span) {
  return static_cast<std::uint32_t>(std::chrono::ceil<seconds>(std::max(span, clock::duration::zero())).count());
}

}  // namespace

rate_limiter::rate_limiter(std::uint32_t per_second, std::size_t at_most)
    : interval_(std::chrono::duration_cast<clock::duration>(seconds(1)) / per_second),
      burst_(2 * per_second),
      at_most_(at_most) {}

rate_limiter::verdict rate_limiter::take(const std::string& who, time_point now) {
  time_point& full_at = bucket_of(who, now);
  const clock::duration room = interval_ * burst_;
  const clock::duration missing = std::max(full_at, now) - now + interval_;  // With this one taken.
  verdict said;
  said.limit = burst_;
  said.granted = missing <= room;
  if (said.granted)
    full_at = now + missing;
  else
    said.retry_s = std::max(seconds_up(missing - room), std::uint32_t{1});
  said.remaining = said.granted ? static_cast<std::uint32_t>((room - missing) / interval_) : 0;
  said.reset_s = seconds_up(full_at - now);
  return said;
}

time_point& rate_limiter::bucket_of(const std::string& who, time_point now) {
  const auto found = full_at_.find(who);
  if (found != full_at_.end()) return found->second;
  if (full_at_.size() >= at_most_ && now - swept_at_ >= sweep_pause) {
    std::erase_if(full_at_, [now](const auto& each) { return each.second <= now; });
    swept_at_ = now;
  }
  if (full_at_.size() >= at_most_) return others_full_at_;
  return full_at_.emplace(who, now).first->second;
}

}  // namespace trawl
