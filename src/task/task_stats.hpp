// What a task looks like as a whole: how each host fared, and how long each phase took, over a prefix of its completion
// log. Made only for tasks that somebody asks about, and kept up to date a slice at a time, so that a task of millions
// holds nobody up. Belongs to the home loop. Not thread-safe.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/metrics.hpp"
#include "task/task.hpp"
#include "url/url.hpp"

namespace trawl {

struct host_tally {
  std::uint32_t ok = 0;
  std::uint32_t failed = 0;
  [[nodiscard]] std::uint32_t all() const { return ok + failed; }
};

class task_stats {
 public:
  /// Hosts told apart; URLs of further ones count as `others`.
  static constexpr std::size_t most_hosts = 10000;

  /// Takes in at most `most` further records of the first `until`; true when all of those are in.
  bool advance(const task& of, std::uint32_t until, std::uint32_t most);

  /// Records taken in.
  [[nodiscard]] std::uint32_t done() const { return done_; }
  /// The `most` hosts with the most URLs, those first; equal ones by name. A host is the origin of the submitted URL.
  [[nodiscard]] std::vector<std::pair<std::string_view, host_tally>> top_hosts(std::size_t most) const;
  [[nodiscard]] std::size_t hosts() const { return by_host_.size(); }
  /// Of hosts beyond most_hosts, and of inputs that are no URL.
  [[nodiscard]] const host_tally& others() const { return others_; }
  [[nodiscard]] histogram_counts took(timing part) const;

 private:
  void take_in(const record& finished);
  host_tally& tally_of(std::string_view url);

  std::uint32_t done_ = 0;
  boost::unordered_flat_map<std::string, host_tally> by_host_;
  host_tally others_;
  std::array<histogram, timing_count> took_;
  record record_;  // Storage reused.
  url parsed_;     // Likewise.
  std::string host_;
};

}  // namespace trawl
