// The text format of Prometheus, version 0.0.4: families of samples, each with its help and type.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/metrics.hpp"

namespace trawl {

inline constexpr std::string_view prometheus_type = "text/plain; version=0.0.4; charset=utf-8";

class prometheus_text {
 public:
  using labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  /// Begins a family; its samples follow. `type`: counter, gauge or histogram. `name` and `help`: plain words.
  void family(std::string_view name, std::string_view type, std::string_view help);
  void sample(labels of, std::uint64_t value);
  void sample(labels of, double value);
  /// In seconds.
  void sample(labels of, const histogram_counts& value);

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void begin(std::string_view suffix, labels of, std::string_view limit = {});
  void end(std::uint64_t value);
  void end(double value);

  std::string out_;
  std::string name_;
};

}  // namespace trawl
