#include "url/host_parser.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace trawl;

namespace {

struct outcome {
  url_errc error;
  host_kind kind;
  std::string text;
};

outcome host(std::string_view text) {
  outcome out{url_errc::ok, host_kind::domain, ""};
  out.error = parse_host(text, out.text, out.kind);
  return out;
}

/// The host if it is of this kind, else what went wrong.
std::string as(host_kind kind, std::string_view text) {
  const outcome out = host(text);
  if (out.error != url_errc::ok) return "<" + std::string(url_errc_text(out.error)) + ">";
  return out.kind == kind ? out.text : "<other kind> " + out.text;
}
std::string domain(std::string_view text) { return as(host_kind::domain, text); }
std::string ipv4(std::string_view text) { return as(host_kind::ipv4, text); }
std::string ipv6(std::string_view text) { return as(host_kind::ipv6, "[" + std::string(text) + "]"); }

}  // namespace

TEST_CASE("host: names come out in lower case, and otherwise as they are") {
  CHECK(domain("example.com") == "example.com");
  CHECK(domain("WWW.Example.COM") == "www.example.com");
  CHECK(domain("localhost.") == "localhost.");
  CHECK(domain("a..b") == "a..b");
  CHECK(domain(".") == ".");
  CHECK(domain("-a-.b_c") == "-a-.b_c");
  CHECK(domain("ab--cd.x--y") == "ab--cd.x--y");
  CHECK(domain("a!\"$&'()*+,;=`{}~b") == "a!\"$&'()*+,;=`{}~b");
  CHECK(domain(std::string(300, 'a')) == std::string(300, 'a'));
}

TEST_CASE("host: escapes are decoded before anything is judged") {
  CHECK(domain("ex%61mpl%65.com") == "example.com");
  CHECK(domain("EX%41MPLE") == "example");
  CHECK(ipv4("%31%32%37.0.0.1") == "127.0.0.1");
  CHECK(ipv4("127%2e1") == "127.0.0.1");
}

TEST_CASE("host: characters that no name may have are refused, plain or escaped") {
  for (int c = 0; c < 0x80; ++c) {
    const bool refused = c <= 0x20 || c == 0x7f ||
                         std::string_view("#%/:<>?@[\\]^|").find(static_cast<char>(c)) != std::string_view::npos;
    const std::string plain = std::string("a") + static_cast<char>(c) + "z";
    const char* const hex = "0123456789abcdef";
    const std::string escaped = std::string("a%") + hex[c >> 4] + hex[c & 15] + "z";
    CAPTURE(c);
    CHECK((host(plain).error == url_errc::invalid_host) == refused);
    CHECK((host(escaped).error == url_errc::invalid_host) == refused);
  }
  for (std::string_view text : {"%", "a%", "a%4", "%zz", "%2541", "a]", "a[b]", "::1]"}) {
    CAPTURE(text);
    CHECK(host(text).error == url_errc::invalid_host);
  }
}

TEST_CASE("host: IPv4 in every notation that browsers take") {
  CHECK(ipv4("127.0.0.1") == "127.0.0.1");
  CHECK(ipv4("127.0.0.1.") == "127.0.0.1");
  CHECK(ipv4("127.1") == "127.0.0.1");
  CHECK(ipv4("127.0.1") == "127.0.0.1");
  CHECK(ipv4("127.65535") == "127.0.255.255");
  CHECK(ipv4("1.2.65535") == "1.2.255.255");
  CHECK(ipv4("2130706433") == "127.0.0.1");
  CHECK(ipv4("0x7f000001") == "127.0.0.1");
  CHECK(ipv4("0X7F.1") == "127.0.0.1");
  CHECK(ipv4("0x7f.0x0.0x0.0x1") == "127.0.0.1");
  CHECK(ipv4("017700000001") == "127.0.0.1");
  CHECK(ipv4("0177.0.0.01") == "127.0.0.1");
  CHECK(ipv4("192.0x00A80001") == "192.168.0.1");
  CHECK(ipv4("0xc0.0250.01") == "192.168.0.1");
  CHECK(ipv4("0") == "0.0.0.0");
  CHECK(ipv4("0x") == "0.0.0.0");
  CHECK(ipv4("0x.0X") == "0.0.0.0");
  CHECK(ipv4("00000000000000000000000000000000000001") == "0.0.0.1");
  CHECK(ipv4("4294967295") == "255.255.255.255");
  CHECK(ipv4("255.16777215") == "255.255.255.255");
  CHECK(ipv4("0xffffffff") == "255.255.255.255");
  CHECK(ipv4("037777777777") == "255.255.255.255");
}

