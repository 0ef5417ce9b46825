#include "task/task.hpp"

#include <algorithm>
#include <new>

#include "task/record_codec.hpp"

namespace trawl {
namespace {

constexpr std::uint64_t present_bit = std::uint64_t{1} << 63;

std::uint64_t pack(log_entry entry) {
  return present_bit | (std::uint64_t{static_cast<std::uint8_t>(entry.code)} << 32) | entry.index;
}

}  // namespace

task::words task::zeroed(std::size_t count) {
  if (count == 0) return nullptr;
  auto* const memory =
      static_cast<std::uint64_t*>(std::calloc(count, sizeof(std::uint64_t)));  // NOLINT: see free_memory.
  if (memory == nullptr) throw std::bad_alloc();
  return words(memory);
}

task::task(task_parts parts)
    : parts_(std::move(parts)),
      slots_(zeroed(total())),
      log_(zeroed(total())),
      records_(std::make_unique<shard_records[]>(parts_.chains.size())) {}

bool task::publish(std::size_t shard, const record& finished) {
  shard_records& mine = records_[shard];
  std::byte* const encoded = encode_record(finished, mine.bytes);
  mine.reserved.store(mine.bytes.bytes(), std::memory_order_relaxed);
  const shared_fetch* const shared = shared_with(finished.index);
  const std::uint32_t count = shared == nullptr ? 1 : 1 + shared->count;
  std::uint32_t position = published_.fetch_add(count, std::memory_order_relaxed);
  const bool last = position + count == total();
  set_record_position(encoded, position);
  hand_out(encoded, position, {finished.index, finished.code});
  for (std::uint32_t at = count > 1 ? shared->first : no_index; at != no_index; at = next(at))
    hand_out(encoded, ++position, {at, finished.code});
  return (news_wanted_.load() && news_wanted_.exchange(false)) || last;
}

// The slot before the log entry: whoever sees the entry finds the record. The entry in one order with news_wanted_,
// here and in log(): of a reader that asks for news and a record that comes at the same time, one sees the other.
void task::hand_out(std::byte* encoded, std::uint32_t position, log_entry entry) {
  std::atomic_ref(slots_[entry.index]).store(reinterpret_cast<std::uint64_t>(encoded), std::memory_order_release);
  std::atomic_ref(log_[position]).store(pack(entry));
}

const shared_fetch* task::shared_with(std::uint32_t index) const {
  const auto found = std::ranges::lower_bound(parts_.shared, index, {}, &shared_fetch::fetched);
  return found == parts_.shared.end() || found->fetched != index ? nullptr : &*found;
}

std::optional<log_entry> task::log(std::uint32_t position) const {
  if (position >= total()) return std::nullopt;
  const std::uint64_t word = std::atomic_ref(log_[position]).load();
  if (word == 0) return std::nullopt;
  return log_entry{static_cast<std::uint32_t>(word), static_cast<errc>((word >> 32) & 0xFF)};
}

bool task::read(std::uint32_t index, record& into, std::uint32_t before) const {
  if (index >= total()) return false;
  const std::uint64_t slot = std::atomic_ref(slots_[index]).load(std::memory_order_acquire);
  if (slot == 0) return false;
  const auto* const encoded = reinterpret_cast<const std::byte*>(slot);  // NOLINT: stored by publish().
  if (record_position(encoded) >= before) return false;
  into.index = index;
  into.url = url(index);
  decode_record(encoded, into);
  into.meta = parts_.extras.meta(index);
  return true;
}

std::size_t task::bytes() const {
  std::size_t sum = sizeof *this + parts_.urls.bytes() + parts_.next.bytes() + total() * 2 * sizeof(std::uint64_t) +
                    parts_.duplicates.size() * sizeof parts_.duplicates[0] + parts_.extras.bytes() +
                    parts_.shared.size() * sizeof parts_.shared[0];
  for (std::size_t shard = 0; shard < parts_.chains.size(); ++shard)
    sum += parts_.chains[shard].size() * sizeof(host_chain) + records_[shard].reserved.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace trawl
