#include "resolve/dns_cache.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace trawl;
using namespace std::chrono_literals;

namespace {

constexpr time_point t0{};

address_answer answer(const char* text) {
  address_answer one;
  one.addresses = {asio::ip::make_address(text)};
  one.queried = true;
  return one;
}

failure no_name() { return {errc::dns_error, phase::dns, "x.test: no such name"}; }
std::string name(int i) { return "host" + std::to_string(i) + ".test"; }

}  // namespace

TEST_CASE("dns_cache: an answer is known until its TTL has passed, and is no fresh query") {
  dns_cache cache;
  cache.put("x.test", answer("127.0.0.2"), 60s, t0);
  const resolve_outcome* found = cache.find("x.test", t0 + 60s - 1ns);
  REQUIRE(found != nullptr);
  CHECK(found->value().addresses == answer("127.0.0.2").addresses);
  CHECK_FALSE(found->value().queried);
  CHECK(cache.find("x.test", t0 + 60s) == nullptr);
  CHECK(cache.find("y.test", t0) == nullptr);
}

TEST_CASE("dns_cache: TTLs are kept between a second and five minutes") {
  dns_cache cache;
  cache.put("zero.test", answer("127.0.0.2"), 0s, t0);
  cache.put("negative.test", answer("127.0.0.2"), -1s, t0);
  cache.put("week.test", answer("127.0.0.2"), 604800s, t0);
  for (const char* brief : {"zero.test", "negative.test"}) {
    CHECK(cache.find(brief, t0 + 999ms) != nullptr);
    CHECK(cache.find(brief, t0 + 1s) == nullptr);
  }
  CHECK(cache.find("week.test", t0 + 300s - 1ns) != nullptr);
  CHECK(cache.find("week.test", t0 + 300s) == nullptr);
}

TEST_CASE("dns_cache: what does not exist is remembered for five seconds") {
  dns_cache cache;
  cache.put_negative("x.test", no_name(), t0);
  const resolve_outcome* found = cache.find("x.test", t0 + 4999ms);
  REQUIRE(found != nullptr);
  CHECK(found->error().detail == "x.test: no such name");
  CHECK(cache.find("x.test", t0 + 5s) == nullptr);
}

TEST_CASE("dns_cache: a newer answer replaces an older one of either kind") {
  dns_cache cache;
  cache.put_negative("x.test", no_name(), t0);
  cache.put("x.test", answer("127.0.0.3"), 60s, t0 + 1s);
  CHECK(cache.find("x.test", t0 + 60s)->value().addresses == answer("127.0.0.3").addresses);
  cache.put_negative("x.test", no_name(), t0 + 2s);
  CHECK(cache.find("x.test", t0 + 2s)->has_error());
  CHECK(cache.size() == 1);
}

TEST_CASE("dns_cache: it never holds more names than its capacity") {
  dns_cache cache(3);
  for (int i = 0; i < 3; ++i) cache.put(name(i), answer("127.0.0.2"), 60s, t0);
  CHECK(cache.size() == 3);
  for (int i = 0; i < 3; ++i) CHECK(cache.find(name(i), t0) != nullptr);
  for (int i = 3; i < 100; ++i) cache.put(name(i), answer("127.0.0.2"), 60s, t0);
  CHECK(cache.size() == 3);
  CHECK(cache.find(name(99), t0) != nullptr);
}

TEST_CASE("dns_cache: when full, names that are in use stay and others go") {
  dns_cache cache(4);
  for (int i = 0; i < 4; ++i) cache.put(name(i), answer("127.0.0.2"), 60s, t0);
  for (int i = 10; i < 30; ++i) {
    CHECK(cache.find(name(2), t0) != nullptr);
    cache.put(name(i), answer("127.0.0.2"), 60s, t0);
  }
  CHECK(cache.find(name(2), t0) != nullptr);
}

TEST_CASE("dns_cache: an expired name goes before one in use, though it was in use itself") {
  dns_cache cache(2);
  cache.put("old.test", answer("127.0.0.2"), 1s, t0);
  cache.put("new.test", answer("127.0.0.2"), 60s, t0);
  CHECK(cache.find("old.test", t0) != nullptr);
  CHECK(cache.find("new.test", t0) != nullptr);
  cache.put("third.test", answer("127.0.0.2"), 60s, t0 + 2s);
  CHECK(cache.find("new.test", t0 + 2s) != nullptr);
  CHECK(cache.find("third.test", t0 + 2s) != nullptr);
}

TEST_CASE("dns_cache: a capacity of one works") {
  dns_cache cache(1);
  cache.put("a.test", answer("127.0.0.2"), 60s, t0);
  CHECK(cache.find("a.test", t0) != nullptr);
  cache.put("b.test", answer("127.0.0.2"), 60s, t0);
  CHECK(cache.find("a.test", t0) == nullptr);
  CHECK(cache.find("b.test", t0) != nullptr);
}
