#include "url/url.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "url/percent.hpp"

using namespace trawl;

namespace {

/// href() of `input`, or the name of what is wrong in angle brackets.
std::string href(std::string_view input, std::string_view base = {}) {
  url from, u;
  if (!base.empty()) REQUIRE(from.parse(base) == url_errc::ok);
  const url_errc error = u.parse(input, base.empty() ? nullptr : &from);
  return error == url_errc::ok ? std::string(u.href()) : "<" + std::string(url_errc_text(error)) + ">";
}

url_errc error_of(std::string_view input) {
  url u;
  return u.parse(input);
}

url parsed(std::string_view input) {
  url u;
  REQUIRE(u.parse(input) == url_errc::ok);
  return u;
}

}  // namespace

TEST_CASE("url: every part of a full URL is found") {
  const url u = parsed("https://user:pa%20ss@Example.COM:8443/a/b?c=d&e#frag");
  CHECK(u.href() == "https://user:pa%20ss@example.com:8443/a/b?c=d&e#frag");
  CHECK(u.scheme() == url_scheme::https);
  CHECK(u.is_https());
  CHECK(u.origin() == "https://example.com:8443");
  CHECK(u.host() == "example.com");
  CHECK(u.hostname() == "example.com");
  CHECK(u.kind() == host_kind::domain);
  CHECK(u.port() == 8443);
  CHECK(u.authority() == "example.com:8443");
  CHECK(u.target() == "/a/b?c=d&e");
  CHECK(u.username() == "user");
  CHECK(u.password() == "pa%20ss");
  CHECK(u.fragment() == "#frag");
}

TEST_CASE("url: the smallest URL has every part that a request needs") {
  const url u = parsed("http://a");
  CHECK(u.href() == "http://a/");
  CHECK_FALSE(u.is_https());
  CHECK(u.origin() == "http://a");
  CHECK(u.authority() == "a");
  CHECK(u.target() == "/");
  CHECK(u.port() == 80);
  CHECK(u.username().empty());
  CHECK(u.password().empty());
  CHECK(u.fragment().empty());
}

TEST_CASE("url: an IPv6 host has brackets in host and authority, and none in hostname") {
  const url u = parsed("https://u@[2001:DB8::0:1]:8443/x");
  CHECK(u.kind() == host_kind::ipv6);
  CHECK(u.host() == "[2001:db8::1]");
  CHECK(u.hostname() == "2001:db8::1");
  CHECK(u.authority() == "[2001:db8::1]:8443");
  CHECK(u.origin() == "https://[2001:db8::1]:8443");
}

TEST_CASE("url: blanks and controls around a URL are cut off, tabs and line ends go everywhere") {
  CHECK(href(" \x01\x1f http://a/b \n\x0c") == "http://a/b");
  CHECK(href(std::string_view("\0http://a/\0", 11)) == "http://a/");
  CHECK(href("ht\ntp://a.\rexa\tmple/b\tc?\nd#\re") == "http://a.example/bc?d#e");
  CHECK(href("http://a:8\t0\n80/") == "http://a:8080/");
  CHECK(href("http://a/\t.\n./b") == "http://a/b");
  CHECK(href("http://a/b c") == "http://a/b%20c");
  CHECK(href("http://a/\x01 tab\t") == "http://a/%01%20tab");
}

TEST_CASE("url: the scheme is http or https, in any case") {
  CHECK(href("HTTP://a/") == "http://a/");
  CHECK(href("hTTpS://a/") == "https://a/");
  for (std::string_view other : {"ftp://a/", "mailto:a@b", "javascript:alert(1)", "file:///etc/passwd", "data:,x",
                                 "about:blank", "ws://a/", "httpx://a/", "h+t-t.p:a", "example.com:80/x", "x:"}) {
    CAPTURE(other);
    CHECK(error_of(other) == url_errc::unsupported_scheme);
  }
}

