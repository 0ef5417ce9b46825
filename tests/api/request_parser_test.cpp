#include "api/http/request_parser.hpp"

#include <doctest/doctest.h>

using namespace trawl;

namespace {

class kept_body final : public body_reader {
 public:
  bool put(std::string_view piece) override {
    text += piece;
    return text.size() < limit;
  }
  std::string text;
  std::size_t limit = static_cast<std::size_t>(-1);
};

struct outcome {
  bool head_done = false;
  bool done = false;
  unsigned refused = 0;
  std::string body;
  std::string rest;  // Not taken.
  request head;
};

// Feeds `data` as a connection does: what was not taken is offered again with what comes next.
outcome parse(std::string_view data, std::size_t cut) {
  request_parser parser;
  kept_body body;
  outcome seen;
  for (const std::string_view piece : {data.substr(0, cut), data.substr(cut)}) {
    seen.rest += piece;
    for (std::size_t taken = 1; taken > 0 && parser.bad() == nullptr && !parser.done();) {
      if (parser.head_done()) parser.deliver_to(&body);
      taken = parser.put(seen.rest);
      seen.rest.erase(0, taken);
    }
  }
  seen.head_done = parser.head_done();
  seen.done = parser.done();
  seen.refused = parser.bad() != nullptr ? parser.bad()->status : 0;
  seen.body = body.text;
  seen.head = parser.head();
  return seen;
}

outcome parse(std::string_view data) { return parse(data, 0); }

/// Refused with the same status wherever the bytes are cut, at the latest when the head ends; 0: not refused anywhere.
unsigned refused_everywhere(std::string data) {
  data += "\r\n\r\n";
  const unsigned whole = parse(data).refused;
  for (std::size_t cut = 1; cut < data.size(); ++cut) {
    CAPTURE(cut);
    CHECK(parse(data, cut).refused == whole);
  }
  return whole;
}

std::string head(std::string_view fields) {
  return "POST /submit HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

}  // namespace

TEST_CASE("request: line, fields and query are read, wherever the bytes are cut") {
  const std::string data =
      "\r\nGET /tasks/7%20?view=summary&a=b%20c HTTP/1.1\r\nHost: h\r\nX-Two:  x y \r\nx-two: z\r\n\r\nGET";
  for (std::size_t cut = 0; cut <= data.size(); ++cut) {
    const outcome seen = parse(data, cut);
    REQUIRE(seen.done);
    REQUIRE(seen.head.method == "GET");
    REQUIRE(seen.head.path == "/tasks/7%20");
    REQUIRE(seen.head.asked.find("a") == "b c");
    REQUIRE(seen.head.field("x-two") == "x y");
    REQUIRE(seen.head.keep_alive);
    REQUIRE_FALSE(seen.head.has_body());
    REQUIRE(seen.rest == "GET");
  }
}

TEST_CASE("request: a body of known length is delivered and no byte beyond it") {
  const std::string data = head("Content-Length: 5\r\n") + "helloGET";
  for (std::size_t cut = 0; cut <= data.size(); ++cut) {
    const outcome seen = parse(data, cut);
    REQUIRE(seen.done);
    REQUIRE(seen.body == "hello");
    REQUIRE(seen.rest == "GET");
    REQUIRE(seen.head.content_length == 5);
  }
}

TEST_CASE("request: a chunked body is delivered without its framing") {
  const std::string data =
      head("Transfer-Encoding: chunked\r\n") + "5\r\nhello\r\n1;x=\"y\"\r\n \r\n005\r\nworld\r\n0\r\nX: y\r\n\r\nGET";
  for (std::size_t cut = 0; cut <= data.size(); ++cut) {
    const outcome seen = parse(data, cut);
    REQUIRE(seen.done);
    REQUIRE(seen.body == "hello world");
    REQUIRE(seen.rest == "GET");
    REQUIRE(seen.head.chunked);
    REQUIRE_FALSE(seen.head.has("x"));
  }
}

TEST_CASE("request: a chunked body of nothing may come octet by octet") {
  for (const std::string end : {"0\r\n\r\n", "00;a\r\nX: y\r\n\r\n"}) {
    const std::string data = head("Transfer-Encoding: chunked\r\n") + end;
    for (std::size_t cut = 0; cut <= data.size(); ++cut) REQUIRE(parse(data, cut).done);
    request_parser parser;
    std::string held;
    for (const char octet : data) {
      held += octet;
      held.erase(0, parser.put(held));
    }
    CHECK(parser.done());
    CHECK(held.empty());
  }
}

TEST_CASE("request: keep-alive follows version and Connection") {
  CHECK_FALSE(parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").head.keep_alive);
  CHECK_FALSE(parse("GET / HTTP/1.0\r\n\r\n").head.keep_alive);
  CHECK(parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").head.keep_alive);
}

TEST_CASE("request: a target in absolute form is split") {
  const outcome seen = parse("GET http://example.com:80/a?limit=1 HTTP/1.1\r\nHost: b\r\n\r\n");
  CHECK(seen.head.authority == "example.com:80");
  CHECK(seen.head.path == "/a");
  CHECK(seen.head.asked.find("limit") == "1");
  CHECK(parse("GET http://example.com HTTP/1.1\r\nHost: b\r\n\r\n").head.path == "/");
  CHECK(parse("GET /a?u=http://b/c HTTP/1.1\r\nHost: b\r\n\r\n").head.path == "/a");
}

TEST_CASE("request: two requests cannot hide in one: lengths that could be read in two ways are refused") {
  for (const char* fields : {"Content-Length: 5\r\nContent-Length: 5\r\n",
                             "Content-Length: 5\r\nContent-Length: 6\r\n",
                             "Content-Length: 5, 5\r\n",
                             "Content-Length: +5\r\n",
                             "Content-Length: 0x5\r\n",
                             "Content-Length: 5 5\r\n",
                             "Content-Length: -1\r\n",
                             "Content-Length: 99999999999999999999\r\n",
                             "Content-Length: \r\n",
                             "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                             "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                             "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                             "Transfer-Encoding: chunked, identity\r\n",
                             "Transfer-Encoding: identity\r\n",
                             "Transfer-Encoding: xchunked\r\n",
                             "Transfer-Encoding : chunked\r\n",
                             "Transfer-Encoding:\x0b"
                             "chunked\r\n",
                             "X: a\r\n b\r\n",
                             "X:\r\n\tb\r\n",
                             "Transfer-Encoding:\r\n chunked\r\n",
                             " X: a\r\n",
                             "X: a\rTransfer-Encoding: chunked\r\n",
                             "X: a\nB: c\r\n"}) {
    CAPTURE(fields);
    const std::string data = head(fields) + "5\r\nhello\r\n0\r\n\r\n";
    CHECK_FALSE(parse(data).done);
    CHECK(refused_everywhere(data) == 400);
  }
  CHECK(parse(head("Transfer-Encoding: gzip, chunked\r\n")).refused == 501);
  CHECK(parse("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n").refused == 400);
}

TEST_CASE("request: broken chunks are refused") {
  for (const char* body : {"x\r\n", "5\r\nhelloX\r\n0\r\n\r\n", "-5\r\nhello\r\n", "5\nhello\r\n0\r\n\r\n",
                           "fffffffffffffffff\r\nx", " 5\r\nhello\r\n0\r\n\r\n"}) {
    CAPTURE(body);
    CHECK(refused_everywhere(head("Transfer-Encoding: chunked\r\n") + body) == 400);
  }
}

TEST_CASE("request: HTTP/1.1 has exactly one Host") {
  CHECK(refused_everywhere("GET / HTTP/1.1\r\n\r\n") == 400);
  CHECK(refused_everywhere("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n") == 400);
  CHECK(parse("GET / HTTP/1.0\r\n\r\n").done);
}

TEST_CASE("request: a Host that is none, and a target that is none, are refused") {
  for (const char* host : {"a b", "a, b", "a/", "user@a", "a:x", "[::1", "\xC3\xA9"}) {
    CAPTURE(host);
    CHECK(refused_everywhere("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n") == 400);
  }
  CHECK(parse("GET / HTTP/1.0\r\nHost: a b\r\n\r\n").refused == 400);
  CHECK(parse("GET / HTTP/1.1\r\nHost:\r\n\r\n").done);  // RFC 9112 3.2: who has no authority says so.
  for (const char* target : {"a", "*", "/a#b", "http:///a", "http://user@a/", "ftp://a/"}) {
    CAPTURE(target);
    CHECK(refused_everywhere("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  }
  CHECK(parse("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n").refused == 400);
  CHECK(parse("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").done);
}

TEST_CASE("request: what is not HTTP/1 is refused") {
  for (const char* data :
       {"hello\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/2\r\nHost: a\r\n\r\n", "GET / HTTPS/1.1\r\n\r\n",
        "\x16\x03\x01\x02", "GET  / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\nHost: a\n\n", " GET / HTTP/1.1\r\n\r\n"}) {
    CAPTURE(data);
    CHECK(refused_everywhere(data) == 400);
  }
}

TEST_CASE("request: another version of HTTP is 505") {
  // [api 1.29]
  for (const char* data : {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "GET / HTTP/0.9\r\n\r\n", "GET / HTTP/3.0\r\n\r\n",
                           "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/2.0 x\r\nHost: a\r\n\r\n"}) {
    CAPTURE(data);
    CHECK(refused_everywhere(data) == 505);
  }
  for (const char* data : {"GET / HTTP/GET / HTTP/3.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1x\r\nHost: a\r\n\r\n",
                           "GET / HTTP/1.1 HTTP/2.0\r\nHost: a\r\n\r\n"}) {
    CAPTURE(data);
    CHECK(refused_everywhere(data) == 400);
  }
}

TEST_CASE("request: a field on several lines is one list") {
  const outcome seen =
      parse(head("Accept: a/b\r\nX: 1\r\nConnection: keep-alive\r\naccept: c/d;q=0.5\r\nConnection: Upgrade\r\n"
                 "ACCEPT: e/f, g/h\r\nX: 2\r\n\r\n"));
  REQUIRE(seen.done);
  CHECK(seen.head.field("accept") == "a/b, c/d;q=0.5, e/f, g/h");
  CHECK(seen.head.field("connection") == "keep-alive, Upgrade");
  CHECK(seen.head.fields.size() == 5);
  CHECK_FALSE(parse(head("Connection: x\r\nConnection: close\r\n\r\n")).head.keep_alive);
}

TEST_CASE("request: the same Content-Type twice is one, another beside it none; of keys there are two") {
  const outcome same = parse(head("Content-Type: a/b\r\nX: 1\r\ncontent-type: a/b\r\n\r\n"));
  CHECK(same.head.field("content-type") == "a/b");
  CHECK(same.head.fields.size() == 3);
  CHECK(parse(head("Content-Type: a/b\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n\r\n")).head.field("content-type") ==
        "a/b, c/d");
  // Applied twice (RFC 9110 8.4).
  CHECK(parse(head("Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n\r\n")).head.field("content-encoding") ==
        "gzip, gzip");
  CHECK(parse(head("Idempotency-Key: a\r\nIdempotency-Key: b\r\n\r\n")).head.fields.size() == 3);
}

TEST_CASE("request: the limits of target and head are 414 and 431") {
  // [api 1.29]
  const auto target = [](std::size_t size) {
    return "GET /" + std::string(size - 1, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  CHECK(parse(target(request_parser::target_limit)).done);
  CHECK(parse(target(request_parser::target_limit + 1)).refused == 414);
  CHECK(parse("GET /" + std::string(70000, 'a')).refused == 414);
  CHECK(parse(head("X: " + std::string(60000, 'a') + "\r\n")).done);
  CHECK(parse(head("X: " + std::string(70000, 'a') + "\r\n")).refused == 431);
  std::string many;
  for (int i = 0; i < 7000; ++i) many += "X: 45678\r\n";
  CHECK(parse(head(many + "\r\n")).refused == 431);
}

TEST_CASE("request: the line of a chunk and the trailers are as long as a head may be at most") {
  const std::string chunked = head("Transfer-Encoding: chunked\r\n");
  for (const std::string begin : {"1;", "1\r\na\r\n2;", "1\r\na\r\n0\r\nX: ", "1\r\na\r\n0\r\nX: a\r\nY: "}) {
    CAPTURE(begin);
    CHECK(parse(chunked + begin + std::string(60000, 'a')).refused == 0);
    CHECK(parse(chunked + begin + std::string(70000, 'a')).refused == 431);
    // And when all of it is there at once.
    CHECK(parse(chunked + begin + std::string(70000, 'a') + "\r\n\r\n").refused == 431);
  }
  CHECK(parse(chunked + "1;" + std::string(60000, 'a') + "\r\nb\r\n0\r\nX: " + std::string(60000, 'a') + "\r\n\r\n")
            .body == "b");
}

TEST_CASE("request: the limit of a chunk's line and of trailers is one octet sharp, in one piece or in two") {
  // [api 1.29]
  const std::string framed = head("Transfer-Encoding: chunked\r\n");
  const auto refused = [&](const std::string& before, std::string element, const std::string& end, std::size_t size) {
    element.append(size - element.size() - end.size(), 'x').append(end);
    const std::string after = end.size() > 2 ? "" : "a\r\n0\r\n\r\n";
    const std::string data = framed + before + element + after;
    const unsigned whole = parse(data).refused;
    for (const std::size_t back : {1U, 2U, 3U, 1000U})
      CHECK(parse(data, framed.size() + before.size() + element.size() - back).refused == whole);
    CHECK(parse(data, framed.size() + 10).refused == whole);
    CHECK(parse(data).done == (whole == 0));
    return whole;
  };
  std::string many = "0\r\n";
  while (many.size() < request_parser::head_limit - 100) many += "a:b\r\n";
  for (const auto& [before, element, end] : {std::array<std::string, 3>{"", "1;", "\r\n"},
                                             {"1\r\nz", "\r\n1;", "\r\n"},
                                             {"", "0;", "\r\n\r\n"},
                                             {"1\r\nz", "\r\n0\r\nX: ", "\r\n\r\n"},
                                             {"", many + "X: ", "\r\n\r\n"}}) {
    CAPTURE(element.substr(0, 20));
    CHECK(refused(before, element, end, request_parser::head_limit - 1) == 0);
    CHECK(refused(before, element, end, request_parser::head_limit) == 0);
    CHECK(refused(before, element, end, request_parser::head_limit + 1) == 431);
  }
}

TEST_CASE("request: a reader that has enough is not offered more") {
  request_parser parser;
  kept_body body;
  body.limit = 3;
  std::string data = head("Content-Length: 6\r\n") + "hello!";
  data.erase(0, parser.put(data));
  parser.deliver_to(&body);
  CHECK(parser.delivering());
  CHECK(parser.put(data.substr(0, 4)) == 4);
  CHECK_FALSE(parser.delivering());
  CHECK(parser.body_left() == 2);
  CHECK(parser.put(data.substr(4)) == 2);
  CHECK(body.text == "hell");
  CHECK(parser.done());
}
