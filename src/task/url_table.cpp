#include "task/url_table.hpp"

#include "task/varint.hpp"

namespace trawl {

void url_table::add(std::string_view text) {
  std::byte* const start = text_.take(varint_size(text.size()) + text.size());
  put_bytes(start, text);
  starts_.push_back(start);
}

std::string_view url_table::text(std::uint32_t index) const {
  const std::byte* at = starts_[index];
  return get_bytes(at);
}

}  // namespace trawl
