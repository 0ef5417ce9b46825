// The in-flight window: how many fetches all shards together may have under way. What shards share of it:
// an atomic of free slots, a bit for each shard that found none and wants to be told, and a bit for each
// that is still short of its fair share, so that a busy shard does not take back every slot it frees before
// the other has woken up.
// Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>

namespace trawl {

class window {
 public:
  /// At most this many shards: one bit each.
  static constexpr std::size_t max_shards = 64;

  explicit window(std::size_t slots, std::size_t shards = 1)
      : fair_share_((slots + shards - 1) / shards),
        reserve_(static_cast<std::int64_t>(slots / 16)),
        free_(static_cast<std::int64_t>(slots)) {}
  /// Called on any thread for a shard that found no free slot before, once there is one.
  void on_free(std::function<void(std::size_t shard)> wake) { wake_ = std::move(wake); }

  /// Takes a slot; false when there is none: then `shard` is woken once there is.
  [[nodiscard]] bool try_acquire(std::size_t shard) {
    if (take()) return true;
    wake_when_free(shard);
    return take();  // A slot may have come free before the bit was seen.
  }
  /// `shard` is woken by the next release().
  void wake_when_free(std::size_t shard) { starving_.fetch_or(bit(shard), std::memory_order_seq_cst); }
  void release() {
    free_.fetch_add(1, std::memory_order_seq_cst);
    if (starving_.load(std::memory_order_seq_cst) != 0) wake_starving();
  }
  /// The last so many slots are for hosts that hold none: hosts that stall, however many, cannot share them out
  /// among themselves. None of a small window, where they would be missed.
  [[nodiscard]] std::int64_t reserve() const { return reserve_; }
  /// What each shard holds when all of them have more work than slots.
  [[nodiscard]] std::size_t fair_share() const { return fair_share_; }
  /// `shard` waits for slots of its fair share, or no longer does. While it does, those that hold more than
  /// theirs should take none.
  void claim(std::size_t shard, bool on) {
    on ? claims_.fetch_or(bit(shard), std::memory_order_seq_cst)
       : claims_.fetch_and(~bit(shard), std::memory_order_seq_cst);
  }
  [[nodiscard]] bool others_claim(std::size_t shard) const {
    return (claims_.load(std::memory_order_relaxed) & ~bit(shard)) != 0;
  }
  /// A moment's value, never negative.
  [[nodiscard]] std::int64_t free() const { return free_.load(std::memory_order_relaxed); }

 private:
  static std::uint64_t bit(std::size_t shard) { return std::uint64_t{1} << shard; }
  // Never below zero, not even for a moment: of two shards that reach for the last slot, both would fail
  // if each saw what the other took for a moment, and nobody would be left to wake them.
  bool take() {
    std::int64_t seen = free_.load(std::memory_order_seq_cst);
    while (seen > 0)
      if (free_.compare_exchange_weak(seen, seen - 1, std::memory_order_seq_cst)) return true;
    return false;
  }
  void wake_starving() {
    const std::uint64_t waiting = starving_.exchange(0, std::memory_order_seq_cst);
    for (std::size_t shard = 0; shard < max_shards; ++shard)
      if ((waiting & bit(shard)) != 0 && wake_) wake_(shard);
  }

  const std::size_t fair_share_;
  const std::int64_t reserve_;
  alignas(64) std::atomic<std::int64_t> free_;
  alignas(64) std::atomic<std::uint64_t> starving_{0};
  std::atomic<std::uint64_t> claims_{0};
  std::function<void(std::size_t)> wake_;
};

}  // namespace trawl
