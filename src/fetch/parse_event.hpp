// What the pull parsers of a response answer when asked for the next thing.
#pragma once

#include <cstdint>

namespace trawl {

enum class parse_event : std::uint8_t {
  need_more,  ///< What is left of the input must be presented again, with more behind it.
  head,       ///< The head of the final response is complete.
  body,       ///< There is a piece of the body.
  done,       ///< The response is complete; what is left of the input does not belong to it.
  failed,     ///< The response is broken; the reason is told beside.
};

}  // namespace trawl
