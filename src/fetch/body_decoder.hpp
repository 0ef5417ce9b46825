// The content codings of a response body (RFC 9110 8.4), taken off as the octets arrive: without I/O, in pieces of at
// most 32 KiB, so that a body is never in memory as a whole. Up to five codings, undone in reverse.
// A body may grow only so far: 100 octets for each one used so far and 1 MiB on top, counted after every coding. Text
// shrinks to a tenth or a twentieth, a table of nothing but zeros on a page fits into the megabyte, and what is beyond
// both was made to fill our memory and time: gzip can reach 1000:1, br and zstd a million, and several codings the
// product. What bounds the body itself is its owner's: it counts the pieces.
// Owned by an exchange; holds decoders only while there is a coded body. Belongs to one loop. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "fetch/decoder_pool.hpp"
#include "fetch/parse_event.hpp"
#include "outcome/failure.hpp"

namespace trawl {

class body_decoder {
 public:
  static constexpr std::uint64_t growth_limit = 100;
  static constexpr std::uint64_t free_growth = 1 << 20;

  /// `pool` outlives it.
  explicit body_decoder(decoder_pool& pool) : pool_(pool) {}
  body_decoder(const body_decoder&) = delete;
  body_decoder& operator=(const body_decoder&) = delete;
  ~body_decoder() { stop(); }

  /// Before the first octet of a body. `content_encoding`: the fields of that name as one list; it is not kept.
  /// `identity`, and `none` as curl has it, are no coding. False: there is an unknown one or more than five, see why().
  [[nodiscard]] bool start(std::string_view content_encoding);
  /// Between start() and stop(), unless there was no coding.
  [[nodiscard]] bool is_decoding() const { return !layers_.empty(); }
  /// Takes octets off the front of `coded`. `body`: there is a piece(), ask again. `need_more`: all of `coded` was
  /// used. `failed`: see why(). While is_decoding() only, and not after `failed`.
  [[nodiscard]] parse_event next(std::string_view& coded);
  /// After `body`: never empty; to be used before anything else happens on this loop.
  [[nodiscard]] std::string_view piece() const { return piece_; }
  /// The body is complete as far as its framing goes. False: its coded stream is not, see why().
  [[nodiscard]] bool at_end();
  /// Gives its decoders back. Any time.
  void stop();

  /// http_response_content_coding for what is broken, cut or unknown, http_response_body_size for what grows too much,
  /// out_of_resources when there is no memory. `detail` names the coding. Without a phase.
  [[nodiscard]] const failure& why() const { return why_; }

 private:
  struct layer {
    content_coding which;
    std::unique_ptr<content_decoder> decoder;
    std::string_view pending{};  ///< What it has not taken yet, from the layer before or of `coded`.
    std::uint64_t made = 0;
    std::size_t memory = 0;  ///< As the pool knows it.
  };
  [[nodiscard]] bool pull(std::size_t depth, std::string_view& coded, std::string_view& piece);
  [[nodiscard]] bool refill(std::size_t depth, std::string_view& coded);
  [[nodiscard]] bool judge(layer& at, content_decoder::outcome how, std::size_t made);
  [[nodiscard]] bool account(layer& at);
  bool refuse(errc code, std::string_view subject, std::string_view words);

  decoder_pool& pool_;
  std::vector<layer> layers_;  ///< The coding applied last is taken off first.
  std::uint64_t received_ = 0;
  std::string_view piece_;
  failure why_;
};

}  // namespace trawl