TEST_CASE("url: what has no scheme and no base says so") {
  for (std::string_view text : {"example.com", "//example.com/", "/a", "?q", "#f", "1http://a/", "://a", ":",
                                "ht tp://a/", "-http://a", "\xc3\xbc://a", "http"}) {
    CAPTURE(text);
    CHECK(error_of(text) == url_errc::no_scheme);
  }
  for (std::string_view text : {"", " ", "\t\n\r", "\x1f"}) CHECK(error_of(text) == url_errc::empty);
}

TEST_CASE("url: missing, extra and backward slashes before the host all mean two") {
  for (std::string_view text : {"http:a/b", "http:/a/b", "http://a/b", "http:///a/b", "http:////////a/b", "http:\\a\\b",
                                "http:\\\\a\\b", "http:/\\a/b", "http:\\/\\/a\\b"}) {
    CAPTURE(text);
    CHECK(href(text) == "http://a/b");
  }
}

TEST_CASE("url: backslashes are slashes up to the query, and themselves after it") {
  CHECK(href("http://a\\b\\..\\c?d\\e#f\\g") == "http://a/c?d\\e#f\\g");
  CHECK(href("http://good.test\\@evil.test/") == "http://good.test/@evil.test/");
}

TEST_CASE("url: a URL without a host is refused") {
  for (std::string_view text : {"http:", "http://", "https:///", "http://?q", "http://#f", "http://:80/", "http://@/",
                                "http://u:p@/x", "http://u@:80/", "http:/\\", "http://@?x"}) {
    CAPTURE(text);
    CHECK(error_of(text) == url_errc::no_host);
  }
}

TEST_CASE("url: the default port is left out, any other is a plain number") {
  CHECK(href("http://a:80/") == "http://a/");
  CHECK(href("https://a:443/") == "https://a/");
  CHECK(href("http://a:443/") == "http://a:443/");
  CHECK(href("https://a:80/") == "https://a:80/");
  CHECK(href("http://a:/x") == "http://a/x");
  CHECK(href("http://a:000000000000000000000080/x") == "http://a/x");
  CHECK(href("http://a:0/") == "http://a:0/");
  CHECK(parsed("http://a:0/").port() == 0);
  CHECK(href("http://a:65535/") == "http://a:65535/");
  CHECK(parsed("https://a:/").port() == 443);
}

TEST_CASE("url: a port that is no number up to 65535 is refused") {
  for (std::string_view text : {"http://a:65536/", "http://a:99999999999999999999/", "http://a:8a/", "http://a:-1/",
                                "http://a:+1/", "http://a: 80/", "http://a:80 /", "http://a::80/", "http://a:0x50/",
                                "http://[::1]:b/", "http://u:p@a:b/", "http://a:%38%30/", "http://a:\xef\xbc\x98/"}) {
    CAPTURE(text);
    CHECK(error_of(text) == url_errc::invalid_port);
  }
}

TEST_CASE("url: credentials end at the last at sign of the authority and split at their first colon") {
  CHECK(href("http://u@a/") == "http://u@a/");
  CHECK(href("http://u:@a/") == "http://u@a/");
  CHECK(href("http://:p@a/") == "http://:p@a/");
  CHECK(href("http://@a/") == "http://a/");
  CHECK(href("http://:@a/") == "http://a/");
  CHECK(href("http://u:p:q@a/") == "http://u:p%3Aq@a/");
  CHECK(href("http://u@v:p@w@a/") == "http://u%40v:p%40w@a/");
  CHECK(href("http://a/@b") == "http://a/@b");
  CHECK(href("http://a?@b") == "http://a/?@b");
  CHECK(href("http://u%41:%3a@a/") == "http://u%41:%3a@a/");
  CHECK(href("http://\xc3\xbc;[=]^|'`{}@a/") == "http://%C3%BC%3B%5B%3D%5D%5E%7C'%60%7B%7D@a/");
}

TEST_CASE("url: credentials are no part of the origin, and leave none behind in a reused url") {
  url u;
  REQUIRE(u.parse("https://u:p@a:444/b#c") == url_errc::ok);
  CHECK(u.origin() == "https://a:444");
  CHECK(u.target() == "/b");
  REQUIRE(u.parse("http://:p@b/") == url_errc::ok);
  CHECK(u.origin() == "http://b");
  CHECK(u.username().empty());
  CHECK(u.password() == "p");
  REQUIRE(u.parse("http://c/") == url_errc::ok);
  CHECK(u.origin() == "http://c");
  CHECK(u.password().empty());
}

