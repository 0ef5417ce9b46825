// Where proxies come from: --proxy, and the variables that other programs read too.
#include <doctest/doctest.h>

#include <map>

#include "cli/options.hpp"

using namespace trawl;

namespace {

using arguments = std::vector<std::string>;
using variables = std::map<std::string, std::string>;

reading read(const arguments& given, const variables& set, command which = command::serve) {
  return read_options(which, given, [&set](const char* name) -> const char* {
    const auto found = set.find(name);
    return found == set.end() ? nullptr : found->second.c_str();
  });
}

// "http https", "-" where there is none.
std::string proxies(const reading& read) {
  CHECK(read.problems.empty());
  const auto shown = [](const std::string& text) { return text.empty() ? "-" : text; };
  return shown(read.values.engine.http_proxy) + " " + shown(read.values.engine.https_proxy);
}

}  // namespace

TEST_CASE("proxy_environment: the variables are honoured, lower case before upper, all_proxy last") {
  CHECK(proxies(read({}, {})) == "- -");
  CHECK(proxies(read({}, {{"http_proxy", "a:1"}})) == "a:1 -");
  CHECK(proxies(read({}, {{"HTTP_PROXY", "a:1"}, {"HTTPS_PROXY", "b:2"}})) == "a:1 b:2");
  CHECK(proxies(read({}, {{"http_proxy", "a:1"}, {"HTTP_PROXY", "b:2"}})) == "a:1 -");
  CHECK(proxies(read({}, {{"https_proxy", ""}, {"HTTPS_PROXY", "b:2"}})) == "- b:2");
  CHECK(proxies(read({}, {{"ALL_PROXY", "c:3"}})) == "c:3 c:3");
  CHECK(proxies(read({}, {{"all_proxy", "c:3"}, {"HTTPS_PROXY", "b:2"}})) == "c:3 b:2");
  CHECK(proxies(read({}, {{"http_proxy", "none"}, {"all_proxy", "c:3"}})) == "none c:3");
  CHECK(proxies(read({}, {{"all_proxy", "c:3"}}, command::check)) == "c:3 c:3");
}

TEST_CASE("proxy_environment: --proxy, TRAWL_PROXY or the file say it for every scheme") {
  const variables set{{"http_proxy", "a:1"}, {"all_proxy", "c:3"}};
  CHECK(proxies(read({"--proxy", "p:8"}, set)) == "p:8 p:8");
  CHECK(proxies(read({"--proxy", "p:8"}, set, command::check)) == "p:8 p:8");
  CHECK(proxies(read({"--proxy", ""}, set)) == "- -");
  CHECK(proxies(read({"--proxy", "none"}, set)) == "none none");
  variables own = set;
  own["TRAWL_PROXY"] = "q:9";
  CHECK(proxies(read({}, own)) == "q:9 q:9");
  CHECK(proxies(read({"--proxy", "p:8"}, own)) == "p:8 p:8");
}

TEST_CASE("proxy_environment: no_proxy holds whoever named the proxy, and is not looked at without one") {
  const variables set{{"no_proxy", "a.test"}, {"NO_PROXY", "b.test"}};
  CHECK(read({"--proxy", "p:8"}, set).values.engine.no_proxy == "a.test");
  CHECK(read({"--proxy", "p:8"}, {{"NO_PROXY", "b.test"}}).values.engine.no_proxy == "b.test");
  CHECK(read({}, {{"NO_PROXY", "10.*"}}).problems.empty());
  CHECK(read({"--proxy", "none"}, {{"NO_PROXY", "10.*"}}).problems.empty());
}

TEST_CASE("proxy_environment: everything wrong is told by the name of its source, without its value") {
  const reading told =
      read({}, {{"http_proxy", "socks5://u:hunter2@p"}, {"HTTPS_PROXY", "p:99999"}, {"no_proxy", "10.*"}});
  REQUIRE(told.problems.size() == 3);
  CHECK(told.problems[0].starts_with("http_proxy: SOCKS"));
  CHECK(told.problems[1].starts_with("HTTPS_PROXY: must be"));
  CHECK(told.problems[2].starts_with("no_proxy: '10.*'"));
  const reading flag = read({"--proxy", "ftp://u:hunter2@p"}, {{"all_proxy", "bad:bad"}});
  REQUIRE(flag.problems.size() == 1);
  CHECK(flag.problems[0].starts_with("--proxy: must be"));
  CHECK(flag.problems[0].find("hunter2") == std::string::npos);
  CHECK(read({}, {{"ALL_PROXY", "bad:bad"}}).problems.size() == 1);
}
