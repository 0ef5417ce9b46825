#include "fetch/zlib_decoder.hpp"

#include <algorithm>
#include <limits>

namespace trawl {
namespace {

constexpr std::string_view gzip_magic = "\x1f\x8b";

// What inflateInit2() takes.
constexpr int bare_deflate = -MAX_WBITS;
constexpr int zlib_format = MAX_WBITS;
constexpr int gzip_format = MAX_WBITS + 16;

/// The first octet of the zlib format names method 8 and a window of at most 32 KiB (RFC 1950 2.2). A bare stream that
/// began so would begin with a stored block whose padding is not zero: no encoder writes that.
int deflate_format(char first) {
  const auto octet = static_cast<unsigned char>(first);
  return (octet & 0x0f) == Z_DEFLATED && octet >> 4 <= MAX_WBITS - 8 ? zlib_format : bare_deflate;
}

}  // namespace

zlib_decoder::~zlib_decoder() {
  if (opened_) inflateEnd(&stream_);
}

content_decoder::outcome zlib_decoder::decode(std::string_view& coded, std::span<char> room, std::size_t& made) {
  made = 0;
  outcome so_far = outcome::good;
  if (state_ == state::begin && !coded.empty()) so_far = open(gzip_ ? gzip_format : deflate_format(coded.front()));
  if (state_ == state::between || state_ == state::halfway) so_far = look_for_member(coded);
  if (state_ == state::over) coded = {};
  return so_far == outcome::good && state_ == state::inside ? inflate_some(coded, room, made) : so_far;
}

zlib_decoder::outcome zlib_decoder::open(int window_bits) {
  if ((opened_ ? inflateReset2(&stream_, window_bits) : inflateInit2(&stream_, window_bits)) != Z_OK)
    return outcome::no_memory;
  opened_ = true;
  state_ = state::inside;
  return outcome::good;
}

// RFC 1952 2.2: members follow each other. Anything else is padding, or not ours to understand.
content_decoder::outcome zlib_decoder::look_for_member(std::string_view& coded) {
  while (!coded.empty() && state_ != state::inside && state_ != state::over) {
    const bool second = state_ == state::halfway;
    const bool fits = coded.front() == gzip_magic[second ? 1 : 0];
    coded.remove_prefix(1);
    state_ = !fits ? state::over : second ? state::inside : state::halfway;
  }
  if (state_ != state::inside) return outcome::good;
  if (open(gzip_format) != outcome::good) return outcome::no_memory;
  char nothing = 0;
  std::size_t none = 0;
  std::string_view magic = gzip_magic;
  return inflate_some(magic, {&nothing, 1}, none);  // A header makes no output.
}

content_decoder::outcome zlib_decoder::inflate_some(std::string_view& coded, std::span<char> room, std::size_t& made) {
  constexpr std::size_t most = std::numeric_limits<uInt>::max();
  const auto given = static_cast<uInt>(std::min(coded.size(), most));
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(coded.data()));  // It is only read.
  stream_.avail_in = given;
  stream_.next_out = reinterpret_cast<Bytef*>(room.data());
  stream_.avail_out = static_cast<uInt>(std::min(room.size(), most));
  const int answer = inflate(&stream_, Z_NO_FLUSH);
  coded.remove_prefix(given - stream_.avail_in);
  made = room.size() - stream_.avail_out;
  if (answer == Z_STREAM_END) state_ = gzip_ ? state::between : state::over;
  if (answer == Z_MEM_ERROR) return outcome::no_memory;
  if (answer == Z_NEED_DICT) problem_ = "needs a preset dictionary";
  if (answer == Z_DATA_ERROR || answer == Z_STREAM_ERROR) problem_ = stream_.msg ? stream_.msg : "malformed";
  return answer == Z_OK || answer == Z_BUF_ERROR || answer == Z_STREAM_END ? outcome::good : outcome::broken;
}

}  // namespace trawl
