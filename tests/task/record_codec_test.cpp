#include "task/record_codec.hpp"

#include <doctest/doctest.h>

#include "task/varint.hpp"

using namespace trawl;

namespace {

record round_trip(const record& in) {
  static arena bytes;
  record out;
  out.index = in.index;
  out.url = in.url;
  decode_record(encode_record(in, bytes), out);
  return out;
}

record plain() {
  record r;
  r.timestamp = 1795309013;
  r.attempts = 1;
  r.status_code = 200;
  r.http_version = 11;
  r.has_body = true;
  r.content_length = 1300;
  r.content_type = "text/html; charset=utf-8";
  r.remote_ip = "127.0.0.1";
  r.took.set(timing::queue, 1200);
  r.took.set(timing::ttfb, 340);
  r.took.set(timing::transfer, 0);
  r.took.set(timing::total, 390);
  return r;
}

}  // namespace

TEST_CASE("record_codec: a plain record comes back as it was") {
  const record in = plain();
  const record out = round_trip(in);
  CHECK(out.timestamp == in.timestamp);
  CHECK(out.ok());
  CHECK(out.attempts == 1);
  CHECK(out.status_code == 200);
  CHECK(out.http_version == 11);
  CHECK(out.has_body);
  CHECK(out.content_length == 1300);
  CHECK(out.content_type == in.content_type);
  CHECK(out.remote_ip == in.remote_ip);
  CHECK(out.took.get(timing::queue) == 1200);
  CHECK(out.took.get(timing::transfer) == 0);
  CHECK_FALSE(out.took.has(timing::dns));
  CHECK(out.tls_version.empty());
  CHECK(out.redirects.empty());
}

TEST_CASE("record_codec: a plain record takes less than 80 bytes") {
  arena bytes;
  const std::byte* const first = encode_record(plain(), bytes);
  const std::byte* const second = encode_record(plain(), bytes);
  CHECK(second - first < 80);
}

TEST_CASE("record_codec: everything a record can hold comes back") {
  record in = plain();
  in.code = errc::rate_limited;
  in.where = phase::queue;
  in.detail = "host on hold";
  in.retryable = true;
  in.retry_at = 1795309999;
  in.final_url = "https://b.test/x";
  in.redirects = {{301, "https://a.test/"}, {302, "https://b.test/"}};
  in.tls_version = "TLSv1.3";
  in.tls_cipher = "TLS_AES_256_GCM_SHA384";
  in.tls_not_after = 1800000000;
  in.tls_verify_note = "expired";
  const record out = round_trip(in);
  CHECK(out.code == errc::rate_limited);
  CHECK(out.where == phase::queue);
  CHECK(out.detail == in.detail);
  CHECK(out.retryable);
  CHECK(out.retry_at == in.retry_at);
  CHECK(out.final_url == in.final_url);
  REQUIRE(out.redirects.size() == 2);
  CHECK(out.redirects[1].status_code == 302);
  CHECK(out.redirects[1].url == "https://b.test/");
  CHECK(out.tls_version == in.tls_version);
  CHECK(out.tls_cipher == in.tls_cipher);
  CHECK(out.tls_not_after == in.tls_not_after);
  CHECK(out.tls_verify_note == in.tls_verify_note);
}

TEST_CASE("record_codec: decoding into a used record leaves nothing of the old one") {
  record in = plain();
  in.code = errc::dns_error;
  in.detail = "x";
  in.redirects = {{301, "u"}};
  arena bytes;
  record out;
  decode_record(encode_record(in, bytes), out);
  decode_record(encode_record(record{}, bytes), out);
  CHECK(out.ok());
  CHECK(out.detail.empty());
  CHECK(out.redirects.empty());
  CHECK(out.status_code == 0);
  CHECK_FALSE(out.has_body);
}

TEST_CASE("varint: every length of number comes back, and says its size") {
  for (unsigned bits = 0; bits <= 64; ++bits)
    for (std::uint64_t off : {std::uint64_t{0}, std::uint64_t{1}}) {
      const std::uint64_t value = (bits == 64 ? 0 : std::uint64_t{1} << bits) - off;
      std::byte room[varint_max_bytes];
      const std::byte* const end = put_varint(room, value);
      const std::byte* at = room;
      CHECK(get_varint(at) == value);
      CHECK(at == end);
      CHECK(static_cast<std::size_t>(end - room) == varint_size(value));
    }
}
