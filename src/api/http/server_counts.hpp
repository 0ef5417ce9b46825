// What the API counts of itself for /metrics: answers by route, method and status, with the time they took.
// Belongs to the home loop.
#pragma once

#include <map>
#include <string_view>
#include <tuple>

#include "base/clock.hpp"
#include "base/metrics.hpp"

namespace trawl {

class prometheus_text;

class server_counts {
 public:
  void opened() { ++connections_; }
  void closed() { --connections_; }
  /// `route`: the path of a route, a literal; empty when the request met none. `method`: as sent. `took`: from the
  /// head of the request to the last octet of the answer.
  void answered(std::string_view route, std::string_view method, unsigned status, clock::duration took);

  void append_to(prometheus_text& out) const;

 private:
  using key = std::tuple<std::string_view, std::string_view, unsigned>;
  std::map<key, histogram> answers_;
  std::uint64_t connections_ = 0;
};

}  // namespace trawl