TEST_CASE("host: what ends in a number but is no IPv4 address is refused, never a name") {
  for (std::string_view text : {"256",        "256.0.0.1",  "1.256.1",     "1.2.3.256",    "1.2.65536",
                                "1.16777216", "4294967296", "0x100000000", "040000000000", "99999999999999999999999999",
                                "1.2.3.4.5",  "1..2",       ".1",          "a.1",          "a.b.c.0x1f",
                                "1.2.3.08",   "08",         "09.1",        "1.2.3.4.5.",   "0x.a.0x",
                                "foo.09",     "1.0xg.1",    "example.123."}) {
    CAPTURE(text);
    CHECK((text == "256" || host(text).error == url_errc::invalid_ipv4));
  }
  CHECK(ipv4("256") == "0.0.1.0");
}

TEST_CASE("host: names with digits that do not end in a number stay names") {
  for (std::string_view text : {"1a", "0xg", "1.2.3.a", "0x1.z", "1..", "1.2.3.4..", "a.0xzz", "12-3", "1.1e1"}) {
    CAPTURE(text);
    CHECK(domain(text) == text);
  }
}

TEST_CASE("host: IPv6 is written as RFC 5952 wants it") {
  CHECK(ipv6("::") == "[::]");
  CHECK(ipv6("::1") == "[::1]");
  CHECK(ipv6("1::") == "[1::]");
  CHECK(ipv6("0:0:0:0:0:0:0:1") == "[::1]");
  CHECK(ipv6("2001:0DB8:0000::00FF") == "[2001:db8::ff]");
  CHECK(ipv6("1:2:3:4:5:6:7:8") == "[1:2:3:4:5:6:7:8]");
  CHECK(ipv6("1:0:0:2:0:0:0:3") == "[1:0:0:2::3]");
  CHECK(ipv6("1:0:0:2:3:0:0:4") == "[1::2:3:0:0:4]");
  CHECK(ipv6("1:0:2:3:4:5:6:7") == "[1:0:2:3:4:5:6:7]");
  CHECK(ipv6("0:1:2:3:4:5:6:0") == "[0:1:2:3:4:5:6:0]");
  CHECK(ipv6("0:0:1:2:3:4:5:6") == "[::1:2:3:4:5:6]");
  CHECK(ipv6("1:2:3:4:5:6:0:0") == "[1:2:3:4:5:6::]");
  CHECK(ipv6("1:2:3:4:5:6:7::") == "[1:2:3:4:5:6:7:0]");
  CHECK(ipv6("::2:3:4:5:6:7:8") == "[0:2:3:4:5:6:7:8]");
}

TEST_CASE("host: IPv6 may end in an IPv4 address") {
  CHECK(ipv6("::127.0.0.1") == "[::7f00:1]");
  CHECK(ipv6("::ffff:192.168.0.1") == "[::ffff:c0a8:1]");
  CHECK(ipv6("1:2:3:4:5:6:255.255.255.255") == "[1:2:3:4:5:6:ffff:ffff]");
  CHECK(ipv6("64:ff9b::0.0.0.0") == "[64:ff9b::]");
}

TEST_CASE("host: IPv6 that is none is refused") {
  for (std::string_view text : {"",
                                ":",
                                ":::",
                                "1",
                                "1:2:3:4:5:6:7",
                                "1:2:3:4:5:6:7:8:9",
                                "1:2:3:4:5:6:7:8:",
                                "1:2:3:4:5:6:7:8::",
                                "1:2:3:4:5:6:7::8",
                                "::1:2:3:4:5:6:7:8",
                                ":1",
                                "1:",
                                "1::2::3",
                                "12345::",
                                "g::",
                                "::1%25eth0",
                                "::1%eth0",
                                "::1.2.3",
                                "::1.2.3.4.5",
                                "::1.2.3.256",
                                "::1.2.3.04",
                                "::00.0.0.0",
                                "::1.2.3.",
                                "::.1.2.3",
                                "::1..2.3",
                                "::1.2.3.4:5",
                                "1:2:3:4:5:6:7:1.2.3.4",
                                "1.2.3.4",
                                "::1.2.3.4 ",
                                " ::1",
                                "::-1",
                                "::0x1",
                                "::1.2.3.a",
                                "[::1",
                                "::a.1.1.1"}) {
    CAPTURE(text);
    CHECK(ipv6(text) == "<the host in brackets is not an IPv6 address>");
  }
  CHECK(host("[").error == url_errc::invalid_ipv6);
  CHECK(host("[::1").error == url_errc::invalid_ipv6);
  CHECK(host("[::1]x").error == url_errc::invalid_ipv6);
  CHECK(host("[::1].").error == url_errc::invalid_ipv6);
}

TEST_CASE("host: it is added to what is there") {
  std::string out = "http://";
  host_kind kind{};
  REQUIRE(parse_host("0x7F.1", out, kind) == url_errc::ok);
  CHECK(out == "http://127.0.0.1");
  CHECK(kind == host_kind::ipv4);
}
