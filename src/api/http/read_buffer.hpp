// Bytes read and not yet understood: small while a connection idles, larger when a head or a body needs it.
#pragma once

#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace trawl {

class read_buffer {
 public:
  static constexpr std::size_t smallest = 4096;
  static constexpr std::size_t largest = std::size_t{128} << 10;  ///< Beyond any one line of a head.

  [[nodiscard]] std::string_view view() const { return {bytes_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  void consume(std::size_t size) { begin_ += size; }
  /// Where to read to; at least `wanted` bytes unless that passes `largest`. Moves what is there.
  [[nodiscard]] boost::asio::mutable_buffer space(std::size_t wanted) {
    const std::size_t held = end_ - begin_;
    std::size_t capacity = capacity_;
    while (capacity - held < wanted && capacity < largest) capacity *= 2;
    if (!bytes_ || capacity != capacity_) move_to(std::make_unique_for_overwrite<char[]>(capacity), capacity);
    if (begin_ > 0) std::memmove(bytes_.get(), bytes_.get() + begin_, held);
    begin_ = 0;
    end_ = held;
    return boost::asio::buffer(bytes_.get() + held, capacity_ - held);
  }
  void commit(std::size_t size) { end_ += size; }
  /// Gives a large block back when there is nothing in it.
  void shrink() {
    if (!empty() || capacity_ == smallest) return;
    bytes_.reset();
    capacity_ = smallest;
    begin_ = end_ = 0;
  }

 private:
  void move_to(std::unique_ptr<char[]> larger, std::size_t capacity) {
    const std::size_t held = end_ - begin_;
    if (held > 0) std::memcpy(larger.get(), bytes_.get() + begin_, held);
    bytes_ = std::move(larger);
    capacity_ = capacity;
    begin_ = 0;
    end_ = held;
  }
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = smallest;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace trawl
