// What a head says: lenient where browsers and curl are, strict where leniency is dangerous. RFC 9110, 9112 2-6, 9.3.
#include "fetch/response_head.hpp"

#include "fetch/parse_everywhere.hpp"

using namespace trawl;
using namespace trawl::test;
using namespace std::string_literals;

namespace {

parsed with(std::string_view lines, then close = then::nothing) { return parse_everywhere(head_with(lines), close); }
errc error_with(std::string_view lines) { return with(lines).error; }
parsed status_line(std::string_view line) {
  return parse_everywhere(std::string(line) + "\r\nContent-Length: 0\r\n\r\n");
}
/// Only whole and in blocks: too long to be cut everywhere.
errc error_of_long(const std::string& octets, std::size_t block = 4096) {
  std::vector<std::string_view> blocks;
  for (std::size_t at = 0; at < octets.size(); at += block)
    blocks.push_back(std::string_view(octets).substr(at, block));
  const errc error = parse_pieces(blocks, then::nothing, asked::get).error;
  CHECK(parse_pieces({octets}, then::nothing, asked::get).error == error);
  return error;
}
bool keeps(std::string_view lines) { return parse_everywhere(lines).reusable; }

}  // namespace

TEST_CASE("response_head: any reason phrase is taken, and none") {
  for (const auto* line :
       {"HTTP/1.1 200 OK", "HTTP/1.1 200 ", "HTTP/1.1 200", "HTTP/1.1 200OK", "HTTP/1.1  200  very fine",
        "HTTP/1.1\t200\tOK", "HTTP/1.1 200 \xc3\xa9t\xc3\xa9 \xff", "http/1.1 200 ok", "HTTP/1.1 200 a:b"}) {
    const auto r = status_line(line);
    CHECK(r.end == parse_event::done);
    CHECK(r.status == 200);
    CHECK(r.minor == 1);
  }
}

TEST_CASE("response_head: other versions are read as the nearest HTTP/1") {
  for (const auto* line : {"HTTP/2 200", "HTTP/2.0 200 OK", "HTTP/3 200", "HTTP/1.2 200 OK", "HTTP/1.9 200 OK"})
    CHECK(status_line(line).minor == 1);
  for (const auto* line : {"HTTP/1.0 200 OK", "HTTP/1 200 OK", "ICY 200 OK", "icy 200"}) {
    CHECK(status_line(line).minor == 0);
    CHECK_FALSE(status_line(line).reusable);
  }
}

TEST_CASE("response_head: a status line without a version or a three-digit status is refused") {
  for (const auto* line : {"HTTP/1.1 20",
                           "HTTP/1.1 2",
                           "HTTP/1.1 ",
                           "HTTP/1.1",
                           "HTTP/1.1 2000 OK",
                           "HTTP/1.1 20x OK",
                           "HTTP/1.1 099 Low",
                           "HTTP/1.1 000 Zero",
                           "HTTP/1.1 -20 No",
                           "HTTP/1.1 +20 No",
                           "HTTP/1.1 OK 200",
                           "HTTP/1.1200 OK",
                           "HTTP/1.",
                           "HTTP/1.x 200",
                           "HTTP/.1 200",
                           "HTTP/",
                           "HTTP/ 200",
                           "HTTP/0.9 200 OK",
                           "HTTP/x 200",
                           "HTTP/11.1 200",
                           "HTTP/1.10 200",
                           "ICY",
                           "ICY x",
                           "ICY 2"})
    CHECK(status_line(line).error == errc::http_protocol_error);
  CHECK(status_line("HTTP/1.1 20x OK").detail == "malformed status line \"HTTP/1.1 20x OK\"");
}

TEST_CASE("response_head: LF alone ends lines, mixed with CRLF too") {
  const auto r = parse_everywhere("HTTP/1.1 200 OK\nContent-Length: 2\r\nContent-Type: a/b\n\nok");
  CHECK(r.body == "ok");
  CHECK(r.content_type == "a/b");
}

