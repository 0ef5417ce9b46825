#include "fetch/brotli_decoder.hpp"

#include <brotli/decode.h>

#include <cstdlib>
#include <cstring>

namespace trawl {
namespace {

/// Its size stands before each block, so that release() can count it off.
constexpr std::size_t size_room = alignof(std::max_align_t);

}  // namespace

void brotli_decoder::destroy::operator()(BrotliDecoderStateStruct* state) const { BrotliDecoderDestroyInstance(state); }

void* brotli_decoder::allocate(void* self, std::size_t size) {
  auto* block = static_cast<char*>(std::malloc(size + size_room));
  if (block == nullptr) return nullptr;
  std::memcpy(block, &size, sizeof size);
  static_cast<brotli_decoder*>(self)->allocated_ += size;
  return block + size_room;
}

void brotli_decoder::release(void* self, void* block) {
  if (block == nullptr) return;
  char* begin = static_cast<char*>(block) - size_room;
  std::size_t size = 0;
  std::memcpy(&size, begin, sizeof size);
  static_cast<brotli_decoder*>(self)->allocated_ -= size;
  std::free(begin);
}

content_decoder::outcome brotli_decoder::decode(std::string_view& coded, std::span<char> room, std::size_t& made) {
  made = 0;
  if (!state_ && coded.empty()) return outcome::good;
  if (!state_) state_.reset(BrotliDecoderCreateInstance(allocate, release, this));
  if (!state_) return outcome::no_memory;
  if (BrotliDecoderIsFinished(state_.get()) != BROTLI_FALSE) return coded = {}, outcome::good;
  const auto* in = reinterpret_cast<const std::uint8_t*>(coded.data());
  auto* out = reinterpret_cast<std::uint8_t*>(room.data());
  std::size_t unread = coded.size(), left = room.size();
  const auto answer = BrotliDecoderDecompressStream(state_.get(), &unread, &in, &left, &out, nullptr);
  coded.remove_prefix(coded.size() - unread);
  made = room.size() - left;
  return answer == BROTLI_DECODER_RESULT_ERROR ? fail() : outcome::good;
}

content_decoder::outcome brotli_decoder::fail() {
  const auto code = BrotliDecoderGetErrorCode(state_.get());
  problem_ = BrotliDecoderErrorString(code);
  const bool no_memory =
      code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES && code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES;
  return no_memory ? outcome::no_memory : outcome::broken;
}

bool brotli_decoder::complete() const { return !state_ || BrotliDecoderIsFinished(state_.get()) != BROTLI_FALSE; }

}  // namespace trawl
