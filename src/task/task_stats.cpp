#include "task/task_stats.hpp"

#include <algorithm>

namespace trawl {

bool task_stats::advance(const task& of, std::uint32_t until, std::uint32_t most) {
  for (std::uint32_t taken = 0; done_ < until && taken < most; ++taken, ++done_) {
    const auto entry = of.log(done_);
    if (entry && of.read(entry->index, record_)) take_in(record_);
  }
  return done_ >= until;
}

void task_stats::take_in(const record& finished) {
  host_tally& tally = tally_of(finished.url);
  ++(finished.ok() ? tally.ok : tally.failed);
  for (std::size_t n = 0; n < timing_count; ++n) {
    const std::int64_t us = finished.took.get(static_cast<timing>(n));
    if (us != timings::absent) took_[n].observe_us(static_cast<std::uint64_t>(us));
  }
}

host_tally& task_stats::tally_of(std::string_view url) {
  if (parsed_.parse(url) != url_errc::ok) return others_;
  host_ = parsed_.origin();
  const auto known = by_host_.find(host_);
  if (known != by_host_.end()) return known->second;
  return by_host_.size() < most_hosts ? by_host_[host_] : others_;
}

std::vector<std::pair<std::string_view, host_tally>> task_stats::top_hosts(std::size_t most) const {
  std::vector<std::pair<std::string_view, host_tally>> all(by_host_.begin(), by_host_.end());
  const auto before = [](const auto& a, const auto& b) {
    return a.second.all() != b.second.all() ? a.second.all() > b.second.all() : a.first < b.first;
  };
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(most, all.size()));
  std::partial_sort(all.begin(), end, all.end(), before);
  all.erase(end, all.end());
  return all;
}

histogram_counts task_stats::took(timing part) const {
  histogram_counts read;
  took_[static_cast<std::size_t>(part)].add_to(read);
  return read;
}

}  // namespace trawl
