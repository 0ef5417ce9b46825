// The input URLs of one task, as submitted, byte for byte: text in large chunks and one pointer a URL,
// so a million URLs cost 9-10 bytes each beside their own text. Append only; read from any thread once
// the table is no longer appended to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/arena.hpp"
#include "base/block_vector.hpp"

namespace trawl {

class url_table {
 public:
  /// Copies `text`; its index is the size() before. At most 2^32 - 2 URLs.
  void add(std::string_view text);
  [[nodiscard]] std::string_view text(std::uint32_t index) const;
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(starts_.size()); }
  /// Resident bytes, text included.
  [[nodiscard]] std::size_t bytes() const { return text_.bytes() + starts_.bytes(); }

 private:
  arena text_;
  block_vector<const std::byte*> starts_;  // Each points at a varint length, then the text.
};

}  // namespace trawl