TEST_CASE("response_head: names have no case and values lose the white space around them") {
  const auto r = with("CONTENT-LENGTH:0\r\ncOnTeNt-TyPe: \t a/b \t\r\nlocation:/x\r\nRETRY-AFTER:\t7\r\n");
  CHECK(r.length == 0);
  CHECK(r.content_type == "a/b");
  CHECK(r.location == "/x");
  CHECK(r.retry_after == "7");
}

TEST_CASE("response_head: a folded line continues its field with one space") {
  CHECK(with("Location: /a\r\n  b\r\n\t c\r\nContent-Length: 0\r\n").location == "/a b c");
  CHECK(with("Location:\r\n /a\r\nContent-Length: 0\r\n").location == "/a");
  CHECK(with("Content-Length:\r\n 0\r\n").length == 0);
  CHECK(with("Transfer-Encoding:\r\n chunked\r\n").framing == body_framing::chunked);
  CHECK(with("Content-Length: 0\r\nLocation: /a\r\n \r\n").location == "/a");
  CHECK(with("X-Other: 1\r\n Location: /not\r\nContent-Length: 0\r\n").location.empty());
  CHECK(error_with("Content-Length: 1\r\n 2\r\n") == errc::http_protocol_error);
}

TEST_CASE("response_head: white space before the first field is skipped unless it hides a length") {
  CHECK(with(" Location: /x\r\n more\r\nContent-Length: 0\r\n").location.empty());
  CHECK(with(" \r\nContent-Length: 0\r\n").end == parse_event::done);
  CHECK(error_with(" Content-Length: 5\r\n") == errc::http_protocol_error);
  CHECK(error_with("\tTransfer-Encoding : chunked\r\n") == errc::http_protocol_error);
}

TEST_CASE("response_head: lines that are no field are ignored") {
  CHECK(with("no colon here\r\n: no name\r\nContent-Length: 0\r\n<html>\r\n").end == parse_event::done);
  CHECK(with("Content-Length\r\nContent-Length: 0\r\n").length == 0);
}

TEST_CASE("response_head: a space before the colon is ignored, but not before that of a length or coding") {
  CHECK(with("Location : /x\r\nContent-Length: 0\r\n").location == "/x");
  CHECK_FALSE(with("Connection\t: close\r\nContent-Length: 0\r\n").keep_alive);
  for (const auto* line : {"Content-Length : 5\r\n", "Content-Length\t: 5\r\n", "Transfer-Encoding : chunked\r\n",
                           "transfer-encoding \t: chunked\r\n", "Transfer-Encoding\x0b: chunked\r\n",
                           "\x0c"
                           "Content-Length: 5\r\n"})
    CHECK(error_with(line) == errc::http_protocol_error);
}

TEST_CASE("response_head: NUL and bare CR are refused wherever they stand") {
  for (const auto& octets : {"HTTP/1.1 200 O\0K\r\n\r\n"s, "HTTP/1.1 200 OK\rX: y\r\n\r\n"s, head_with("A: b\0c\r\n"s),
                             head_with("A\0: b\r\n"s), head_with("A: b\rc\r\n"), head_with("A: b\r\r\n"),
                             head_with("A: b\r\n\r\r\n"), head_with("\rA: b\r\n"), head_with("Content\rLength: 5\r\n")})
    CHECK(parse_everywhere(octets).error == errc::http_protocol_error);
}

TEST_CASE("response_head: other control characters and foreign bytes in values are kept") {
  CHECK(with("Content-Type: a\x01\x7f\xe9/b\r\nContent-Length: 0\r\n").content_type == "a\x01\x7f\xe9/b");
}

TEST_CASE("response_head: equal lengths are one length") {
  for (const auto* lines : {"Content-Length: 0\r\nContent-Length: 0\r\n", "Content-Length: 0, 0\r\n",
                            "Content-Length: 0,0 ,\t0\r\n", "Content-Length: 00\r\nContent-Length: 0\r\n"})
    CHECK(with(lines).end == parse_event::done);
}

