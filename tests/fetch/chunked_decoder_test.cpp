// The chunked coding by itself: sizes, extensions, line ends, trailers. RFC 9112 7.1.
#include "fetch/chunked_decoder.hpp"

#include "fetch/parse_everywhere.hpp"

using namespace trawl;
using namespace trawl::test;
using namespace std::string_literals;

namespace {

parsed decode(std::string_view chunks, then close = then::nothing) {
  return parse_everywhere(head_with("Transfer-Encoding: chunked\r\n") + std::string(chunks), close);
}
bool decodes(std::string_view chunks, std::string_view to) {
  const auto r = decode(chunks);
  return r.end == parse_event::done && r.body == to;
}
bool refused(std::string_view chunks) { return decode(chunks).error == errc::http_response_transfer_coding; }

/// Only whole: these are too long to be cut everywhere.
errc error_of_whole(const std::string& chunks) {
  return parse_pieces({head_with("Transfer-Encoding: chunked\r\n") + chunks}, then::nothing, asked::get).error;
}

}  // namespace

TEST_CASE("chunked_decoder: sizes are hex in either case, leading zeros allowed") {
  CHECK(decodes("A\r\n0123456789\r\n0\r\n\r\n", "0123456789"));
  CHECK(decodes("a\r\n0123456789\r\n0\r\n\r\n", "0123456789"));
  CHECK(decodes("0000000000000002\r\nok\r\n000\r\n\r\n", "ok"));
  CHECK(decodes("0\r\n\r\n", ""));
}

TEST_CASE("chunked_decoder: LF alone ends a line, as browsers and curl have it") {
  CHECK(decodes("2\nok\n0\n\n", "ok"));
  CHECK(decodes("2\r\nok\n0\r\nA: b\n\n", "ok"));
}

TEST_CASE("chunked_decoder: a space or tab after the size, and extensions, are skipped") {
  CHECK(decodes("2 \r\nok\r\n0\t \r\n\r\n", "ok"));
  CHECK(decodes("2;a\r\nok\r\n0;b=c;d=\"e f\"\r\n\r\n", "ok"));
  CHECK(decodes("2 ; a = b\r\nok\r\n0\r\n\r\n", "ok"));
}

TEST_CASE("chunked_decoder: a size that is not a plain hex number is refused") {
  for (const auto* size : {"\r\n", ";a\r\n", " 2\r\n", "+2\r\n", "-2\r\n", "0x2\r\n", "0X2\r\n", "2 3\r\n", "2g\r\n",
                           "g\r\n", "2,2\r\n", "\"2\"\r\n", "2.0\r\n", "2\x0b\r\n"})
    CHECK(refused(size));
}

TEST_CASE("chunked_decoder: a size that overflows is refused, as soon as it does") {
  CHECK(decode("7fffffffffffffff\r\n").end == parse_event::need_more);
  CHECK(refused("8000000000000000\r\n"));
  CHECK(refused("ffffffffffffffff\r\n"));
  CHECK(refused("10000000000000000"));
  CHECK(refused("fffffffffffffffff"));
  CHECK(refused("00000000000000002"));
}

TEST_CASE("chunked_decoder: chunk data must be followed by a line end") {
  CHECK(refused("2\r\nokk\r\n0\r\n\r\n"));
  CHECK(refused("2\r\nok0\r\n\r\n"));
  CHECK(refused("2\r\nok\rx"));
  CHECK(refused("2\r\nok\r\r\n"));
  CHECK(decode("2\r\nok3").detail == "chunk not followed by a line end but by \"3\"");
}

TEST_CASE("chunked_decoder: NUL and bare CR are refused in size lines and trailers") {
  CHECK(refused("2\0\r\nok\r\n"s));
  CHECK(refused("2;a\0b\r\nok\r\n"s));
  CHECK(refused("2\rx\r\nok\r\n"));
  CHECK(refused("2;a\rb\r\nok\r\n"));
  CHECK(refused("0\r\nA: \0\r\n\r\n"s));
  CHECK(refused("0\r\nA: b\rc\r\n\r\n"));
  CHECK(refused("0\r\r\n"));
}

TEST_CASE("chunked_decoder: a chunk extension may have 4096 octets, not 4097") {
  const auto extended = [](std::size_t size) { return "0;" + std::string(size - 1, 'x') + "\r\n\r\n"; };
  CHECK(error_of_whole(extended(4095)) == errc::none);
  CHECK(error_of_whole(extended(4096)) == errc::none);
  CHECK(error_of_whole(extended(4097)) == errc::http_response_transfer_coding);
  CHECK(error_of_whole("0;" + std::string(4095, 'x') + "\r") == errc::none);
  // Not ended, and can end no more within the limit.
  CHECK(error_of_whole("0;" + std::string(4097, 'x')) == errc::http_response_transfer_coding);
  CHECK(decodes("2;" + std::string(300, 'x') + "\r\nok\r\n0\r\n\r\n", "ok"));
}

TEST_CASE("chunked_decoder: a body of little but extensions is refused, one of tiny chunks is not") {
  const auto body = [](int chunks, std::size_t extension) {
    std::string all;
    for (int i = 0; i < chunks; ++i) all += "1;" + std::string(extension - 1, 'x') + "\r\nd\r\n";
    return all + "0\r\n\r\n";
  };
  CHECK(error_of_whole(body(10000, 17)) == errc::none);
  CHECK(error_of_whole(body(4, 4096)) == errc::none);  // 4097 - 18 each: 16316.
  CHECK(error_of_whole(body(5, 4096)) == errc::http_response_transfer_coding);
  CHECK(error_of_whole(body(16384, 18)) == errc::none);
  CHECK(error_of_whole(body(16385, 18)) == errc::http_response_transfer_coding);
}

TEST_CASE("chunked_decoder: trailers are dropped and change nothing") {
  const auto r = decode(
      "2\r\nok\r\n0\r\nContent-Length: 9\r\nLocation: /x\r\nTransfer-Encoding: gzip\r\nConnection: "
      "close\r\nodd\r\n\r\n");
  CHECK(r.end == parse_event::done);
  CHECK(r.location.empty());
  CHECK(r.length == -1);
  CHECK(r.reusable);
}

TEST_CASE("chunked_decoder: trailers may have 256 lines and 65536 octets, not one more") {
  const auto lines = [](int count) {
    std::string all = "0\r\n";
    for (int i = 0; i < count; ++i) all += "a:b\r\n";
    return all + "\r\n";
  };
  CHECK(error_of_whole(lines(255)) == errc::none);
  CHECK(error_of_whole(lines(256)) == errc::none);
  CHECK(error_of_whole(lines(257)) == errc::http_response_header_section_size);
  const auto octets = [](std::size_t size) { return "0\r\na:" + std::string(size - 6, 'b') + "\r\n\r\n"; };
  CHECK(error_of_whole(octets(65535)) == errc::none);
  CHECK(error_of_whole(octets(65536)) == errc::none);
  CHECK(error_of_whole(octets(65537)) == errc::http_response_header_section_size);
}

TEST_CASE("chunked_decoder: data larger than a block comes out in pieces of the blocks") {
  const std::string data(100000, 'd');
  const std::string octets = head_with("Transfer-Encoding: chunked\r\n") + "186a0\r\n" + data + "\r\n0\r\n\r\n";
  std::vector<std::string_view> blocks;
  for (std::size_t at = 0; at < octets.size(); at += 4096) blocks.push_back(std::string_view(octets).substr(at, 4096));
  CHECK(parse_pieces(blocks, then::nothing, asked::get).body == data);
}
