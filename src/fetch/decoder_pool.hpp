// The decoders of a loop, the room they decode into, and a limit for the memory all of them use together: ten thousand
// bodies at once must not take 16 MiB each because their servers would like that.
// Only those of zstd are handed from body to body: with a new one a page of 1.3 KB costs 21 us instead of 3, most of it
// for a window that is mapped and unmapped; with gzip it is 2.5 instead of 2.4 (Xeon, g++ 12.2 -O2).
// Belongs to one loop. Not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "fetch/content_decoder.hpp"

namespace trawl {

class decoder_pool {
 public:
  /// What one body may use: more than the largest window of br, the greediest, with all its tables.
  static constexpr std::size_t body_memory_limit = std::size_t{24} << 20;
  /// Octets one step of a decoder makes at most.
  static constexpr std::size_t room_bytes = 32 * 1024;
  /// Content codings applied to one body. Real ones have one; curl stops at five, too.
  static constexpr std::size_t layer_limit = 5;

  /// `memory_limit`: octets of all decoders together; a single body always fits.
  explicit decoder_pool(std::size_t memory_limit) : memory_limit_(std::max(memory_limit, body_memory_limit)) {}

  /// Ready for a new body.
  [[nodiscard]] std::unique_ptr<content_decoder> take(content_coding which);
  /// In any state.
  void give_back(content_coding which, std::unique_ptr<content_decoder> spent);

  /// Where the decoder that is number `layer` of its body puts what it makes. All bodies share it: what is in it must
  /// be used up before another body's turn.
  [[nodiscard]] std::span<char> room(std::size_t layer);

  /// A decoder in use, which used `before` octets, now uses `now`. False when that is too much for all together.
  [[nodiscard]] bool account(std::size_t before, std::size_t now) {
    used_ = used_ - before + now;
    return used_ <= memory_limit_;
  }
  /// Octets in use, those of idle decoders left out.
  [[nodiscard]] std::size_t used() const { return used_; }

 private:
  const std::size_t memory_limit_;
  std::size_t used_ = 0;
  std::vector<std::unique_ptr<content_decoder>> idle_zstd_;
  std::array<std::unique_ptr<char[]>, layer_limit> rooms_;
};

}  // namespace trawl
