// A large answer, written a block at a time as the reader takes it: memory stays flat whatever the size.
// A source never waits and never does more than a few milliseconds of work at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "stream/next_look.hpp"

namespace trawl {

enum class flow : std::uint8_t {
  more,     ///< Ask again; nothing need have been appended.
  waiting,  ///< Nothing to tell yet: ask again when look() says.
  end,      ///< That was the last of it.
  cut,      ///< What is left cannot be told any more: the task was deleted.
};

class block_source {
 public:
  static constexpr std::size_t block_bytes = std::size_t{64} << 10;

  block_source() = default;
  block_source(const block_source&) = delete;
  block_source& operator=(const block_source&) = delete;
  virtual ~block_source() = default;

  /// Appends what comes next, up to the record that passes block_bytes. Not to be called after end or cut.
  virtual flow next(std::string& out) = 0;
  /// After flow::waiting.
  [[nodiscard]] virtual next_look look() const { return {}; }
  /// Appends, where the format has a place for it, why the stream ends here: a problem document.
  virtual void append_cut(std::string& /*out*/, std::string_view /*problem*/) const {}
};

}  // namespace trawl
