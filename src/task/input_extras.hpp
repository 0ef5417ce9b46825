// What single inputs of a task brought along beside their URL: header fields of their own, and `meta`, which comes
// back in their record. Kept out of line and in order of index, so an input that is a plain URL costs nothing here.
// Append only; read from any thread once the table is no longer appended to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/arena.hpp"
#include "base/block_vector.hpp"

namespace trawl {

class input_extras {
 public:
  /// Of `meta`, as compact JSON.
  static constexpr std::size_t meta_limit = std::size_t{64} << 10;
  using header = std::pair<std::string, std::string>;

  /// `index` is larger than every one before. `headers` passed base/header_rules; `meta`: compact JSON, empty: none.
  void add(std::uint32_t index, std::span<const header> headers, std::string_view meta);
  /// What `of` has of its `from`, which may be nothing.
  void add_copy(std::uint32_t index, const input_extras& of, std::uint32_t from);
  /// The header fields, "Name: value" and CR LF each; empty: none.
  [[nodiscard]] std::string_view fields(std::uint32_t index) const { return find(index).fields; }
  /// JSON; empty: none.
  [[nodiscard]] std::string_view meta(std::uint32_t index) const { return find(index).meta; }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  /// Resident bytes.
  [[nodiscard]] std::size_t bytes() const { return text_.bytes() + entries_.bytes(); }

 private:
  struct entry {
    std::uint32_t index;
    const std::byte* start;  // Of two length-prefixed texts: the fields, then meta.
  };
  struct texts {
    std::string_view fields;
    std::string_view meta;
  };
  [[nodiscard]] texts find(std::uint32_t index) const;
  void put(std::uint32_t index, const texts& both);

  arena text_;
  block_vector<entry> entries_;
};

}  // namespace trawl
