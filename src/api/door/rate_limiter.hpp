// How often one client may ask: a bucket of tokens for each, filled at a steady rate, in which two seconds' worth fit
// (--rate-limit). A bucket is one point in time, when it will be full; one that is full is forgotten, so the table
// holds who asked within the last two seconds, and it is bounded: where it is full, all who are new share one bucket.
// Decides; reads no clock. Belongs to one loop. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"

namespace trawl {

class rate_limiter {
 public:
  static constexpr std::size_t most_clients = 65536;

  /// `per_second`: from 1 on.
  explicit rate_limiter(std::uint32_t per_second, std::size_t at_most = most_clients);

  struct verdict {
    bool granted = true;
    std::uint32_t limit = 0;      ///< Tokens that fit.
    std::uint32_t remaining = 0;  ///< Left, after this one.
    std::uint32_t reset_s = 0;    ///< Until the bucket is full, rounded up.
    std::uint32_t retry_s = 0;    ///< Until one token is there, rounded up; 0 when granted.
  };
  /// Takes a token of `who`, or says when there will be one; being refused costs nothing.
  [[nodiscard]] verdict take(const std::string& who, time_point now);
  [[nodiscard]] std::size_t size() const { return full_at_.size(); }

 private:
  time_point& bucket_of(const std::string& who, time_point now);

  const clock::duration interval_;  // Between two tokens.
  const std::uint32_t burst_;
  const std::size_t at_most_;
  std::unordered_map<std::string, time_point> full_at_;
  time_point others_full_at_{};
  time_point swept_at_{};
};

}  // namespace trawl