TEST_CASE("url: dot segments are resolved in every spelling") {
  CHECK(href("http://a/b/./c") == "http://a/b/c");
  CHECK(href("http://a/b/../c") == "http://a/c");
  CHECK(href("http://a/b/.") == "http://a/b/");
  CHECK(href("http://a/b/..") == "http://a/");
  CHECK(href("http://a/b/c/..?q") == "http://a/b/?q");
  CHECK(href("http://a/../../..") == "http://a/");
  CHECK(href("http://a/../b") == "http://a/b");
  CHECK(href("http://a/b/%2e/c") == "http://a/b/c");
  CHECK(href("http://a/b/%2E%2e/c") == "http://a/c");
  CHECK(href("http://a/b/.%2E/c") == "http://a/c");
  CHECK(href("http://a/b/%2e./c") == "http://a/c");
  CHECK(href("http://a/b//../c") == "http://a/b/c");
  CHECK(href("http://a//..//b") == "http://a//b");
  CHECK(href("http://a/b\\..\\c") == "http://a/c");
}

TEST_CASE("url: segments that only look like dots stay") {
  for (std::string_view path : {"/...", "/.a", "/a.", "/..a", "/%2e%2e%2e", "/%2ea", "/%2", "/%", "/%2f..", "/a/b.c/d",
                                "/.%2e.", "//", "///a//", "/a/.../", "/%2e%2"}) {
    CAPTURE(path);
    CHECK(href("http://a" + std::string(path)) == "http://a" + std::string(path));
  }
}

TEST_CASE("url: each component escapes what its percent-encode set names, and no more") {
  const std::string ascii = "!\"$%&'()*+,-.0:;<=>@A[]^_`a{|}~\x7f";
  CHECK(href("http://a/" + ascii) == "http://a/!%22$%&'()*+,-.0:;%3C=%3E@A[]%5E_%60a%7B|%7D~%7F");
  CHECK(href("http://a/?/?\\" + ascii) == "http://a/?/?\\!%22$%&%27()*+,-.0:;%3C=%3E@A[]^_`a{|}~%7F");
  CHECK(href("http://a/#/?\\#" + ascii) == "http://a/#/?\\#!%22$%&'()*+,-.0:;%3C=%3E@A[]^_%60a{|}~%7F");
}

TEST_CASE("url: percent signs are never touched, complete or not") {
  CHECK(href("http://a/%41%zz%?%41%#%e") == "http://a/%41%zz%?%41%#%e");
}

TEST_CASE("url: UTF-8 is escaped byte by byte, and so is what is no UTF-8") {
  CHECK(href("http://a/\xc3\xbc/\xf0\x9f\x98\x80?\xe2\x82\xac#\xc3\x9f") ==
        "http://a/%C3%BC/%F0%9F%98%80?%E2%82%AC#%C3%9F");
  CHECK(href("http://a/\xff\xfe?\x80#\xc3") == "http://a/%FF%FE?%80#%C3");
  CHECK(href("http://\xff@a/") == "http://%FF@a/");
}

TEST_CASE("url: an empty query or fragment keeps its mark") {
  CHECK(href("http://a?") == "http://a/?");
  CHECK(href("http://a#") == "http://a/#");
  CHECK(href("http://a/b?#") == "http://a/b?#");
  CHECK(parsed("http://a?").target() == "/?");
  CHECK(parsed("http://a#x?y").target() == "/");
  CHECK(parsed("http://a/?x#").fragment() == "#");
}