TEST_CASE("response_head: conflicting or malformed lengths are refused, beside chunked and without a body too") {
  for (const auto* value :
       {"5, 6", "5,", ",5", "", " ", "-1", "+5", "5 5", "0x5", "5.0", "five", "5;q=1", "\"5\"", "5\x0b", "1e3"}) {
    const auto line = "Content-Length: "s + value + "\r\n";
    CHECK(error_with(line) == errc::http_protocol_error);
    CHECK(error_with("Transfer-Encoding: chunked\r\n" + line) == errc::http_protocol_error);
    CHECK(parse_everywhere(head_with(line), then::nothing, asked::head).error == errc::http_protocol_error);
  }
  CHECK(error_with("Content-Length: 5\r\nContent-Length: 6\r\n") == errc::http_protocol_error);
  CHECK(with("Content-Length: 5\r\nContent-Length: 6\r\n").detail == "conflicting Content-Length: 5 and \"6\"");
}

TEST_CASE("response_head: a length may be 2^63-1, not 2^63") {
  CHECK(with("Content-Length: 9223372036854775806\r\n").length == 9223372036854775806);
  CHECK(with("Content-Length: 9223372036854775807\r\n").length == 9223372036854775807);
  CHECK(error_with("Content-Length: 9223372036854775808\r\n") == errc::http_protocol_error);
  CHECK(error_with("Content-Length: 18446744073709551616\r\n") == errc::http_protocol_error);
  CHECK(error_with("Content-Length: 18446744073709551621\r\n") == errc::http_protocol_error);
  CHECK(with("Content-Length: 00000000000000000000000000\r\n").length == 0);
}

TEST_CASE("response_head: chunked is recognized in any case, among empty members, after identity") {
  for (const auto* value : {"chunked", "Chunked", "CHUNKED", "chunked,", ", chunked", "identity, chunked"})
    CHECK(with("Transfer-Encoding: "s + value + "\r\n").framing == body_framing::chunked);
  CHECK(with("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n").framing == body_framing::chunked);
}

TEST_CASE("response_head: identity alone is no coding, but nothing to keep a connection for") {
  const auto r = with("Transfer-Encoding: identity\r\nContent-Length: 0\r\n");
  CHECK(r.end == parse_event::done);
  CHECK_FALSE(r.reusable);
}

TEST_CASE("response_head: unknown codings, and chunked that is twice or not last, are refused") {
  for (const auto* value : {"gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked", "chunked, identity",
                            "xchunked", "chunkedx", "chunked;q=1", "\"chunked\"", "chun ked", "", ",",
                            "\x0b"
                            "chunked",
                            "chunked\x0b", "compress", "br"})
    CHECK(error_with("Transfer-Encoding: "s + value + "\r\n") == errc::http_response_transfer_coding);
  CHECK(error_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") ==
        errc::http_response_transfer_coding);
  CHECK(error_with("Transfer-Encoding: gzip\r\nContent-Length: 5\r\n") == errc::http_response_transfer_coding);
  CHECK(with("Transfer-Encoding: gzip, chunked\r\n").detail == "unknown transfer coding \"gzip\"");
}

TEST_CASE("response_head: without a body a transfer coding says nothing") {
  CHECK(parse_everywhere(head_with("Transfer-Encoding: gzip, chunked\r\n"), then::nothing, asked::head).end ==
        parse_event::done);
  CHECK(parse_everywhere("HTTP/1.1 304 x\r\nTransfer-Encoding: gzip\r\n\r\n").end == parse_event::done);
}

TEST_CASE("response_head: HTTP/1.1 persists unless it says close") {
  CHECK(keeps(head_with("Content-Length: 0\r\n")));
  CHECK(keeps(head_with("Content-Length: 0\r\nConnection: keep-alive\r\n")));
  CHECK(keeps(head_with("Content-Length: 0\r\nConnection: upgrade, closed, \"close\"\r\n")));
  for (const auto* line :
       {"close", "Close", "keep-alive, close", "close, keep-alive", "x,, close ,y", "bad value,close"})
    CHECK_FALSE(keeps(head_with("Content-Length: 0\r\nConnection: "s + line + "\r\n")));
  CHECK_FALSE(keeps(head_with("Connection: a\r\nConnection: close\r\nContent-Length: 0\r\n")));
}

