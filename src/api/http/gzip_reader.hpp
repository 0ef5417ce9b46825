// The body of a request that came with Content-Encoding: gzip (RFC 1952), decoded as it arrives, one block at a time,
// so that nothing of it is kept. A body that grows without end is noticed by what it has become so far.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

struct z_stream_s;

namespace trawl {

class gzip_reader {
 public:
  /// Up to here a body may grow as it likes; from here on to so many times its size.
  static constexpr std::uint64_t free_octets = std::uint64_t{1} << 20;
  static constexpr std::uint64_t most_growth = 100;

  gzip_reader();
  ~gzip_reader();
  gzip_reader(const gzip_reader&) = delete;
  gzip_reader& operator=(const gzip_reader&) = delete;

  /// Decodes a piece, cut anywhere, and hands it on in blocks. False: `to` wanted no more, or broken(), or
  /// grew_too_much().
  bool put(std::string_view piece, const std::function<bool(std::string_view)>& to);
  /// What came is not gzip, or was damaged.
  [[nodiscard]] bool broken() const { return broken_; }
  [[nodiscard]] bool grew_too_much() const { return given_ > free_octets && given_ / most_growth > taken_; }
  /// The last octet was the last of the coding: nothing is missing. Several members in a row are one body.
  [[nodiscard]] bool complete() const { return between_members_ && taken_ > 0; }

 private:
  bool inflate_some(const std::function<bool(std::string_view)>& to);

  std::unique_ptr<z_stream_s> stream_;
  std::unique_ptr<char[]> block_;
  std::uint64_t taken_ = 0;
  std::uint64_t given_ = 0;
  bool between_members_ = true;
  bool broken_ = false;
};

}  // namespace trawl
