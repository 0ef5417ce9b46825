// Requests as the origin sees them, octet by octet.
#include "fetch/request_head.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace trawl;
using namespace std::string_literals;

namespace {

using headers = std::vector<std::pair<std::string, std::string>>;

std::string head_of(std::string_view href, const request_options& options = {}) {
  url to;
  REQUIRE(to.parse(href) == url_errc::ok);
  std::string out;
  append_request_head(out, to, options);
  return out;
}

std::string head_with_fields(std::string_view href, const headers& given, field_scope scope = field_scope::own_origin) {
  const std::string fields = request_fields(given, scope);
  request_options options;
  options.user_agent = "trawl/1";
  options.fields = &fields;
  return head_of(href, options);
}

bool has(const std::string& head, std::string_view line) {
  return head.find("\r\n"s + std::string(line) + "\r\n") != std::string::npos;
}

}  // namespace

TEST_CASE("request_head: a plain GET") {
  request_options options;
  options.user_agent = "trawl/1";
  CHECK(head_of("http://example.com/a?b#c", options) ==
        "GET /a?b HTTP/1.1\r\nHost: example.com\r\nUser-Agent: trawl/1\r\nAccept: */*\r\nAccept-Encoding: "
        "gzip, deflate, br, zstd\r\n\r\n");
}

TEST_CASE("request_head: with a Range of the caller's no coding is offered, whose part nobody could decode") {
  CHECK(has(head_with_fields("http://a/", {{"range", "bytes=0-9"}}), "Accept-Encoding: identity"));
  const auto chosen = head_with_fields("http://a/", {{"Range", "bytes=0-9"}, {"Accept-Encoding", "br"}});
  CHECK(has(chosen, "Accept-Encoding: br"));
  CHECK(chosen.find("identity") == std::string::npos);
}

TEST_CASE("request_head: HEAD, and a connection that is not kept") {
  request_options options;
  options.method = http_method::head;
  options.keep_alive = false;
  options.accept_encoding = {};
  CHECK(head_of("https://example.com", options) ==
        "HEAD / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\nAccept: */*\r\n\r\n");
}

TEST_CASE("request_head: Host carries the port unless it is the scheme's, and brackets an IPv6 address") {
  CHECK(has(head_of("http://example.com:80/"), "Host: example.com"));
  CHECK(has(head_of("https://example.com:80/"), "Host: example.com:80"));
  CHECK(has(head_of("http://[::1]:8080/"), "Host: [::1]:8080"));
  CHECK(has(head_of("http://u:p@example.com/"), "Host: example.com"));
}

TEST_CASE("request_head: heads are appended, so a buffer can be used again") {
  url to;
  REQUIRE(to.parse("http://a/") == url_errc::ok);
  std::string out;
  append_request_head(out, to, {});
  const auto once = out;
  append_request_head(out, to, {});
  CHECK(out == once + once);
}

