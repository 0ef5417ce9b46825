// gzip (RFC 1952) and deflate (RFC 1950, or 1951 bare) taken off by zlib.
// Of gzip several members may follow each other; their checksums must be right. "deflate" means the zlib format, but
// some servers send the bare one and all browsers take it: the first octet tells which it is.
#pragma once

#include <zlib.h>

#include "fetch/content_decoder.hpp"

namespace trawl {

class zlib_decoder final : public content_decoder {
 public:
  /// Of `gzip` or `deflate`.
  explicit zlib_decoder(content_coding which) : gzip_(which == content_coding::gzip) {}
  zlib_decoder(const zlib_decoder&) = delete;
  zlib_decoder& operator=(const zlib_decoder&) = delete;
  ~zlib_decoder() override;

  [[nodiscard]] outcome decode(std::string_view& coded, std::span<char> room, std::size_t& made) override;
  [[nodiscard]] bool complete() const override { return state_ != state::inside; }
  [[nodiscard]] std::string_view problem() const override { return problem_; }
  /// zlib's state, and its window of 32 KiB.
  [[nodiscard]] std::size_t memory() const override { return 40 * 1024; }

 private:
  enum class state : std::uint8_t {
    begin,
    inside,   ///< a stream
    between,  ///< After a gzip member: another may follow.
    halfway,  ///< Likewise, and its first octet was there.
    over,     ///< What comes now is ignored.
  };
  [[nodiscard]] outcome open(int window_bits);
  [[nodiscard]] outcome look_for_member(std::string_view& coded);
  [[nodiscard]] outcome inflate_some(std::string_view& coded, std::span<char> room, std::size_t& made);

  const bool gzip_;
  bool opened_ = false;  ///< inflateInit2() was called.
  state state_ = state::begin;
  const char* problem_ = "";
  z_stream stream_{};
};

}  // namespace trawl
