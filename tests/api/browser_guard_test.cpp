#include "api/door/browser_guard.hpp"

#include <doctest/doctest.h>

using namespace trawl;

namespace {

bool refused(std::vector<std::pair<std::string, std::string>> fields, std::string authority = "") {
  request asked;
  asked.fields = std::move(fields);
  asked.authority = std::move(authority);
  return browser_guard({"Crawler.example"}).refuse(asked).has_value();
}

}  // namespace

TEST_CASE("browser_guard: addresses, localhost and allowed names may stand in Host") {
  for (const char* host : {"127.0.0.1:7777", "127.0.0.1", "[::1]:7777", "192.0.2.1", "localhost", "LOCALHOST:80",
                           "localhost.", "crawler.example:7777"})
    CHECK_FALSE(refused({{"host", host}}));
  for (const char* host :
       {"evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "crawler.example.evil:1", "[::1", "1.2.3"})
    CHECK(refused({{"host", host}}));
}

TEST_CASE("browser_guard: a target in absolute form counts before Host") {
  CHECK(refused({{"host", "localhost"}}, "evil.example"));
  CHECK_FALSE(refused({{"host", "evil.example"}}, "localhost"));
}

TEST_CASE("browser_guard: a page may only be of the same host and port") {
  CHECK_FALSE(refused({{"host", "localhost:7777"}, {"origin", "http://localhost:7777"}}));
  CHECK_FALSE(refused({{"host", "localhost"}, {"origin", "http://localhost:80"}}));
  CHECK_FALSE(refused({{"host", "localhost:443"}, {"origin", "https://localhost"}}));
  CHECK_FALSE(refused({{"host", "[::1]:7777"}, {"origin", "http://[::1]:7777"}}));
  CHECK(refused({{"host", "localhost:7777"}, {"origin", "http://localhost:3000"}}));
  CHECK(refused({{"host", "localhost:7777"}, {"origin", "http://evil.example"}}));
  CHECK(refused({{"host", "127.0.0.1:7777"}, {"origin", "http://127.0.0.2:7777"}}));
  CHECK(refused({{"host", "localhost:7777"}, {"origin", "null"}}));
}

TEST_CASE("browser_guard: what the browser itself calls cross-site is refused") {
  CHECK(refused({{"host", "localhost"}, {"sec-fetch-site", "cross-site"}}));
  for (const char* fine : {"same-origin", "none", "same-site"})
    CHECK_FALSE(refused({{"host", "localhost"}, {"sec-fetch-site", fine}}));
}
