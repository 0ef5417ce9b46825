// The whole response: how a body ends, what may follow, what a close means. RFC 9112 6.3, 8, 9.3.
#include "fetch/response_parser.hpp"

#include "fetch/parse_everywhere.hpp"

using namespace trawl;
using namespace trawl::test;
using namespace std::string_literals;

namespace {

errc error_of(std::string_view octets, then close = then::close, asked method = asked::get) {
  return parse_everywhere(octets, close, method).error;
}

std::string interims(int count) {
  std::string octets;
  for (int i = 0; i < count; ++i) octets += "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n";
  return octets;
}

}  // namespace

TEST_CASE("response_parser: a body with a length ends at that length and the connection can be reused") {
  const auto r = parse_everywhere(head_with("Content-Length: 5\r\nContent-Type: text/plain\r\n") + "hello");
  CHECK(r.end == parse_event::done);
  CHECK(r.status == 200);
  CHECK(r.minor == 1);
  CHECK(r.length == 5);
  CHECK(r.content_type == "text/plain");
  CHECK(r.body == "hello");
  CHECK(r.reusable);
  CHECK(r.left_over.empty());
}

TEST_CASE("response_parser: octets after the end stay in the input") {
  CHECK(parse_everywhere(head_with("Content-Length: 2\r\n") + "okHTTP/1.1").left_over == "HTTP/1.1");
  CHECK(parse_everywhere(head_with("Content-Length: 0\r\n") + "x").left_over == "x");
  CHECK(parse_everywhere(head_with("Transfer-Encoding: chunked\r\n") + "0\r\n\r\n\n").left_over == "\n");
}

TEST_CASE("response_parser: HEAD, 204 and 304 have no body whatever their fields say") {
  for (const std::string lines : {"Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", ""}) {
    CHECK(parse_everywhere(head_with(lines), then::nothing, asked::head).end == parse_event::done);
    CHECK(parse_everywhere("HTTP/1.1 204 No Content\r\n" + lines + "\r\n").end == parse_event::done);
    CHECK(parse_everywhere("HTTP/1.1 304 Not Modified\r\n" + lines + "\r\n").reusable);
  }
  CHECK(parse_everywhere(head_with("Content-Length: 5\r\n"), then::nothing, asked::head).length == 5);
  CHECK(parse_everywhere("HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\nhello").left_over == "hello");
}

TEST_CASE("response_parser: other statuses have the body their fields say") {
  CHECK(parse_everywhere("HTTP/1.1 205 Reset\r\nContent-Length: 1\r\n\r\nx").body == "x");
  CHECK(parse_everywhere("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope").body == "nope");
  CHECK(parse_everywhere("HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n").status == 999);
}

TEST_CASE("response_parser: without a length the body ends when the peer closes") {
  const auto r = parse_everywhere(head_with("") + "all of it", then::close);
  CHECK(r.end == parse_event::done);
  CHECK(r.framing == body_framing::until_close);
  CHECK(r.body == "all of it");
  CHECK_FALSE(r.reusable);
  CHECK(parse_everywhere(head_with("") + "some of it").end == parse_event::need_more);
  CHECK(parse_everywhere(head_with(""), then::close).end == parse_event::done);
}

TEST_CASE("response_parser: only a body that ends at close is told to need a clean one") {
  response_parser parser;
  parser.start(false);
  const std::string octets = head_with("");
  std::string_view input = octets;
  CHECK_FALSE(parser.closes_at_eof());
  CHECK(parser.next(input) == parse_event::head);
  CHECK(parser.closes_at_eof());
}

TEST_CASE("response_parser: a body cut short is incomplete and the detail counts the octets") {
  const auto r = parse_everywhere(head_with("Content-Length: 10\r\n") + "hello", then::close);
  CHECK(r.end == parse_event::failed);
  CHECK(r.error == errc::http_response_incomplete);
  CHECK(r.detail == "connection closed after 5 of 10 octets of the body");
  CHECK(r.body == "hello");
  CHECK(error_of(head_with("Content-Length: 1\r\n")) == errc::http_response_incomplete);
  const auto chunked = head_with("Transfer-Encoding: chunked\r\n");
  for (const auto* cut : {"", "5", "5\r\n", "5\r\nhel", "5\r\nhello", "5\r\nhello\r\n", "5\r\nhello\r\n0", "0\r\n",
                          "0\r\nA: b\r\n", "0\r\nA: b\r\n\r"})
    CHECK(error_of(chunked + cut) == errc::http_response_incomplete);
}

TEST_CASE("response_parser: a head cut short is incomplete, no octet at all is a closed connection") {
  const auto full = head_with("Content-Length: 0\r\n");
  for (std::size_t size = 1; size < full.size(); ++size)
    CHECK(error_of(full.substr(0, size)) == errc::http_response_incomplete);
  CHECK(error_of("") == errc::connection_terminated);
}

TEST_CASE("response_parser: chunked octets come out without their chunks") {
  const auto r = parse_everywhere(head_with("Transfer-Encoding: chunked\r\n") +
                                  "5\r\nhello\r\n6;name=\"value\"\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n");
  CHECK(r.end == parse_event::done);
  CHECK(r.framing == body_framing::chunked);
  CHECK(r.body == "hello world");
  CHECK(r.length == -1);
  CHECK(r.reusable);
}

