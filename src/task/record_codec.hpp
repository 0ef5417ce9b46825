// A record at rest: fixed facts, then only the parts there are, numbers as varints. A plain one (200,
// small page, one hop) takes 50 to 70 bytes, so that a task of millions keeps all of its records.
#pragma once

#include <trawl/record.hpp>

#include <cstddef>

#include "base/arena.hpp"

namespace trawl {

/// Appends `finished` to `into` and returns where it starts. `index` and `url` are not kept: they are
/// what it is looked up by. The position is filled in by set_record_position().
std::byte* encode_record(const record& finished, arena& into);

void set_record_position(std::byte* encoded, std::uint32_t position);
[[nodiscard]] std::uint32_t record_position(const std::byte* encoded);

/// The opposite, as views into the encoded bytes; reuses the storage of `into`; index and url are left.
void decode_record(const std::byte* encoded, record& into);

}  // namespace trawl
