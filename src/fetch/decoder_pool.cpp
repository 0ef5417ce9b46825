#include "fetch/decoder_pool.hpp"

#include "fetch/brotli_decoder.hpp"
#include "fetch/zlib_decoder.hpp"
#include "fetch/zstd_decoder.hpp"

namespace trawl {
namespace {

constexpr std::size_t keep_idle = 4;

std::unique_ptr<content_decoder> make_decoder(content_coding which) {
  switch (which) {
    case content_coding::gzip:
    case content_coding::deflate:
      return std::make_unique<zlib_decoder>(which);
    case content_coding::br:
      return std::make_unique<brotli_decoder>();
    case content_coding::zstd:
      break;
  }
  return std::make_unique<zstd_decoder>();
}

}  // namespace

std::unique_ptr<content_decoder> decoder_pool::take(content_coding which) {
  if (which != content_coding::zstd || idle_zstd_.empty()) return make_decoder(which);
  auto taken = std::move(idle_zstd_.back());
  idle_zstd_.pop_back();
  return taken;
}

void decoder_pool::give_back(content_coding which, std::unique_ptr<content_decoder> spent) {
  if (which != content_coding::zstd || idle_zstd_.size() >= keep_idle) return;
  if (static_cast<zstd_decoder&>(*spent).reset()) idle_zstd_.push_back(std::move(spent));
}

std::span<char> decoder_pool::room(std::size_t layer) {
  auto& room = rooms_[layer];
  if (!room) room = std::make_unique_for_overwrite<char[]>(room_bytes);
  return {room.get(), room_bytes};
}

}  // namespace trawl