TEST_CASE("request_head: credentials of the URL go as Basic, decoded") {
  CHECK(has(head_of("http://Aladdin:open%20sesame@a/"), "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
  CHECK(has(head_of("http://user@a/"), "Authorization: Basic dXNlcjo="));
  CHECK(has(head_of("http://:pass@a/"), "Authorization: Basic OnBhc3M="));
  CHECK(has(head_of("http://%0d%0aX:%ff@a/"), "Authorization: Basic DQpYOv8="));
  CHECK(has(head_of("http://ab:c@a/"), "Authorization: Basic YWI6Yw=="));
  CHECK(has(head_of("http://ab:cd@a/"), "Authorization: Basic YWI6Y2Q="));
  CHECK(has(head_of("http://ab:cde@a/"), "Authorization: Basic YWI6Y2Rl"));
  CHECK(head_of("http://@a/").find("Authorization") == std::string::npos);
}

TEST_CASE(
    "request_head: after a redirect the credentials of the URL submitted go along, unless the target has its own") {
  url submitted;
  REQUIRE(submitted.parse("http://u:p@a/") == url_errc::ok);
  request_options options;
  options.submitted = &submitted;
  CHECK(has(head_of("http://a/x", options), "Authorization: Basic dTpw"));
  CHECK(has(head_of("http://Aladdin:open%20sesame@a/x", options), "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
  const std::string fields = "Authorization: Bearer t\r\n";
  options.fields = &fields;
  CHECK_FALSE(has(head_of("http://a/x", options), "Authorization: Basic dTpw"));
  REQUIRE(submitted.parse("http://a/") == url_errc::ok);
  options.fields = nullptr;
  CHECK(head_of("http://a/x", options).find("Authorization") == std::string::npos);
}

TEST_CASE(
    "request_head: a name in another script goes as Punycode, a trailing dot stays, nothing of the URL is unescaped") {
  CHECK(has(head_of("http://B\xc3\xbc"
                    "cher.Example:8080/"),
            "Host: xn--bcher-kva.example:8080"));
  CHECK(has(head_of("http://example.com./"), "Host: example.com."));
  CHECK(has(head_of("http://0x7f.1/"), "Host: 127.0.0.1"));
  CHECK(head_of("http://a/\xc3\xa9 b%20%7e?q=\xc3\xa9|'\"<>#f")
            .starts_with("GET /%C3%A9%20b%20%7e?q=%C3%A9|%27%22%3C%3E HTTP/1.1\r\n"));
  CHECK(head_of("http://a?b").starts_with("GET /?b HTTP/1.1\r\n"));
  CHECK(head_of("http://a/b?").starts_with("GET /b? HTTP/1.1\r\n"));
  CHECK(head_of("http://a/x/../../y/./z").starts_with("GET /y/z HTTP/1.1\r\n"));
}

TEST_CASE("request_head: a line of 64 KiB is sent as it is") {
  const std::string path(65000, 'x');
  CHECK(head_of("http://a/" + path).starts_with("GET /" + path + " HTTP/1.1\r\n"));
}

TEST_CASE("request_head: what the caller gives is sent once, in its own words") {
  const auto head = head_with_fields("http://u:p@a/", {{"accept", "text/html"},
                                                       {"USER-AGENT", "me"},
                                                       {"Authorization", "Bearer t"},
                                                       {"Accept-Encoding", "gzip"},
                                                       {"X-Empty", ""}});
  CHECK(head ==
        "GET / HTTP/1.1\r\nHost: a\r\naccept: text/html\r\nUSER-AGENT: me\r\nAuthorization: Bearer t\r\n"
        "Accept-Encoding: gzip\r\nX-Empty: \r\n\r\n");
}

TEST_CASE("request_head: a field that only begins like ours replaces nothing") {
  const auto head =
      head_with_fields("http://a/", {{"Accept-Language", "de"}, {"X-User-Agent", "x"}, {"X", "Accept: no"}});
  CHECK(has(head, "Accept: */*"));
  CHECK(has(head, "User-Agent: trawl/1"));
  CHECK(has(head, "Accept-Language: de"));
}

TEST_CASE("request_head: to another origin only Accept* and User-Agent go along") {
  const headers given{{"Authorization", "Bearer t"}, {"Cookie", "c"}, {"accept", "a/b"},  {"Accept-Language", "de"},
                      {"user-agent", "me"},          {"X-Key", "k"},  {"Accepted", "no"}, {"User-Agents", "no"}};
  CHECK(request_fields(given, field_scope::other_origin) == "accept: a/b\r\nAccept-Language: de\r\nuser-agent: me\r\n");
  CHECK(request_fields(given, field_scope::own_origin).find("X-Key: k\r\n") != std::string::npos);
  CHECK(has(head_with_fields("http://u:p@b/", given, field_scope::other_origin), "Authorization: Basic dTpw"));
}

TEST_CASE("request_head: through a proxy the target is absolute, and the credentials are the proxy's own") {
  proxy by;
  request_options options;
  options.via = &by;
  options.accept_encoding = {};
  CHECK(head_of("http://u:p@example.com:8080/a?b#c", options) ==
        "GET http://example.com:8080/a?b HTTP/1.1\r\nHost: example.com:8080\r\nAccept: */*\r\nAuthorization: Basic "
        "dTpw\r\n\r\n");
  by.authorization = "Basic eDp5";
  options.method = http_method::head;
  CHECK(head_of("http://[::1]/", options) ==
        "HEAD http://[::1]/ HTTP/1.1\r\nHost: [::1]\r\nProxy-Authorization: Basic eDp5\r\nAccept: */*\r\n\r\n");
}

TEST_CASE("merged_fields: what an input has by a name stands in place of what the task has") {
  CHECK(merged_fields("Accept: a\r\nX-One: 1\r\n", "x-ONE: 2\r\nX-Two: 3\r\n", field_scope::own_origin) ==
        "Accept: a\r\nx-ONE: 2\r\nX-Two: 3\r\n");
  CHECK(merged_fields("", "X: 2\r\n", field_scope::own_origin) == "X: 2\r\n");
}

TEST_CASE("merged_fields: of an input's fields only those that go anywhere go to another origin") {
  CHECK(merged_fields("Accept: a\r\n", "Cookie: c\r\nUser-Agent: u\r\n", field_scope::other_origin) ==
        "Accept: a\r\nUser-Agent: u\r\n");
}
