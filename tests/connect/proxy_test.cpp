// Proxies as operators write them.
#include "connect/proxy.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace trawl;

namespace {

proxy read(std::string_view text) {
  std::optional<proxy> made;
  const auto wrong = parse_proxy(text, made);
  REQUIRE_MESSAGE(!wrong, text);
  REQUIRE_MESSAGE(made, text);
  return *made;
}

}  // namespace

TEST_CASE("proxy: scheme, port, credentials and a last slash may be left out") {
  struct {
    std::string_view text, name, authorization;
  } const cases[] = {
      {"proxy.test", "proxy.test:1080", ""},
      {"proxy.test:3128", "proxy.test:3128", ""},
      {"http://proxy.test:3128", "proxy.test:3128", ""},
      {"HTTP://Proxy.Test:3128/", "proxy.test:3128", ""},
      {"http://127.0.0.1:1", "127.0.0.1:1", ""},
      {"127.1:65535", "127.0.0.1:65535", ""},
      {"[::1]", "[::1]:1080", ""},
      {"http://[::1]:3128/", "[::1]:3128", ""},
      {"Aladdin:open%20sesame@proxy.test:3128", "proxy.test:3128", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
      {"http://user@proxy.test", "proxy.test:1080", "Basic dXNlcjo="},
      {"http://:secret@proxy.test", "proxy.test:1080", "Basic OnNlY3JldA=="},
      {"http://a:b:c@proxy.test", "proxy.test:1080", "Basic YTpiOmM="},
      {"http://a:b@c@proxy.test", "proxy.test:1080", "Basic YTpiQGM="},
      {"http://a:%40%2F%3a@[::1]:8", "[::1]:8", "Basic YTpALzo="},
      {"http://@proxy.test", "proxy.test:1080", ""},
      {"b\xc3\xbc"
       "cher.test:8",
       "xn--bcher-kva.test:8", ""},
  };
  for (const auto& each : cases) {
    const proxy made = read(each.text);
    CHECK_MESSAGE(made.name() == each.name, each.text);
    CHECK_MESSAGE(made.authorization == each.authorization, each.text);
  }
}

TEST_CASE("proxy: names and addresses are told apart, and an IPv6 address has no brackets") {
  CHECK_FALSE(read("proxy.test").is_address);
  CHECK(read("127.0.0.1").is_address);
  CHECK(read("[::1]").is_address);
  CHECK(read("[::1]").hostname == "::1");
}

TEST_CASE("proxy: nothing, or none, is no proxy") {
  for (const std::string_view text : {"", "none", "NONE"}) {
    std::optional<proxy> made = proxy{};
    CHECK_FALSE(parse_proxy(text, made));
    CHECK_FALSE(made);
  }
}

TEST_CASE("proxy: what is none is refused, and the sentence keeps the password to itself") {
  for (const std::string_view text : {"http://",
                                      "http:///",
                                      ":3128",
                                      "http://proxy.test:",
                                      "http://proxy.test:0",
                                      "http://proxy.test:65536",
                                      "http://proxy.test:80a",
                                      "http://proxy.test:-1",
                                      "http://proxy.test:3128/path",
                                      "http://proxy.test?x",
                                      "::1",
                                      "http://[::1",
                                      "http://two words:3128",
                                      "ftp://hunter2@proxy.test",
                                      "//proxy.test",
                                      "http://a%3Ab:hunter2@p",
                                      "https://u:hunter2@proxy.test",
                                      "socks5://u:hunter2@proxy.test:1080",
                                      "socks4a://p",
                                      "SOCKS5H://p",
                                      "u:hunter2@",
                                      "http://u:hunter2@:80"}) {
    std::optional<proxy> made;
    const auto wrong = parse_proxy(text, made);
    REQUIRE_MESSAGE(wrong, text);
    CHECK_FALSE(made);
    CHECK_MESSAGE(wrong->find("hunter2") == std::string::npos, text);
  }
}

TEST_CASE("proxy: kinds that are not spoken are named as such") {
  std::optional<proxy> made;
  CHECK(parse_proxy("socks5://127.0.0.1:1080", made)->find("SOCKS") != std::string::npos);
  CHECK(parse_proxy("https://127.0.0.1:1080", made)->find("https://") != std::string::npos);
}
