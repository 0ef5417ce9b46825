#include "task/input_extras.hpp"

#include "task/varint.hpp"

namespace trawl {

void input_extras::add(std::uint32_t index, std::span<const header> headers, std::string_view meta) {
  std::string fields;
  for (const auto& [name, value] : headers) fields.append(name).append(": ").append(value).append("\r\n");
  texts both;
  both.fields = fields;
  both.meta = meta;
  put(index, both);
}

void input_extras::add_copy(std::uint32_t index, const input_extras& of, std::uint32_t from) {
  const texts both = of.find(from);
  if (!both.fields.empty() || !both.meta.empty()) put(index, both);
}

void input_extras::put(std::uint32_t index, const texts& both) {
  const std::size_t fields = varint_size(both.fields.size()) + both.fields.size();
  std::byte* const start = text_.take(fields + varint_size(both.meta.size()) + both.meta.size());
  put_bytes(put_bytes(start, both.fields), both.meta);
  entries_.push_back({index, start});
}

input_extras::texts input_extras::find(std::uint32_t index) const {
  std::size_t from = 0;
  for (std::size_t end = entries_.size(); from < end;) {
    const std::size_t middle = from + (end - from) / 2;
    if (entries_[middle].index < index)
      from = middle + 1;
    else
      end = middle;
  }
  texts found;
  if (from == entries_.size() || entries_[from].index != index) return found;
  const std::byte* at = entries_[from].start;
  found.fields = get_bytes(at);
  found.meta = get_bytes(at);
  return found;
}

}  // namespace trawl
