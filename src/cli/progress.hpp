// The progress line of `trawl check`. Pure: numbers and a width in, a line out.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace trawl {

struct progress {
  std::uint64_t total = 0;
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  double rate_per_s = 0;
  std::optional<double> eta_s;
};

/// At most `width` columns, without a line end: "[########----]  42%  420/1000  3 failed  812/s  ETA 0:12".
/// What has no room is left out, the least needed first.
[[nodiscard]] std::string render_progress(const progress& now, std::size_t width);

/// "1000 URLs in 1.2 s (812/s): 997 ok, 3 failed", and how many were not checked if some were not.
[[nodiscard]] std::string render_summary(const progress& at_end, std::chrono::duration<double> took);

}  // namespace trawl
