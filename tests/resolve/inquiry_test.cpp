#include "resolve/inquiry.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace trawl;
using namespace std::chrono_literals;

namespace {

constexpr time_point t0{};
constexpr auto a = dns_family::a;
constexpr auto aaaa = dns_family::aaaa;

dns_answer found(std::initializer_list<const char*> texts, seconds ttl = 60s) {
  dns_answer answer;
  answer.kind = dns_reply::addresses;
  for (const char* text : texts) answer.addresses.push_back(asio::ip::make_address(text));
  answer.ttl = ttl;
  return answer;
}

dns_answer ended(dns_reply kind) {
  dns_answer answer;
  answer.kind = kind;
  return answer;
}

inquiry started(family_plan plan, std::size_t servers = 1) {
  inquiry one({.plan = plan, .query_timeout = 2s, .tries = 3, .servers = servers});
  one.start(t0);
  return one;
}

std::vector<dns_family> due(inquiry& one, time_point now) {
  std::vector<dns_family> all;
  while (const auto family = one.next_query(now)) all.push_back(*family);
  return all;
}

std::vector<std::string> texts(const inquiry& one) {
  std::vector<std::string> all;
  for (const auto& each : one.addresses().addresses) all.push_back(each.to_string());
  return all;
}

using families = std::vector<dns_family>;
using list = std::vector<std::string>;

}  // namespace

TEST_CASE("inquiry: without IPv6 only A is asked, and its answer ends it") {
  inquiry one = started(family_plan::a_then_aaaa);
  CHECK(due(one, t0) == families{a});
  CHECK_FALSE(one.finished(t0));
  one.answered(a, found({"127.0.0.2", "127.0.0.3"}), t0 + 1ms);
  CHECK(one.finished(t0 + 1ms));
  CHECK(texts(one) == list{"127.0.0.2", "127.0.0.3"});
  CHECK(one.ttl() == 60s);
}

TEST_CASE("inquiry: without IPv6 AAAA is asked when there is no A") {
  inquiry one = started(family_plan::a_then_aaaa);
  CHECK(due(one, t0) == families{a});
  one.answered(a, ended(dns_reply::no_data), t0 + 1ms);
  CHECK(due(one, t0 + 1ms) == families{aaaa});
  SUBCASE("and found") {
    one.answered(aaaa, found({"::1"}), t0 + 2ms);
    CHECK(one.finished(t0 + 2ms));
    CHECK(texts(one) == list{"::1"});
  }
  SUBCASE("and not found") {
    one.answered(aaaa, ended(dns_reply::no_data), t0 + 2ms);
    CHECK(one.finished(t0 + 2ms));
    CHECK(one.why_none().kind == dns_reply::no_data);
  }
  SUBCASE("and the server failed, which is not the same as nothing there") {
    one.answered(aaaa, ended(dns_reply::server_failure), t0 + 2ms);
    CHECK(one.finished(t0 + 2ms));
    CHECK(one.why_none().kind == dns_reply::server_failure);
  }
}

TEST_CASE("inquiry: with IPv6 both families are asked at once and their addresses taken by turns") {
  inquiry one = started(family_plan::both_prefer_aaaa);
  CHECK(due(one, t0) == families{a, aaaa});
  one.answered(a, found({"127.0.0.2", "127.0.0.3", "127.0.0.4"}, 60s), t0 + 1ms);
  CHECK_FALSE(one.finished(t0 + 1ms));
  one.answered(aaaa, found({"::2", "::3"}, 7s), t0 + 2ms);
  CHECK(one.finished(t0 + 2ms));
  CHECK(texts(one) == list{"::2", "127.0.0.2", "::3", "127.0.0.3", "127.0.0.4"});
  CHECK(one.ttl() == 7s);
}

TEST_CASE("inquiry: with poor IPv6 the first address is IPv4") {
  inquiry one = started(family_plan::both_prefer_a);
  CHECK(due(one, t0) == families{a, aaaa});
  one.answered(aaaa, found({"::2"}), t0);
  one.answered(a, found({"127.0.0.2"}), t0);
  CHECK(texts(one) == list{"127.0.0.2", "::2"});
}

TEST_CASE("inquiry: the second family gets 50 ms after the first, no more") {
  for (const dns_family first : {a, aaaa}) {
    inquiry one = started(family_plan::both_prefer_aaaa);
    CHECK(due(one, t0).size() == 2);
    one.answered(first, found({"127.0.0.2"}), t0 + 10ms);
    CHECK(one.wake_at() == t0 + 60ms);
    CHECK_FALSE(one.finished(t0 + 59ms));
    CHECK(one.finished(t0 + 60ms));
    CHECK(texts(one) == list{"127.0.0.2"});
    CHECK(due(one, t0 + 60ms).empty());
    one.answered(first == a ? aaaa : a, found({"127.0.0.3"}), t0 + 70ms);  // Late, for the cache.
    CHECK(texts(one).size() == 2);
  }
}

TEST_CASE("inquiry: a failed family does not hide the other one's addresses") {
  for (const dns_reply kind : {dns_reply::server_failure, dns_reply::no_data, dns_reply::no_such_name}) {
    inquiry one = started(family_plan::both_prefer_aaaa);
    CHECK(due(one, t0).size() == 2);
    one.answered(aaaa, ended(kind), t0 + 1ms);
    CHECK_FALSE(one.finished(t0 + 1ms));
    one.answered(a, found({"127.0.0.2"}), t0 + 2ms);
    CHECK(one.finished(t0 + 2ms));
    CHECK(texts(one) == list{"127.0.0.2"});
  }
}

