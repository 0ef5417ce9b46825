#include "api/http/gzip_reader.hpp"

#include <zlib.h>

#include <new>

namespace trawl {
namespace {

constexpr std::size_t block_octets = std::size_t{32} << 10;
constexpr int only_gzip = 15 + 16;  // The largest window; a gzip header is demanded.

}  // namespace

gzip_reader::gzip_reader()
    : stream_(std::make_unique<z_stream_s>()), block_(std::make_unique_for_overwrite<char[]>(block_octets)) {
  if (inflateInit2(stream_.get(), only_gzip) != Z_OK) throw std::bad_alloc();
}

gzip_reader::~gzip_reader() { inflateEnd(stream_.get()); }

bool gzip_reader::put(std::string_view piece, const std::function<bool(std::string_view)>& to) {
  stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));  // NOLINT: zlib only reads there.
  stream_->avail_in = static_cast<uInt>(piece.size());
  taken_ += piece.size();
  bool more = !broken_;
  // A full block may leave more behind in zlib although all input was taken.
  stream_->avail_out = 0;
  while (more && (stream_->avail_in > 0 || (stream_->avail_out == 0 && !between_members_))) more = inflate_some(to);
  return more;
}

// One block, at most to the end of a member.
bool gzip_reader::inflate_some(const std::function<bool(std::string_view)>& to) {
  if (between_members_) {
    inflateReset(stream_.get());
    between_members_ = false;
  }
  stream_->next_out = reinterpret_cast<Bytef*>(block_.get());
  stream_->avail_out = block_octets;
  const int said = inflate(stream_.get(), Z_NO_FLUSH);
  if (said == Z_STREAM_END) between_members_ = true;
  broken_ = said != Z_OK && said != Z_STREAM_END && said != Z_BUF_ERROR;
  const std::size_t size = block_octets - stream_->avail_out;
  given_ += size;
  if (broken_ || grew_too_much()) return false;
  return size == 0 || to({block_.get(), size});
}

}  // namespace trawl
