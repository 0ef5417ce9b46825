// A vector of trivial values that grows without copying: blocks that double from 16 to 64 Ki values, so
// a table of ten million never holds its old half beside the new. Append only.
#pragma once

#include <bit>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <vector>

namespace trawl {

template <class T>
class block_vector {
  static_assert(std::is_trivially_copyable_v<T>);
  static constexpr std::size_t first_bits = 4;
  static constexpr std::size_t full_bits = 16;
  static constexpr std::size_t full = std::size_t{1} << full_bits;

 public:
  void push_back(T value) {
    const auto [block, at] = place(size_);
    if (block == blocks_.size()) grow(block);
    blocks_[block][at] = value;
    ++size_;
  }
  [[nodiscard]] const T& operator[](std::size_t index) const {
    const auto [block, at] = place(index);
    return blocks_[block][at];
  }
  [[nodiscard]] T& operator[](std::size_t index) {
    const auto [block, at] = place(index);
    return blocks_[block][at];
  }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  /// Bytes reserved from the heap.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct spot {
    std::size_t block;
    std::size_t at;
  };
  // Blocks of 16, 16, 32, 64 .. 32 Ki values make the first 64 Ki; from there each has 64 Ki.
  static constexpr std::size_t small_blocks = full_bits - first_bits + 1;
  static spot place(std::size_t index) {
    if (index >= full) return {small_blocks + (index >> full_bits) - 1, index & (full - 1)};
    if (index < (std::size_t{1} << first_bits)) return {0, index};
    const std::size_t bits = static_cast<std::size_t>(std::bit_width(index)) - 1;
    return {bits - first_bits + 1, index - (std::size_t{1} << bits)};
  }
  void grow(std::size_t block) {
    const std::size_t count =
        block >= small_blocks ? full : std::size_t{1} << (first_bits + (block > 0 ? block - 1 : 0));
    blocks_.push_back(std::make_unique_for_overwrite<T[]>(count));
    bytes_ += count * sizeof(T);
  }
  std::vector<std::unique_ptr<T[]>> blocks_;
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace trawl
