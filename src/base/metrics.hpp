// Numbers that one thread counts up and another reads now and then, for /metrics. Counting is one addition to memory
// of the counting thread's own, no locked instruction; what is read may be a moment old.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace trawl {

/// Only ever grows. One thread adds, any thread reads.
class counter {
 public:
  void add(std::uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Goes up and down. One thread sets, any thread reads.
class gauge {
 public:
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// What a histogram held when it was read; those of several threads add up.
struct histogram_counts {
  /// Bucket n holds what took at most 2^(n + first) us and more than the bucket before; the last has no limit.
  static constexpr std::size_t buckets = 22;
  static constexpr int first = 6;  ///< 64 us; the last limit is 2^26 us, 67 s.

  std::array<std::uint64_t, buckets> in{};
  std::uint64_t sum_us = 0;

  [[nodiscard]] static constexpr double limit_seconds(std::size_t bucket) {
    return static_cast<double>(std::uint64_t{1} << (bucket + first)) / 1e6;
  }
};

/// How long things took. One thread observes, any thread reads.
class histogram {
 public:
  void observe_us(std::uint64_t us) {
    const int power = us <= 1 ? 0 : std::bit_width(us - 1);  // us <= 2^power
    const int bucket = power <= histogram_counts::first ? 0 : power - histogram_counts::first;
    constexpr int last = static_cast<int>(histogram_counts::buckets) - 1;
    in_[static_cast<std::size_t>(bucket < last ? bucket : last)].add();
    sum_us_.add(us);
  }
  void add_to(histogram_counts& sum) const {
    for (std::size_t n = 0; n < in_.size(); ++n) sum.in[n] += in_[n].get();
    sum.sum_us += sum_us_.get();
  }

 private:
  std::array<counter, histogram_counts::buckets> in_;
  counter sum_us_;
};

}  // namespace trawl
