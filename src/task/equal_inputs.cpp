#include "task/equal_inputs.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "task/task.hpp"

namespace trawl {

equal_inputs::equal_inputs(std::span<const std::pair<std::uint32_t, std::uint32_t>> repeats, const input_extras& extras,
                           std::uint32_t total)
    : repeats_(total) {
  // By text and fields, for those that differ in fields from the first of their text.
  std::map<std::pair<std::uint32_t, std::string_view>, std::uint32_t> others;
  for (const auto& [index, first] : repeats) {
    std::uint32_t fetched = first;
    const std::string_view fields = extras.fields(index);
    if (fields != extras.fields(first)) fetched = others.try_emplace({first, fields}, index).first->second;
    if (fetched == index) continue;
    repeats_[index] = true;
    pairs_.emplace_back(fetched, index);
  }
}

std::vector<shared_fetch> equal_inputs::link(block_vector<std::uint32_t>& next) {
  std::sort(pairs_.begin(), pairs_.end());
  std::vector<shared_fetch> made;
  std::uint32_t last = no_index;
  for (const auto& [fetched, repeat] : pairs_) {
    if (made.empty() || made.back().fetched != fetched)
      made.push_back({fetched, repeat, 0});
    else
      next[last] = repeat;
    next[repeat] = no_index;
    ++made.back().count;
    last = repeat;
  }
  return made;
}

}  // namespace trawl
