// Coded bodies for tests, made by the libraries' own encoders.
#pragma once

#include <brotli/encode.h>
#include <doctest/doctest.h>
#include <zlib.h>
#include <zstd.h>

#include <string>
#include <string_view>

namespace trawl::test {

/// `window_bits` as deflateInit2() takes them.
inline std::string deflated(std::string_view plain, int window_bits) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 9, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, plain.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}
inline std::string gzip(std::string_view plain) { return deflated(plain, 15 + 16); }
inline std::string zlib(std::string_view plain) { return deflated(plain, 15); }
inline std::string bare_deflate(std::string_view plain) { return deflated(plain, -15); }

inline std::string brotli(std::string_view plain, int window_log = BROTLI_DEFAULT_WINDOW) {
  std::size_t size = BrotliEncoderMaxCompressedSize(plain.size()) + 64;
  std::string out(size, '\0');
  REQUIRE(BrotliEncoderCompress(5, window_log, BROTLI_MODE_GENERIC, plain.size(),
                                reinterpret_cast<const std::uint8_t*>(plain.data()), &size,
                                reinterpret_cast<std::uint8_t*>(out.data())) == BROTLI_TRUE);
  out.resize(size);
  return out;
}

/// As a server streams it: the head of the frame does not say how long it is. With a checksum.
inline std::string zstd(std::string_view plain, int window_log = 0) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  std::string out(ZSTD_compressBound(plain.size()) + 64, '\0');
  ZSTD_inBuffer in{plain.data(), plain.size(), 0};
  ZSTD_outBuffer to{out.data(), out.size(), 0};
  while (ZSTD_compressStream2(context, &to, &in, in.pos < in.size ? ZSTD_e_continue : ZSTD_e_end) != 0 ||
         in.pos < in.size) {
  }
  REQUIRE(ZSTD_compressStream2(context, &to, &in, ZSTD_e_end) == 0);
  out.resize(to.pos);
  ZSTD_freeCCtx(context);
  return out;
}

}  // namespace trawl::test
