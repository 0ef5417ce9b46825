#include "task/task.hpp"

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
  const std::uint32_t position = published_.fetch_add(1, std::memory_order_relaxed);
  set_record_position(encoded, position);
  // The slot before the log entry: whoever sees the entry finds the record.
  std::atomic_ref(slots_[finished.index]).store(reinterpret_cast<std::uint64_t>(encoded), std::memory_order_release);
  std::atomic_ref(log_[position]).store(pack({finished.index, finished.code}), std::memory_order_release);
  return position + 1 == total();
}

std::optional<log_entry> task::log(std::uint32_t position) const {
  if (position >= total()) return std::nullopt;
  const std::uint64_t word = std::atomic_ref(log_[position]).load(std::memory_order_acquire);
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
  return true;
}

std::size_t task::bytes() const {
  std::size_t sum = sizeof *this + parts_.urls.bytes() + parts_.next.bytes() + total() * 2 * sizeof(std::uint64_t) +
                    parts_.duplicates.size() * sizeof parts_.duplicates[0];
  for (std::size_t shard = 0; shard < parts_.chains.size(); ++shard)
    sum += parts_.chains[shard].size() * sizeof(host_chain) + records_[shard].reserved.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace trawl
