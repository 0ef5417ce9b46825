// Content codings taken off, at every place where a network may cut. RFC 9110 8.4, 1950 to 1952, 7932, 8878, 9659.
#include "fetch/body_decoder.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "fetch/encode.hpp"

using namespace trawl;
using namespace trawl::test;
using namespace std::string_literals;

namespace {

constexpr std::size_t plenty = std::size_t{1} << 30;

struct decoded {
  std::string body;
  errc error = errc::none;
  std::string detail;
  std::size_t most_memory = 0;
};

decoded decode_pieces(decoder_pool& pool, std::string_view coding, const std::vector<std::string_view>& pieces,
                      bool keep = true) {
  decoded result;
  body_decoder decoder(pool);
  bool good = decoder.start(coding);
  for (std::string_view piece : pieces) {
    for (parse_event event = parse_event::body; good && event == parse_event::body;) {
      event = decoder.next(piece);
      good = event != parse_event::failed;
      CHECK(decoder.piece().empty() == (event != parse_event::body));
      if (event == parse_event::body && keep) result.body += decoder.piece();
      if (event == parse_event::need_more) CHECK(piece.empty());
    }
    result.most_memory = std::max(result.most_memory, pool.used());
  }
  if (good) good = decoder.at_end();
  if (!good) {
    result.error = decoder.why().code;
    result.detail = decoder.why().detail;
  }
  decoder.stop();
  CHECK(pool.used() == 0);
  return result;
}

decoded decode_whole(std::string_view coding, const std::string& coded, bool keep = true) {
  decoder_pool pool(plenty);
  return decode_pieces(pool, coding, {coded}, keep);
}

/// Whole, cut in two at every place, and octet by octet; all with the same decoders, so that nothing may stay in them.
decoded decode(std::string_view coding, const std::string& coded) {
  decoder_pool pool(plenty);
  const decoded whole = decode_pieces(pool, coding, {coded});
  const auto check_same = [&](const decoded& other) {
    if (whole.error == errc::none) CHECK(other.body == whole.body);
    CHECK(other.error == whole.error);
    CHECK(other.detail == whole.detail);
  };
  std::vector<std::string_view> singles;
  for (std::size_t at = 0; at < coded.size(); ++at) {
    CAPTURE(at);
    singles.push_back(std::string_view(coded).substr(at, 1));
    check_same(
        decode_pieces(pool, coding, {std::string_view(coded).substr(0, at), std::string_view(coded).substr(at)}));
  }
  check_same(decode_pieces(pool, coding, singles));
  return whole;
}

bool decodes(std::string_view coding, const std::string& coded, std::string_view to) {
  const decoded result = decode(coding, coded);
  CAPTURE(result.detail);
  CHECK(result.body == to);
  return result.error == errc::none && result.body == to;
}
errc error_of(std::string_view coding, const std::string& coded) { return decode(coding, coded).error; }

errc error_of_start(std::string_view coding) {
  decoder_pool pool(plenty);
  body_decoder decoder(pool);
  return decoder.start(coding) ? errc::none : decoder.why().code;
}

/// Does not shrink much.
std::string noise(std::size_t size) {
  std::string octets;
  std::uint32_t state = 12345;
  while (octets.size() < size) octets += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return octets;
}

struct coding_sample {
  std::string_view name;
  std::string (*encode)(std::string_view);
};
const coding_sample all_codings[] = {{"gzip", gzip},
                                     {"x-gzip", gzip},
                                     {"deflate", zlib},
                                     {"deflate", bare_deflate},
                                     {"br", [](std::string_view plain) { return brotli(plain); }},
                                     {"zstd", [](std::string_view plain) { return zstd(plain); }}};
const std::string text = "the quick brown fox jumps over the lazy dog, and the lazy dog does not mind the fox";

}  // namespace

TEST_CASE("body_decoder: every coding comes off, wherever the network cuts it") {
  for (const auto& [name, encode] : all_codings) {
    CAPTURE(name);
    CHECK(decodes(name, encode(text), text));
    CHECK(decodes(name, encode(""), ""));
    CHECK(decodes(name, encode("x"), "x"));
  }
}

