// Read buffers of a loop, handed from connection to connection: small ones for heads and small pages,
// large ones for bodies. A connection holds one only while it awaits an answer.
// Belongs to one loop. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace trawl {

class block_pool {
 public:
  static constexpr std::size_t small_bytes = 4096;
  static constexpr std::size_t large_bytes = 65536 + 4096;  ///< The longest header line and some.

  struct block {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
    explicit operator bool() const { return bytes != nullptr; }
  };

  [[nodiscard]] block take_small() { return take(small_, small_bytes); }
  [[nodiscard]] block take_large() { return take(large_, large_bytes); }
  void give_back(block&& spent) {
    auto& stock = spent.size == small_bytes ? small_ : large_;
    const std::size_t keep = spent.size == small_bytes ? keep_small : keep_large;
    if (spent && stock.size() < keep) stock.push_back(std::move(spent.bytes));
    spent = block{};
  }

 private:
  static constexpr std::size_t keep_small = 1024;
  static constexpr std::size_t keep_large = 16;
  using stock_type = std::vector<std::unique_ptr<char[]>>;
  static block take(stock_type& stock, std::size_t size) {
    if (stock.empty()) return {std::make_unique_for_overwrite<char[]>(size), size};
    block taken{std::move(stock.back()), size};
    stock.pop_back();
    return taken;
  }
  stock_type small_;
  stock_type large_;
};

}  // namespace trawl