TEST_CASE("response_head: HTTP/1.0 persists only if it says keep-alive") {
  CHECK_FALSE(keeps("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"));
  CHECK(keeps("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n"));
  CHECK_FALSE(keeps("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive, close\r\n\r\n"));
  CHECK_FALSE(keeps("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nKeep-Alive: timeout=5\r\n\r\n"));
}

TEST_CASE("response_head: a connection that NTLM or Negotiate would bind to a user is not kept") {
  const auto refused = "HTTP/1.1 401 x\r\nContent-Length: 0\r\n"s;
  for (const auto* value : {"NTLM", "Negotiate", "negotiate YII=", "Basic realm=\"a\", NTLM"}) {
    CHECK_FALSE(keeps(refused + "WWW-Authenticate: " + value + "\r\n\r\n"));
    CHECK_FALSE(keeps("HTTP/1.1 407 x\r\nContent-Length: 0\r\nProxy-Authenticate: "s + value + "\r\n\r\n"));
  }
  CHECK(keeps(refused + "WWW-Authenticate: Basic realm=\"ntlm\"\r\n\r\n"));
  CHECK(keeps(refused + "WWW-Authenticate: NTLMish\r\n\r\n"));
}

TEST_CASE("response_head: of repeated fields the last type, the first location, the first date and all codings count") {
  const auto r = with(
      "Content-Type: a/a\r\nContent-Type: b/b\r\nContent-Type:\r\nLocation:\r\nLocation: /a\r\nLocation: /a\r\n"
      "Retry-After: 1\r\nRetry-After: 2\r\nContent-Encoding: gzip\r\nX: y\r\nContent-Encoding: br\r\n"
      "Proxy-Authenticate: Basic\r\nProxy-Authenticate: Digest\r\nContent-Length: 0\r\n");
  CHECK(r.content_type == "b/b");
  CHECK(r.location == "/a");
  CHECK_FALSE(r.location_conflicts);
  CHECK(r.retry_after == "1");
  CHECK(r.content_encoding == "gzip, br");
  CHECK(r.proxy_authenticate == "Basic, Digest");
}

TEST_CASE("response_head: two different locations are told") {
  const auto r = with("Location: /a\r\nLocation: /b\r\nContent-Length: 0\r\n");
  CHECK(r.location == "/a");
  CHECK(r.location_conflicts);
}

TEST_CASE("response_head: a head may have 65536 octets, not one more, however it is cut") {
  const auto head_of = [](std::size_t size) {
    const std::string front = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA: ";
    return front + std::string(size - front.size() - 4, 'x') + "\r\n\r\n";
  };
  for (const std::size_t block : {1u, 100u, 4096u, 65535u}) {
    CHECK(error_of_long(head_of(65535), block) == errc::none);
    CHECK(error_of_long(head_of(65536), block) == errc::none);
    CHECK(error_of_long(head_of(65537), block) == errc::http_response_header_section_size);
  }
}

TEST_CASE("response_head: a line that never ends fails before 64 KiB of it are kept") {
  const auto endless = [](std::size_t size) { return "HTTP/1.1 200 " + std::string(size - 13, 'x'); };
  CHECK(error_of_long(endless(65535)) == errc::none);
  CHECK(error_of_long(endless(65536)) == errc::http_response_header_section_size);
  CHECK(error_of_long(endless(65537)) == errc::http_response_header_section_size);
}

TEST_CASE("response_head: 256 fields are taken, not 257; each interim response has its own count") {
  const auto lines = [](int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all += i % 2 == 0 ? "a: b\r\n" : "odd\r\n";
    return all;
  };
  CHECK(error_of_long(head_with(lines(255))) == errc::none);
  CHECK(error_of_long(head_with(lines(256))) == errc::none);
  CHECK(error_of_long(head_with(lines(257))) == errc::http_response_header_section_size);
  CHECK(error_of_long("HTTP/1.1 100 x\r\n" + lines(256) + "\r\n" + head_with(lines(256))) == errc::none);
}

TEST_CASE("response_head: the detail of a limit names it") {
  const auto r = parse_pieces({head_with(std::string(70000, 'a') + "\r\n")}, then::nothing, asked::get);
  CHECK(r.detail == "header section over the limit of 65536 octets");
}
