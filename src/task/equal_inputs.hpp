// dedupe: finds the inputs that need no fetch of their own because an equal one before them is fetched, and hangs
// them behind it. Equal inputs have the same text and the same header fields of their own; `meta` does not matter.
// Only while a task is built.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/block_vector.hpp"
#include "task/input_extras.hpp"

namespace trawl {

/// An input whose record is that of others too.
struct shared_fetch {
  std::uint32_t fetched = 0;
  std::uint32_t first = 0;  ///< Of the others, which are chained through `next`.
  std::uint32_t count = 0;  ///< Of the others.
};

class equal_inputs {
 public:
  /// `repeats`: (index, first index with the same text), by index. `total`: of all inputs.
  equal_inputs(std::span<const std::pair<std::uint32_t, std::uint32_t>> repeats, const input_extras& extras,
               std::uint32_t total);
  /// An equal one before it is fetched.
  [[nodiscard]] bool repeats_another(std::uint32_t index) const { return repeats_[index]; }
  /// Chains the repeats through `next`, where they must be in no other chain any more. By `fetched`.
  [[nodiscard]] std::vector<shared_fetch> link(block_vector<std::uint32_t>& next);

 private:
  std::vector<bool> repeats_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs_;  // (fetched, repeat)
};

}  // namespace trawl