TEST_CASE("response_parser: chunked beside a length wins and the connection is not reused") {
  for (const auto* lines :
       {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"}) {
    const auto r = parse_everywhere(head_with(lines) + "5\r\nhello\r\n0\r\n\r\n");
    CHECK(r.body == "hello");
    CHECK(r.length == -1);
    CHECK_FALSE(r.reusable);
  }
}

TEST_CASE("response_parser: chunked in HTTP/1.0 is decoded and the connection is not reused") {
  const auto r = parse_everywhere(
      "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
  CHECK(r.body == "ok");
  CHECK_FALSE(r.reusable);
}

TEST_CASE("response_parser: a broken chunk fails as a transfer coding, after the good ones came out") {
  const auto r = parse_everywhere(head_with("Transfer-Encoding: chunked\r\n") + "2\r\nok\r\nxyz\r\n");
  CHECK(r.end == parse_event::failed);
  CHECK(r.error == errc::http_response_transfer_coding);
  CHECK(r.body == "ok");
}

TEST_CASE("response_parser: interim responses are skipped, up to a hundred") {
  for (const int count : {0, 1, 2, 6, 100}) {
    const auto r = parse_everywhere(interims(count) + head_with("Content-Length: 2\r\n") + "ok");
    CHECK(r.status == 200);
    CHECK(r.body == "ok");
    CHECK(r.reusable);
  }
  const auto r = parse_everywhere(interims(101));
  CHECK(r.error == errc::http_protocol_error);
  CHECK(r.detail == "more than 100 interim responses; the last is \"103\"");
}

TEST_CASE("response_parser: fields of an interim response do not count for the final one") {
  const auto r =
      parse_everywhere("HTTP/1.1 100 Continue\r\nContent-Length: 9\r\nConnection: close\r\nLocation: /a\r\n\r\n" +
                       head_with("Content-Length: 2\r\n") + "ok");
  CHECK(r.length == 2);
  CHECK(r.location.empty());
  CHECK(r.reusable);
}

TEST_CASE("response_parser: a close after interim responses alone is incomplete") {
  CHECK(error_of("HTTP/1.1 100 Continue\r\n\r\n") == errc::http_response_incomplete);
}

TEST_CASE("response_parser: 101 is refused, nobody asked for it") {
  CHECK(error_of("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n") == errc::http_protocol_error);
}

TEST_CASE("response_parser: a CONNECT that succeeds ends at its head, one that fails has a body") {
  const auto ok = parse_everywhere(head_with("Content-Length: 5\r\n") + "hello", then::nothing, asked::connect);
  CHECK(ok.end == parse_event::done);
  CHECK(ok.left_over == "hello");
  const auto refused =
      parse_everywhere("HTTP/1.1 407 Auth\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 2\r\n\r\nno",
                       then::nothing, asked::connect);
  CHECK(refused.body == "no");
  CHECK(refused.proxy_authenticate == "Basic realm=\"p\"");
}

TEST_CASE("response_parser: what is not HTTP/1 is refused with its first octets shown") {
  const auto r = parse_everywhere("<html>\nhello</html>");
  CHECK(r.error == errc::http_protocol_error);
  CHECK(r.detail == "no HTTP/1 status line (HTTP/0.9 is not accepted); it begins \"<html>\\nhello</html>\"");
  const auto tls = parse_everywhere("\x15\x03\x01\x00\x02\x02\x46"s);
  CHECK(tls.detail.starts_with("a TLS alert in place of HTTP, so this port speaks TLS; it begins"));
  CHECK(tls.detail.find("\"\\x15\\x03\\x01\\x00\\x02\\x02F\"") != std::string::npos);
  for (const auto* octets : {"HTTX", "H\r\n", "\r\nHTTP/1.1 200 OK\r\n\r\n", "SSH-2.0-x\r\n", "ICZ", "\n"})
    CHECK(parse_everywhere(octets).error == errc::http_protocol_error);
}

TEST_CASE("response_parser: the octets shown of garbage are bounded") {
  CHECK(parse_everywhere(std::string(300, '\x01')).detail.size() < 300);
}

TEST_CASE("response_parser: after done and after failure nothing more is taken") {
  response_parser parser;
  parser.start(false);
  const std::string octets = head_with("Content-Length: 0\r\n") + "x";
  std::string_view input = octets;
  CHECK(parser.next(input) == parse_event::head);
  CHECK(parser.next(input) == parse_event::done);
  CHECK(parser.next(input) == parse_event::done);
  CHECK(input == "x");
  CHECK(parser.at_eof() == parse_event::done);
  parser.start(false);
  CHECK(parser.next(input) == parse_event::failed);
  CHECK(parser.next(input) == parse_event::failed);
  CHECK(parser.at_eof() == parse_event::failed);
  CHECK(parser.error() == errc::http_protocol_error);
  CHECK(input == "x");
}

TEST_CASE("response_parser: the next response starts clean, whatever the last one was") {
  response_parser parser;
  const std::string first =
      "HTTP/1.0 503 Busy\r\nRetry-After: 5\r\nConnection: close\r\nContent-Encoding: gzip\r\nContent-Length: 1, "
      "2\r\n\r\n";
  const std::string second = head_with("Content-Length: 2\r\n") + "ok";
  parser.start(true);
  std::string_view input = first;
  CHECK(parser.next(input) == parse_event::failed);
  parser.start(false);
  CHECK_FALSE(parser.any_byte());
  CHECK(parser.error() == errc::none);
  CHECK(parser.error_detail().empty());
  input = second;
  CHECK(parser.next(input) == parse_event::head);
  CHECK(parser.any_byte());
  CHECK(parser.head().retry_after.empty());
  CHECK(parser.head().content_encoding.empty());
  CHECK(parser.next(input) == parse_event::body);
  CHECK(parser.body() == "ok");
  CHECK(parser.body().data() == second.data() + second.size() - 2);  // A view into the input.
  CHECK(parser.next(input) == parse_event::done);
  CHECK(parser.reusable());
}
