// zstd (RFC 8878) taken off by libzstd: frames after each other, skippable ones too. A frame that needs a window over
// 8 MiB or a dictionary is refused (RFC 9659 3), and so are the formats from before it was standardized, which the
// library would still read.
#pragma once

#include <array>
#include <memory>

#include "fetch/content_decoder.hpp"

struct ZSTD_DCtx_s;

namespace trawl {

class zstd_decoder final : public content_decoder {
 public:
  static constexpr int window_log_limit = 23;  ///< 8 MiB.

  /// For another body. False: it has grown too large to be kept for one.
  [[nodiscard]] bool reset();
  [[nodiscard]] outcome decode(std::string_view& coded, std::span<char> room, std::size_t& made) override;
  [[nodiscard]] bool complete() const override { return state_ != state::inside; }
  [[nodiscard]] std::string_view problem() const override { return problem_; }
  /// The library allocates the whole window a frame declares, but what is not written to costs nothing.
  [[nodiscard]] std::size_t memory() const override;

 private:
  enum class state : std::uint8_t { begin, inside, between, over };
  struct destroy {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  [[nodiscard]] bool begin_frame(char first);
  void note_header(std::string_view consumed);
  [[nodiscard]] bool is_as_long_as_it_says() const;
  [[nodiscard]] outcome decode_some(std::string_view& coded, std::span<char> room, std::size_t& made);

  std::unique_ptr<ZSTD_DCtx_s, destroy> context_;
  state state_ = state::begin;
  bool filled_room_ = false;  ///< There may be more where that came from.
  std::size_t made_ = 0;
  std::size_t frame_made_ = 0;
  std::array<char, 18> header_;  ///< Of the frame, as far as it has come; no header is longer (RFC 8878 3.1.1.1).
  std::size_t header_size_ = 0;
  const char* problem_ = "";
};

}  // namespace trawl
