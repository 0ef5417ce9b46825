#include "base/arena.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "base/block_vector.hpp"

using namespace trawl;

TEST_CASE("arena: what was taken stays where it is, however much follows") {
  arena bytes;
  std::vector<std::pair<std::byte*, std::size_t>> taken;
  for (std::size_t size = 1; size < 3000; size += 7) {
    std::byte* const at = bytes.take(size);
    std::memset(at, static_cast<int>(size % 251), size);
    taken.emplace_back(at, size);
  }
  for (const auto& [at, size] : taken)
    for (std::size_t i = 0; i < size; ++i) REQUIRE(at[i] == static_cast<std::byte>(size % 251));
}

TEST_CASE("arena: what is given back is taken again") {
  arena bytes;
  std::byte* const first = bytes.take(100);
  bytes.give_back(60);
  CHECK(bytes.take(1) == first + 40);
}

TEST_CASE("arena: a piece larger than any chunk gets one of its own") {
  arena bytes;
  std::byte* const large = bytes.take(3 * arena::largest_chunk_bytes);
  std::memset(large, 1, 3 * arena::largest_chunk_bytes);
  CHECK(bytes.bytes() >= 3 * arena::largest_chunk_bytes);
}

TEST_CASE("block_vector: every value is found again, across all block borders") {
  block_vector<std::uint32_t> values;
  constexpr std::uint32_t count = 300000;
  for (std::uint32_t i = 0; i < count; ++i) values.push_back(i * 3);
  CHECK(values.size() == count);
  for (std::uint32_t i = 0; i < count; ++i) REQUIRE(values[i] == i * 3);
  CHECK(values.bytes() < std::size_t{count} * 4 * 13 / 10);
}
