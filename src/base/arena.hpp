// Bytes that live and die together: chunks that double from 1 KiB to 1 MiB, freed whole. Addresses are
// stable. One writer; readers see what was published to them after it was written.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace trawl {

class arena {
 public:
  static constexpr std::size_t first_chunk_bytes = 1024;
  static constexpr std::size_t largest_chunk_bytes = std::size_t{1} << 20;

  arena() = default;
  arena(arena&& other) noexcept
      : chunks_(std::move(other.chunks_)),
        at_(std::exchange(other.at_, nullptr)),
        left_(std::exchange(other.left_, 0)),
        next_bytes_(std::exchange(other.next_bytes_, first_chunk_bytes)),
        bytes_(std::exchange(other.bytes_, 0)) {}
  arena& operator=(arena&&) = delete;

  /// `size` contiguous bytes, unaligned, uninitialised.
  [[nodiscard]] std::byte* take(std::size_t size) {
    if (size > left_) grow(size);
    std::byte* const taken = at_;
    at_ += size;
    left_ -= size;
    return taken;
  }
  /// Gives the last `size` bytes of the latest take() back.
  void give_back(std::size_t size) {
    at_ -= size;
    left_ += size;
  }
  /// Bytes reserved from the heap.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  void grow(std::size_t size) {
    const std::size_t chunk = size > next_bytes_ ? size : next_bytes_;
    chunks_.push_back(std::make_unique_for_overwrite<std::byte[]>(chunk));
    at_ = chunks_.back().get();
    left_ = chunk;
    bytes_ += chunk;
    if (next_bytes_ < largest_chunk_bytes) next_bytes_ *= 2;
  }
  std::vector<std::unique_ptr<std::byte[]>> chunks_;
  std::byte* at_ = nullptr;
  std::size_t left_ = 0;
  std::size_t next_bytes_ = first_chunk_bytes;
  std::size_t bytes_ = 0;
};

}  // namespace trawl
