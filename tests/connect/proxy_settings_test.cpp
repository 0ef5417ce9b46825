#include "connect/proxy_settings.hpp"

#include <doctest/doctest.h>

using namespace trawl;

namespace {

proxy_settings read(const std::string& http, const std::string& https, const std::string& except = "") {
  engine_options options;
  options.http_proxy = http;
  options.https_proxy = https;
  options.no_proxy = except;
  std::vector<std::string> problems;
  proxy_settings made(options, problems);
  CHECK(problems.empty());
  return made;
}

std::string chosen(const proxy_settings& from, bool is_https, std::string_view hostname) {
  const proxy* const by = from.choose(is_https, hostname, is_https ? 443 : 80);
  return by == nullptr ? "direct" : by->name();
}

}  // namespace

TEST_CASE("proxy_settings: without any, everything is direct") {
  CHECK(chosen(proxy_settings(), false, "a.test") == "direct");
  CHECK(chosen(read("none", ""), true, "a.test") == "direct");
}

TEST_CASE("proxy_settings: each scheme has its own proxy, or none") {
  const proxy_settings both = read("p1:1", "p2:2");
  CHECK(chosen(both, false, "a.test") == "p1:1");
  CHECK(chosen(both, true, "a.test") == "p2:2");
  const proxy_settings one = read("", "p2:2");
  CHECK(chosen(one, false, "a.test") == "direct");
  CHECK(chosen(one, true, "a.test") == "p2:2");
}

TEST_CASE("proxy_settings: loopback and localhost go through the proxy unless the list names them") {
  for (const std::string_view host : {"localhost", "a.localhost", "127.0.0.1", "::1"}) {
    CHECK(chosen(read("p:1", ""), false, host) == "p:1");
    CHECK(chosen(read("p:1", "", "localhost,127.0.0.0/8,::1"), false, host) == "direct");
  }
}

TEST_CASE("proxy_settings: all that is wrong is told, and no_proxy is looked at only beside a proxy") {
  engine_options options;
  options.no_proxy = "10.*";
  std::vector<std::string> problems;
  proxy_settings(options, problems);
  CHECK(problems.empty());
  options.http_proxy = "socks5://p";
  options.https_proxy = "p:1";
  proxy_settings(options, problems);
  REQUIRE(problems.size() == 2);
  CHECK(problems[0].starts_with("http_proxy: "));
  CHECK(problems[1].starts_with("no_proxy: '10.*'"));
}