TEST_CASE("url: relative references resolve as RFC 3986 5.4 has them, but for http:g") {
  const std::string_view base = "http://a/b/c/d;p?q";
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g/"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q#s"},
      {"g#s", "http://a/b/c/g#s"},
      {"g?y#s", "http://a/b/c/g?y#s"},
      {";x", "http://a/b/c/;x"},
      {"g;x", "http://a/b/c/g;x"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"./", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../", "http://a/"},
      {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {".g", "http://a/b/c/.g"},
      {"g..", "http://a/b/c/g.."},
      {"./../g", "http://a/b/g"},
      {"./g/.", "http://a/b/c/g/"},
      {"g/./h", "http://a/b/c/g/h"},
      {"g/../h", "http://a/b/c/h"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/./x", "http://a/b/c/g?y/./x"},
      {"g#s/../x", "http://a/b/c/g#s/../x"},
      {"http:g", "http://a/b/c/g"},
      {"https:g", "https://g/"},
  };
  for (const auto& [reference, expected] : cases) {
    CAPTURE(reference);
    CHECK(href(reference, base) == expected);
  }
}

TEST_CASE("url: a reference keeps of its base what it does not replace") {
  const std::string_view base = "https://u:p@a.test:8443/b/c?q#f";
  CHECK(href("", base) == "https://u:p@a.test:8443/b/c?q");
  CHECK(href("#x", base) == "https://u:p@a.test:8443/b/c?q#x");
  CHECK(href("?x", base) == "https://u:p@a.test:8443/b/c?x");
  CHECK(href("d", base) == "https://u:p@a.test:8443/b/d");
  CHECK(href("/d", base) == "https://u:p@a.test:8443/d");
  CHECK(href("//d", base) == "https://d/");
  CHECK(href("/\\d", base) == "https://d/");
  CHECK(href("\\\\d\\e", base) == "https://d/e");
  CHECK(href("https:d", base) == "https://u:p@a.test:8443/b/d");
  CHECK(href("https:/d", base) == "https://u:p@a.test:8443/d");
  CHECK(href("https://d", base) == "https://d/");
  CHECK(href("https:\\\\d", base) == "https://d/");
  CHECK(href("http:d", base) == "http://d/");
  CHECK(href(" \t:80 ", base) == "https://u:p@a.test:8443/b/:80");
  CHECK(href("//", base) == "<the URL has no host>");
  CHECK(href("ftp:d", base) == "<the scheme is neither http nor https>");
}

TEST_CASE("url: what was adopted from a base answers like what was parsed") {
  const url base = parsed("https://u:p@[::1]:8443/b/c?q#f");
  url u;
  REQUIRE(u.parse("../x?y#z", &base) == url_errc::ok);
  CHECK(u.origin() == "https://[::1]:8443");
  CHECK(u.hostname() == "::1");
  CHECK(u.port() == 8443);
  CHECK(u.username() == "u");
  CHECK(u.password() == "p");
  CHECK(u.target() == "/x?y");
  CHECK(u.fragment() == "#z");
  CHECK(base.href() == "https://u:p@[::1]:8443/b/c?q#f");
}

TEST_CASE("url: exactly 64 KiB is fine, a byte more is not") {
  std::string text = "http://a/";
  text.resize(url_length_limit - 1, 'x');
  CHECK(error_of(text) == url_errc::ok);
  CHECK(error_of(text + 'x') == url_errc::ok);
  CHECK(error_of(text + "xx") == url_errc::too_long);
  CHECK(error_of(text + " \n") == url_errc::too_long);
  std::string wide = "http://a/";
  while (wide.size() + 2 <= url_length_limit) wide += "\xc3\xbc";
  CHECK(parsed(wide).target().size() == (wide.size() - 8 - 1) * 3 + 1);
}

TEST_CASE("url: one that failed is empty and can be used again") {
  url u;
  REQUIRE(u.parse("https://u:p@a:444/b?c#d") == url_errc::ok);
  for (std::string_view bad : {"https://u:p@a:99999/", "http://[1]/", "x", "", "ftp://a/b/c?d#e"}) {
    CHECK(u.parse(bad) != url_errc::ok);
    CHECK(u.href().empty());
    CHECK(u.origin().empty());
    CHECK(u.host().empty());
    CHECK(u.target().empty());
    CHECK(u.fragment().empty());
  }
  CHECK(u.parse("http://a/") == url_errc::ok);
  CHECK(u.href() == "http://a/");
}

TEST_CASE("url: parsing into a used url keeps its storage") {
  url u;
  REQUIRE(u.parse("http://a.example/" + std::string(300, 'x')) == url_errc::ok);
  const char* const storage = u.href().data();
  for (std::string_view text : {"https://www.example.com/a/b/../c?d=e#f", "http://127.0.0.1:8080/", "bad",
                                "HTTP://A/B C", "http://[2001:db8::1]/x"}) {
    (void)u.parse(text);
    CHECK(u.href().data() == storage);
  }
}

TEST_CASE("url: every error has words, and they are one line") {
  for (unsigned code = 1; code <= static_cast<unsigned>(url_errc::invalid_port); ++code) {
    const std::string_view words = url_errc_text(static_cast<url_errc>(code));
    CHECK(!words.empty());
    CHECK(words.find('\n') == words.npos);
  }
  CHECK(url_errc_text(url_errc::ok).empty());
}

TEST_CASE("url: paths copied in one piece come out as those taken segment by segment") {
  // "/." at the end adds nothing but a slash, and sends the whole path the long way.
  for (std::string_view path : {"", "/a", "/a/b/c.html", "/a//b", "//", "/a:b@c;d=e,f", "/%41/b%2e", "/x.y/z..",
                                "/~a/(b)[c]|'", "/a%", "/!$&*+"}) {
    CAPTURE(path);
    const std::string start = "http://a" + std::string(path);
    CHECK(href(start + "/") == href(start + "/."));
    CHECK(href(start + "/?q#f") == href(start + "/.?q#f"));
  }
}

TEST_CASE("url: whatever comes in, a result parses to itself and its parts make up the whole") {
  const std::vector<std::string> pieces = {"http:", "https:", "//", "/", "\\",       "a",    ".",    "..", "%2e",
                                           ":",     "@",      "?",  "#", "[",        "]",    "::1",  "1",  "0x7f",
                                           "80",    " ",      "\t", "%", "\xc3\xbc", "\xff", "xn--", "-",  "^"};
  std::mt19937 random(20261122);
  const url base = parsed("https://u:p@h.test:8443/a/b?q#f");
  url u, again;
  for (int round = 0; round < 30000; ++round) {
    std::string text = random() % 2 ? "http://" : "";
    for (unsigned n = random() % 10; n > 0; --n) text += pieces[random() % pieces.size()];
    CAPTURE(text);
    if (u.parse(text, random() % 2 ? &base : nullptr) != url_errc::ok) continue;
    REQUIRE(again.parse(u.href()) == url_errc::ok);
    REQUIRE(again.href() == u.href());
    REQUIRE(again.origin() == u.origin());
    REQUIRE(again.username() == u.username());
    REQUIRE(again.password() == u.password());
    REQUIRE(again.port() == u.port());
    REQUIRE(again.kind() == u.kind());
    REQUIRE(u.target().starts_with('/'));
    REQUIRE(u.href().ends_with(std::string(u.authority()) + std::string(u.target()) + std::string(u.fragment())));
  }
}

TEST_CASE("percent_decode: complete escapes become bytes, the rest stays") {
  const auto decoded = [](std::string_view text) {
    std::string out = ">";
    percent_decode(text, out);
    return out;
  };
  CHECK(decoded("") == ">");
  CHECK(decoded("a%20b%3a%3A") == ">a b::");
  CHECK(decoded("%C3%BC%00") == std::string(">\xc3\xbc\0", 4));
  CHECK(decoded("%%41%4%zz%4g%") == ">%A%4%zz%4g%");
  CHECK(decoded("100%") == ">100%");
  CHECK(decoded("%2541") == ">%41");
}

TEST_CASE("percent_encode: a percent sign stays, everything the set names does not") {
  std::string out = ">";
  percent_encode("a b%20/:@", encode_set::userinfo, out);
  CHECK(out == ">a%20b%20%2F%3A%40");
}