TEST_CASE("body_decoder: a body much larger than the room comes out whole") {
  const std::string large = noise(300'000) + std::string(300'000, 'a') + noise(100'000);
  for (const auto& [name, encode] : all_codings) {
    CAPTURE(name);
    const std::string coded = encode(large);
    CHECK(decode_whole(name, coded).body == large);
    decoder_pool pool(plenty);
    std::vector<std::string_view> blocks;
    for (std::size_t at = 0; at < coded.size(); at += 4096) blocks.push_back(std::string_view(coded).substr(at, 4096));
    const decoded cut = decode_pieces(pool, name, blocks);
    CHECK(cut.error == errc::none);
    CHECK(cut.body == large);
  }
}

TEST_CASE("body_decoder: a stream that fills the room to the last octet is complete") {
  for (const auto& [name, encode] : all_codings)
    for (const std::size_t size : {decoder_pool::room_bytes - 1, decoder_pool::room_bytes, decoder_pool::room_bytes + 1,
                                   2 * decoder_pool::room_bytes}) {
      CAPTURE(name);
      CAPTURE(size);
      const decoded result = decode_whole(name, encode(std::string(size, 'f')));
      CHECK(result.error == errc::none);
      CHECK(result.body.size() == size);
    }
}

TEST_CASE("body_decoder: names have no case, and identity, none and empty members are no coding") {
  CHECK(decodes("GZip", gzip(text), text));
  CHECK(decodes("identity, gzip,, none", gzip(text), text));
  decoder_pool pool(plenty);
  body_decoder decoder(pool);
  for (const auto* nothing : {"identity", "Identity", "none", "", ",", "identity, identity"}) {
    CHECK(decoder.start(nothing));
    CHECK_FALSE(decoder.is_decoding());
  }
}

TEST_CASE("body_decoder: an unknown coding is refused by name, among known ones too") {
  for (const auto* name : {"compress", "x-compress", "lzma", "gzip;q=1", "\"gzip\"", "gzip br", "utf-8", "gzip, foo",
                           "foo, gzip", "identity, foo", "chunked"})
    CHECK(error_of_start(name) == errc::http_response_content_coding);
  CHECK(decode_whole("gzip, f\x01o", "").detail == "unknown content coding: \"f\\x01o\"");
}

TEST_CASE("body_decoder: several codings are undone in reverse, up to five, identity not counted") {
  CHECK(decodes("deflate, gzip", gzip(zlib(text)), text));
  CHECK(decodes("zstd, br", brotli(zstd(text)), text));
  CHECK(decodes("gzip, gzip", gzip(gzip(text)), text));
  std::string five = zstd(brotli(gzip(bare_deflate(zlib(text)))));
  CHECK(decodes("deflate, deflate, identity, gzip, br, zstd", five, text));
  CHECK(error_of("gzip, deflate", gzip(zlib(text))) == errc::http_response_content_coding);
  const decoded six = decode_whole("gzip, gzip, gzip, gzip, gzip, gzip", "");
  CHECK(six.error == errc::http_response_content_coding);
  CHECK(six.detail == "more than 5 content codings: \"gzip, gzip, gzip, gzip, gzip, gzip\"");
}

TEST_CASE("body_decoder: an empty body is of every coding") {
  for (const auto* name : {"gzip", "deflate", "br", "zstd", "gzip, br"}) CHECK(decodes(name, "", ""));
  CHECK(decodes("gzip, br", brotli(""), ""));
}

TEST_CASE("body_decoder: a stream cut short anywhere is broken") {
  for (const auto& [name, encode] : all_codings) {
    const std::string coded = encode(text);
    for (std::size_t size = 1; size < coded.size(); ++size) {
      CAPTURE(name);
      CAPTURE(size);
      CHECK(decode_whole(name, coded.substr(0, size)).error == errc::http_response_content_coding);
    }
  }
  CHECK(decode_whole("gzip", gzip(text).substr(0, 30)).detail == "gzip: the body ends inside the stream");
  CHECK(error_of("gzip, br", brotli(gzip(text).substr(0, 30))) == errc::http_response_content_coding);
}

TEST_CASE("body_decoder: what is not of the coding is refused, and the detail names the coding") {
  for (const auto& [name, encode] : all_codings) CHECK(error_of(name, "\xff\xff plain text \xff\xff"s) != errc::none);
  CHECK(decode("gzip", "plain text").detail == "gzip: incorrect header check");
  CHECK(decode("zstd", "plain text").detail == "zstd: does not begin with a frame");
  CHECK(decode("br", "\xff\xff\xff").detail.starts_with("br: "));
  CHECK(decode("deflate", "\x07zzz").detail == "deflate: invalid block type");
  CHECK(decode("gzip, br", gzip(text)).detail.starts_with("br: "));
  CHECK(decode("deflate, gzip", gzip("\x07zzz")).detail == "deflate: invalid block type");
}

TEST_CASE("body_decoder: a wrong checksum or length of gzip, zlib and zstd is broken") {
  for (const auto& [name, encode] : {all_codings[0], all_codings[2], all_codings[5]}) {
    CAPTURE(name);
    std::string coded = encode(text);
    coded.back() = static_cast<char>(coded.back() ^ 1);
    CHECK(error_of(name, coded) == errc::http_response_content_coding);
  }
  std::string crc = gzip(text);
  crc[crc.size() - 8] = static_cast<char>(crc[crc.size() - 8] ^ 1);
  CHECK(decode("gzip", crc).detail == "gzip: incorrect data check");
}

TEST_CASE("body_decoder: a gzip header may have a name, a comment, extra octets and a checksum") {
  const std::string plain = gzip(text);
  const std::string rest = plain.substr(10);
  CHECK(decodes("gzip", "\x1f\x8b\x08\x08\0\0\0\0\0\x03name\0"s + rest, text));
  CHECK(decodes("gzip", "\x1f\x8b\x08\x1c\0\0\0\0\0\x03\x02\0xxname\0comment\0"s + rest, text));
  CHECK(error_of("gzip", "\x1f\x8b\x08\xe0\0\0\0\0\0\x03"s + rest) == errc::http_response_content_coding);
  CHECK(error_of("gzip", "\x1f\x8b\x07"s + plain.substr(3)) == errc::http_response_content_coding);
}

TEST_CASE("body_decoder: gzip members follow each other") {
  CHECK(decodes("gzip", gzip("one ") + gzip("") + gzip("two ") + gzip("three"), "one two three"));
  CHECK(error_of("gzip", gzip("one ") + gzip("two").substr(0, 12)) == errc::http_response_content_coding);
  CHECK(error_of("gzip", gzip("one ") + "\x1f\x8b\x08\0junk that is no member"s) == errc::http_response_content_coding);
}

TEST_CASE("body_decoder: what follows a whole stream and is none is ignored") {
  for (const auto* after : {"garbage", "\x1f", "\x1f\x1f\x8b", "\n", "x"})
    for (const auto& [name, encode] : all_codings) {
      CAPTURE(name);
      CAPTURE(after);
      CHECK(decodes(name, encode(text) + after, text));
    }
  CHECK(decodes("gzip", gzip(text) + std::string(512, '\0'), text));
  CHECK(decodes("gzip", gzip(text) + "\n" + gzip("not seen"), text));
}

TEST_CASE("body_decoder: zstd frames follow each other, those to be skipped too") {
  const std::string skipped = "\x53\x2a\x4d\x18\x04\0\0\0skip"s;
  CHECK(decodes("zstd", zstd("one ") + zstd("two"), "one two"));
  CHECK(decodes("zstd", skipped + zstd("one ") + skipped + zstd("two") + skipped, "one two"));
  CHECK(error_of("zstd", zstd("one ") + zstd("two").substr(0, 7)) == errc::http_response_content_coding);
}

TEST_CASE("body_decoder: a zstd frame that ends with an empty block is as long as it says, or broken") {
  const std::string one_octet = "\x28\xb5\x2f\xfd\x20"s, block = "\x08\0\0x"s, empty_last = "\x01\0\0"s;
  CHECK(decodes("zstd", one_octet + "\1"s + block + empty_last, "x"));
  CHECK(error_of("zstd", one_octet + "\2"s + block + empty_last) == errc::http_response_content_coding);
  CHECK(error_of("zstd", one_octet + "\1"s + empty_last) == errc::http_response_content_coding);
}

TEST_CASE("body_decoder: zstd windows are taken up to 8 MiB, and no format from before RFC 8878") {
  const std::string plain = noise(100);
  CHECK(decode_whole("zstd", zstd(plain, 23)).body == plain);
  const decoded larger = decode_whole("zstd", zstd(plain, 24));
  CHECK(larger.error == errc::http_response_content_coding);
  CHECK(larger.detail == "zstd: Frame requires too much memory for decoding");
  for (const char first : {'\x1e', '\x22', '\x23', '\x24', '\x25', '\x26', '\x27'})
    CHECK(decode("zstd", first + "\xb5\x2f\xfd and more"s).detail == "zstd: does not begin with a frame");
}

TEST_CASE("body_decoder: a window of br up to 16 MiB is taken, and memory grows only with the body") {
  const decoded small = decode_whole("br", brotli(text, 24));
  CHECK(small.body == text);
  CHECK(small.most_memory < 200'000);
  const std::string large = noise(17 << 20);
  const decoded result = decode_whole("br", brotli(large, 24), false);
  CHECK(result.error == errc::none);
  CHECK(result.most_memory > 16 << 20);
  CHECK(result.most_memory < decoder_pool::body_memory_limit);
}

TEST_CASE("body_decoder: a body may grow to 100 times its size and 1 MiB, not more") {
  const auto grown = [](std::size_t size) { return decode_whole("gzip", gzip(std::string(size, '\0')), false).error; };
  CHECK(grown(body_decoder::free_growth) == errc::none);
  CHECK(grown(2 * body_decoder::free_growth) == errc::http_response_body_size);
  CHECK(decode_whole("br", brotli(std::string(4 << 20, 'x'))).detail ==
        "br: decodes to more than 100 times its size and 1 MiB");
  const std::string hollow = gzip(std::string(2'000'000, '\0') + noise(100'000));  // However much comes with it.
  CHECK(decode_whole("gzip", hollow).error == errc::http_response_body_size);
  const std::string page = noise(100'000) + std::string(9'000'000, ' ');
  CHECK(decode_whole("gzip", gzip(page), false).error == errc::none);
}

TEST_CASE("body_decoder: growth is counted after every coding, however little comes out at the end") {
  const std::string nothing_much = gzip("x") + std::string(64 << 20, '\0');
  CHECK(decode_whole("gzip", nothing_much).body == "x");
  const decoded result = decode_whole("gzip, zstd", zstd(nothing_much));
  CHECK(result.error == errc::http_response_body_size);
  CHECK(result.detail == "zstd: decodes to more than 100 times its size and 1 MiB");
}

TEST_CASE("body_decoder: one body may not use over 24 MiB of memory") {
  const std::string inner = brotli(noise(17 << 20), 24);
  const decoded result = decode_whole("br, br", brotli(inner, 24), false);
  CHECK(result.error == errc::http_response_content_coding);
  CHECK(result.detail == "br: needs over 24 MiB of memory to decode");
}

TEST_CASE("body_decoder: when all bodies together use too much, the next one fails for want of memory") {
  decoder_pool pool(decoder_pool::body_memory_limit);
  const std::string coded = gzip(text);
  std::vector<std::unique_ptr<body_decoder>> others;
  const std::string_view half = std::string_view(coded).substr(0, 40);
  for (;;) {
    others.push_back(std::make_unique<body_decoder>(pool));
    REQUIRE(others.back()->start("gzip"));
    std::string_view input = half;
    parse_event event = parse_event::body;
    while (event == parse_event::body) event = others.back()->next(input);
    if (event == parse_event::failed) break;
  }
  CHECK(others.back()->why().code == errc::out_of_resources);
  CHECK(others.size() > 500);
  others.clear();
  CHECK(decode_pieces(pool, "gzip", {coded}).body == text);
}

TEST_CASE("body_decoder: it can be used again after any end, and stopped at any time") {
  decoder_pool pool(plenty);
  body_decoder decoder(pool);
  for (const auto& [name, encode] : all_codings)
    for (const std::string& before : {std::string("\xff\xff\xff\xff"), encode(text).substr(0, 20), encode(text)}) {
      REQUIRE(decoder.start(name));
      std::string_view input = before;
      while (decoder.next(input) == parse_event::body) {
      }
      decoder.stop();
      decoder.stop();
      CHECK_FALSE(decoder.is_decoding());
      CHECK(decode_pieces(pool, name, {encode(text)}).body == text);
    }
}