TEST_CASE("inquiry: NXDOMAIN for A is the last word; for AAAA alone it is only a missing family") {
  inquiry one = started(family_plan::both_prefer_aaaa);
  CHECK(due(one, t0).size() == 2);
  SUBCASE("A") {
    one.answered(a, ended(dns_reply::no_such_name), t0 + 1ms);
    CHECK(one.finished(t0 + 1ms));
    CHECK(one.why_none().kind == dns_reply::no_such_name);
  }
  SUBCASE("AAAA") {
    one.answered(aaaa, ended(dns_reply::no_such_name), t0 + 1ms);
    one.answered(a, ended(dns_reply::no_data), t0 + 1ms);
    CHECK(one.finished(t0 + 1ms));
    CHECK(one.why_none().kind == dns_reply::no_data);
  }
}

TEST_CASE("inquiry: silence is asked again at 2 and 4 s and ends at 6 s") {
  inquiry one = started(family_plan::a_then_aaaa);
  CHECK(due(one, t0) == families{a});
  CHECK(one.wake_at() == t0 + 2s);
  CHECK(due(one, t0 + 1999ms).empty());
  CHECK(due(one, t0 + 2s) == families{a});
  CHECK(due(one, t0 + 2s).empty());
  CHECK(due(one, t0 + 4s) == families{a});
  CHECK(one.wake_at() == t0 + 6s);
  CHECK_FALSE(one.finished(t0 + 5999ms));
  CHECK(one.finished(t0 + 6s));
  CHECK(due(one, t0 + 6s).empty());
  CHECK(one.why_none().kind == dns_reply::no_answer);
}

TEST_CASE("inquiry: an answer to the first of several queries counts, however late") {
  inquiry one = started(family_plan::a_then_aaaa);
  CHECK(due(one, t0).size() == 1);
  CHECK(due(one, t0 + 2s).size() == 1);
  one.answered(a, found({"127.0.0.2"}), t0 + 3s);
  CHECK(one.finished(t0 + 3s));
  one.answered(a, ended(dns_reply::server_failure), t0 + 3s);  // The second one's changes nothing.
  CHECK(texts(one) == list{"127.0.0.2"});
}

TEST_CASE("inquiry: after it gave up an answer still brings addresses") {
  inquiry one = started(family_plan::a_then_aaaa);
  CHECK(due(one, t0).size() == 1);
  CHECK(one.finished(t0 + 6s));
  one.answered(a, found({"127.0.0.2"}), t0 + 7s);
  CHECK(one.has_addresses());
}

TEST_CASE("inquiry: a server that answers with an error is passed over at once, to each of the others once") {
  for (const dns_reply kind : {dns_reply::server_failure, dns_reply::refused, dns_reply::not_implemented,
                               dns_reply::other_rcode, dns_reply::malformed, dns_reply::unreachable}) {
    inquiry one = started(family_plan::a_then_aaaa, 3);
    for (int i = 0; i < 3; ++i) {
      CHECK(due(one, t0) == families{a});
      CHECK_FALSE(one.finished(t0));
      one.answered(a, ended(kind), t0);
    }
    CHECK(one.finished(t0));
    CHECK(due(one, t0).empty());
    CHECK(one.why_none().kind == kind);
  }
}

TEST_CASE("inquiry: of several failures the one that says most is told") {
  inquiry one = started(family_plan::a_then_aaaa, 2);
  CHECK(due(one, t0).size() == 1);
  one.answered(a, ended(dns_reply::server_failure), t0);
  CHECK(due(one, t0).size() == 1);
  one.answered(a, ended(dns_reply::unreachable), t0);
  CHECK(one.finished(t0));
  CHECK(one.why_none().kind == dns_reply::server_failure);
}

TEST_CASE("inquiry: FORMERR gets a second chance, as EDNS may have been the reason") {
  inquiry one = started(family_plan::a_then_aaaa);
  CHECK(due(one, t0).size() == 1);
  one.answered(a, ended(dns_reply::format_error), t0);
  CHECK_FALSE(one.finished(t0));
  CHECK(due(one, t0).size() == 1);
  one.answered(a, ended(dns_reply::format_error), t0);
  CHECK(one.finished(t0));
  CHECK(one.why_none().kind == dns_reply::format_error);
}

TEST_CASE("inquiry: of five servers the silent cost a timeout each, the failing nothing") {
  inquiry one = started(family_plan::a_then_aaaa, 5);
  std::size_t sent = 0;
  for (int s = 0; s < 6; ++s) sent += due(one, t0 + seconds(s)).size();
  CHECK(sent == 3);  // Two seconds of silence each.
  inquiry quick = started(family_plan::a_then_aaaa, 5);
  sent = 0;
  for (; !quick.finished(t0); quick.answered(a, ended(dns_reply::refused), t0)) sent += due(quick, t0).size();
  CHECK(sent == 5);
}

TEST_CASE("inquiry: being short of descriptors is waited out and takes nothing from the time for answers") {
  inquiry one = started(family_plan::a_then_aaaa);
  time_point now = t0;
  for (int i = 0; i < 100; ++i, now += 100ms) {
    CHECK(due(one, now) == families{a});
    one.answered(a, ended(dns_reply::out_of_resources), now);
    CHECK_FALSE(one.finished(now));
    CHECK(one.wake_at() == now + 100ms);
    CHECK(one.starved());
  }
  CHECK(due(one, now) == families{a});
  CHECK_FALSE(one.starved());
  CHECK_FALSE(one.finished(now + 5s));
  one.answered(a, found({"127.0.0.2"}), now + 5s);
  CHECK(one.finished(now + 5s));
}
