#include "api/http/gzip_writer.hpp"

#include <zlib.h>

#include <new>

namespace trawl {
namespace {

constexpr int window_bits = 13 + 16;  // 8 KiB, with a gzip header.
constexpr int memory_level = 7;
constexpr std::size_t step = 16384;

int flush_of(gzip_writer::then what) {
  if (what == gzip_writer::then::end) return Z_FINISH;
  return what == gzip_writer::then::flush ? Z_SYNC_FLUSH : Z_NO_FLUSH;
}

}  // namespace

gzip_writer::gzip_writer() : stream_(std::make_unique<z_stream_s>()) {
  if (deflateInit2(stream_.get(), Z_BEST_SPEED, Z_DEFLATED, window_bits, memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
}

gzip_writer::~gzip_writer() { deflateEnd(stream_.get()); }

std::string gzip_writer::put(std::string_view plain, then what) {
  std::string coded;
  stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));  // NOLINT: zlib only reads there.
  stream_->avail_in = static_cast<uInt>(plain.size());
  do {
    const std::size_t used = coded.size();
    coded.resize(used + step);
    stream_->next_out = reinterpret_cast<Bytef*>(coded.data() + used);
    stream_->avail_out = step;
    deflate(stream_.get(), flush_of(what));
    coded.resize(coded.size() - stream_->avail_out);
  } while (stream_->avail_out == 0);
  return coded;
}

}  // namespace trawl
