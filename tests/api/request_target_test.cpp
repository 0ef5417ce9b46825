#include "api/http/request_target.hpp"

#include <doctest/doctest.h>

using namespace trawl;

TEST_CASE("request_target: an authority is a name or an address, and perhaps a port") {
  for (const char* good :
       {"a", "localhost", "example.com", "example.com.", "example.com:80", "a:", "a_b.example", "192.0.2.1:7777",
        "[::1]", "[::1]:7777", "[::ffff:192.0.2.1]", "%c3%a9.example", "xn--caf-dma.example:65535"}) {
    CAPTURE(good);
    CHECK(is_authority(good));
  }
  for (const char* bad : {"",        ":",     ":80", "a b",       "a, b",    " a",     "a:x",
                          "a:80:80", "a:-1",  "a/b", "a?b",       "a#b",     "user@a", "user:key@a",
                          "::1",     "[::1",  "[]",  "[::1]x",    "[::1]80", "[g::1]", "[fe80::1%25eth0]",
                          "a\\b",    "\"a\"", "<a>", "a\xC3\xA9", "a\t"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_authority(bad));
  }
  CHECK_FALSE(is_authority(std::string_view("a\0b", 3)));
}

TEST_CASE("request_target: origin, absolute and asterisk form") {
  const auto origin = read_request_target("GET", "/a/b?c=http://d/?e");
  REQUIRE(origin);
  CHECK(origin->authority.empty());
  CHECK(origin->path == "/a/b");
  CHECK(origin->query == "c=http://d/?e");
  CHECK_FALSE(read_request_target("GET", "//a/b")->query);
  CHECK(read_request_target("GET", "//a/b")->path == "//a/b");
  CHECK(read_request_target("GET", "/?")->query == "");

  const auto absolute = read_request_target("GET", "HTTPS://a.example:8443/b?c");
  REQUIRE(absolute);
  CHECK(absolute->authority == "a.example:8443");
  CHECK(absolute->path == "/b");
  CHECK(absolute->query == "c");
  CHECK(read_request_target("GET", "http://a?b")->path == "");
  CHECK(read_request_target("GET", "http://a?b")->query == "b");
  CHECK(read_request_target("OPTIONS", "http://[::1]")->authority == "[::1]");

  CHECK(read_request_target("OPTIONS", "*")->path == "*");
}

TEST_CASE("request_target: what is of no form, or of one that has no use here") {
  for (const char* bad :
       {"a", "a/b", "?a", "a.example:443", "*", "http:", "http:/a", "http://", "http:///a", "http://?a", "http://:80/",
        "http://user@a/", "http://a b/", "ftp://a/", "ws://a/", "/a#b", "http://a/#", "#"}) {
    CAPTURE(bad);
    CHECK_FALSE(read_request_target("GET", bad));
  }
  CHECK_FALSE(read_request_target("CONNECT", "a.example:443"));
}
