#include "fetch/zstd_decoder.hpp"

#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>

namespace trawl {
namespace {

/// The context itself, and its buffer for a block that has not come whole.
constexpr std::size_t least_memory = 256 * 1024;

/// That of a window of 2 MiB, which the library's usual level has.
constexpr std::size_t keep_bytes = 3 << 20;

/// RFC 8878 3.1: 0xFD2FB528 and 0x184D2A50 to 5F, little-endian. The formats of old begin with 0x1E to 0x27.
bool may_begin_frame(char first) {
  const auto octet = static_cast<unsigned char>(first);
  return octet == 0x28 || (octet & 0xf0) == 0x50;
}

}  // namespace

void zstd_decoder::destroy::operator()(ZSTD_DCtx_s* context) const { ZSTD_freeDCtx(context); }

bool zstd_decoder::reset() {
  if (context_ && ZSTD_sizeof_DStream(context_.get()) > keep_bytes) return false;
  if (context_) ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only);
  state_ = state::begin;
  filled_room_ = false;
  made_ = 0;
  return true;
}

content_decoder::outcome zstd_decoder::decode(std::string_view& coded, std::span<char> room, std::size_t& made) {
  made = 0;
  if (!context_) {
    context_.reset(ZSTD_createDCtx());
    if (!context_) return outcome::no_memory;
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, window_log_limit);
  }
  if (!coded.empty() && (state_ == state::begin || state_ == state::between) && !begin_frame(coded.front()))
    return outcome::broken;
  if (state_ == state::over) return coded = {}, outcome::good;
  // Asked too often for nothing the library calls it an error.
  return coded.empty() && !filled_room_ ? outcome::good : decode_some(coded, room, made);
}

// False: this is no zstd at all. After a frame it is something to be ignored.
bool zstd_decoder::begin_frame(char first) {
  header_size_ = frame_made_ = 0;
  if (may_begin_frame(first))
    state_ = state::inside;
  else if (state_ == state::between)
    state_ = state::over;
  else
    problem_ = "does not begin with a frame";
  return state_ != state::begin;
}

void zstd_decoder::note_header(std::string_view consumed) {
  const std::string_view more = consumed.substr(0, header_.size() - header_size_);
  std::copy(more.begin(), more.end(), header_.begin() + header_size_);
  header_size_ += more.size();
}

// The library looks only where the frame has come whole, or its last block is not empty.
bool zstd_decoder::is_as_long_as_it_says() const {
  const unsigned long long said = ZSTD_getFrameContentSize(header_.data(), header_size_);
  return said == ZSTD_CONTENTSIZE_UNKNOWN || said == frame_made_;
}

content_decoder::outcome zstd_decoder::decode_some(std::string_view& coded, std::span<char> room, std::size_t& made) {
  ZSTD_inBuffer in{coded.data(), coded.size(), 0};
  ZSTD_outBuffer out{room.data(), room.size(), 0};
  const std::size_t answer = ZSTD_decompressStream(context_.get(), &out, &in);
  note_header(coded.substr(0, in.pos));
  coded.remove_prefix(in.pos);
  made = out.pos;
  made_ += made;
  frame_made_ += made;
  filled_room_ = made == room.size();
  if (answer == 0) state_ = state::between;
  if (answer == 0 && !is_as_long_as_it_says()) {
    problem_ = ZSTD_getErrorString(ZSTD_error_corruption_detected);
    return outcome::broken;
  }
  if (ZSTD_isError(answer) == 0) return outcome::good;
  problem_ = ZSTD_getErrorName(answer);
  return ZSTD_getErrorCode(answer) == ZSTD_error_memory_allocation ? outcome::no_memory : outcome::broken;
}

std::size_t zstd_decoder::memory() const {
  return context_ ? std::min(ZSTD_sizeof_DStream(context_.get()), least_memory + made_) : 0;
}

}  // namespace trawl
