// What c-ares leaves unread of an answer: whether it is one, and how it ended.
// Any octets may be given; nothing outside of them is read.
#pragma once

#include <string_view>

namespace trawl {

/// It says that it answers a standard query (RFC 1035 4.1.1): an echo of the question is no answer.
[[nodiscard]] bool is_answer(std::string_view message);
/// All 12 bits of its rcode: those of the header, and those of the EDNS record if there is one (RFC 6891 6.1.3).
[[nodiscard]] unsigned rcode_of(std::string_view message);

}  // namespace trawl
