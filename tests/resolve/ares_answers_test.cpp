// What the resolver makes of each kind of answer, and how it keeps out those of others.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "resolve/resolver_fixture.hpp"

using namespace trawl;
using namespace trawl::test;

TEST_CASE("ares_resolver: every rcode is told by its name, and errors of the server are not remembered") {
  const std::pair<unsigned, const char*> rows[] = {{1, "x.test: the DNS server did not understand (FORMERR)"},
                                                   {2, "x.test: server failure (SERVFAIL)"},
                                                   {3, "x.test: no such name"},
                                                   {4, "x.test: the DNS server cannot answer (NOTIMP)"},
                                                   {5, "x.test: the DNS server refused to answer (REFUSED)"},
                                                   {9, "x.test: the DNS server answered with rcode 9"},
                                                   {15, "x.test: the DNS server answered with rcode 15"},
                                                   {0, "x.test: no addresses"}};
  for (const auto& [rcode, detail] : rows) {
    CAPTURE(rcode);
    scripted s;
    s.answer_rcode(rcode);
    const auto outcome = s.ask("x.test");
    CHECK(outcome.error().code == errc::dns_error);
    CHECK(outcome.error().detail == detail);
    const bool negative = rcode == 3 || rcode == 0;
    CHECK(outcome.error().transient == !negative);
    CHECK((s.resolver.cached("x.test", 80, clock::now()) != nullptr) == negative);
  }
}

TEST_CASE("ares_resolver: a server that knows no EDNS is asked without it") {
  scripted s([](resolver_options& o) { o.families = family_plan::both_prefer_a; });
  s.server.on_question = [&](const dns_question& q) {
    if (q.edns) return s.server.send(q, q.reply(1));
    s.server.send(
        q, q.is_a() ? q.reply(0, {dns_wire::a(q.name, "127.0.0.2")}) : q.reply(0, {dns_wire::aaaa(q.name, "::2")}));
  };
  CHECK(texts(s.ask("x.test")) == list{"127.0.0.2", "::2"});
  CHECK(texts(s.ask("y.test")) == list{"127.0.0.2", "::2"});
}

TEST_CASE("ares_resolver: of an alias chain the least TTL counts") {
  scripted s;
  s.server.on_question = [&](const dns_question& q) {
    s.server.send(q, q.reply(0, {dns_wire::cname(q.name, "b.test", 100), dns_wire::cname("b.test", "c.test", 2),
                                 dns_wire::a("c.test", "127.0.0.2", 200)}));
  };
  CHECK(texts(s.ask("x.test")) == list{"127.0.0.2"});
  CHECK(s.resolver.cached("x.test", 80, clock::now() + 1s) != nullptr);
  CHECK(s.resolver.cached("x.test", 80, clock::now() + 2s) == nullptr);
}

TEST_CASE("ares_resolver: an alias that leads nowhere or in a circle is no address") {
  for (const char* target : {"b.test", "x.test"}) {
    scripted s;
    s.server.on_question = [&](const dns_question& q) {
      s.server.send(q, q.reply(0, {dns_wire::cname(q.name, target)}));
    };
    CHECK(s.ask("x.test").error().detail == "x.test: an alias that leads to no address");
  }
}

TEST_CASE("ares_resolver: a long chain of aliases is followed to its end") {
  scripted s;
  s.server.on_question = [&](const dns_question& q) {
    std::vector<std::string> records{dns_wire::cname(q.name, "c0.test")};
    for (int i = 0; i < 25; ++i)
      records.push_back(dns_wire::cname("c" + std::to_string(i) + ".test", "c" + std::to_string(i + 1) + ".test"));
    records.push_back(dns_wire::a("c25.test", "127.0.0.2"));
    s.server.send(q, q.reply(0, records));
  };
  CHECK(texts(s.ask("x.test")) == list{"127.0.0.2"});
}

TEST_CASE("ares_resolver: a question that comes back as it went is no answer, and says nothing about the name") {
  for (const char flags : {'\x01', '\x29'}) {
    scripted s;
    s.server.on_question = [&](const dns_question& q) {
      std::string wire = q.reply(0);
      wire[2] = flags;
      s.server.send(q, wire);
    };
    const auto outcome = s.ask("x.test");
    CHECK(outcome.error().detail == "x.test: malformed answer");
    CHECK(outcome.error().transient);
  }
}

TEST_CASE("ares_resolver: an rcode of EDNS is told by its number") {
  scripted s;
  s.server.on_question = [&](const dns_question& q) {
    std::string wire = q.reply(0) + q.opt(16);
    wire[11] = 1;  // One additional record.
    s.server.send(q, wire);
  };
  CHECK(s.ask("x.test").error().detail == "x.test: the DNS server answered with rcode 16");
}

TEST_CASE("ares_resolver: an answer too long for UDP from a server without TCP is told as such") {
  scripted s;
  s.server.on_question = [&](const dns_question& q) {
    std::string wire = q.reply(0);
    wire[2] = static_cast<char>(wire[2] | 2);  // Truncated.
    s.server.send(q, wire);
  };
  const auto outcome = s.ask("x.test");
  CHECK(outcome.error().code == errc::dns_error);
  CHECK(outcome.error().detail == "x.test: the answer is too long for UDP, and the DNS server gave none over TCP");
  CHECK(outcome.error().transient);
}

TEST_CASE("ares_resolver: each lookup leaves by a port of its own where none is under way") {
  scripted s;
  s.answer_all("127.0.0.2");
  std::set<unsigned short> ports;
  for (int i = 0; i < 20; ++i) CHECK(s.ask("n" + std::to_string(i) + ".test").has_value());
  for (const dns_question& q : s.server.questions()) ports.insert(q.from.port());
  CHECK(ports.size() >= 15);
}

TEST_CASE("ares_resolver: forged and foreign answers are ignored, the true one counts") {
  scripted s;
  scripted_dns stranger(s.shard.loop);
  s.server.on_question = [&](const dns_question& q) {
    const std::string evil = q.reply(0, {dns_wire::a(q.name, "127.6.6.6")});
    stranger.send(q, evil);  // From another port.
    dns_question other = q;
    other.id = static_cast<std::uint16_t>(q.id + 1);
    s.server.send(q, other.reply(0, {dns_wire::a(q.name, "127.6.6.6")}));
    other = q;
    other.name = "y.test";
    s.server.send(q, other.reply(0, {dns_wire::a("y.test", "127.6.6.6")}));
    s.server.send(q, "");
    s.server.send(q, evil.substr(0, 11));
    s.server.send(q, q.reply(0, {dns_wire::a("bank.test", "127.6.6.6"), dns_wire::a(q.name, "127.0.0.2")}));
  };
  CHECK(texts(s.ask("x.test")) == list{"127.0.0.2"});
  CHECK(s.resolver.cached("y.test", 80, clock::now()) == nullptr);
  CHECK(s.resolver.cached("bank.test", 80, clock::now()) == nullptr);
}

TEST_CASE("ares_resolver: malformed answers end the lookup or its time, cut at any octet") {
  scripted s([](resolver_options& o) { o.query_timeout = 10ms; });
  std::size_t size = 0;
  s.server.on_question = [&](const dns_question& q) {
    s.server.send(q,
                  q.reply(0, {dns_wire::cname(q.name, "b.test"), dns_wire::a("b.test", "127.0.0.2")}).substr(0, size));
  };
  const std::size_t whole = 12 + 12 + 18 + 8 + 8 + 14;
  for (size = 0; size < whole; ++size) {
    CAPTURE(size);
    CHECK(s.ask("x" + std::to_string(100 + size) + ".test").has_error());
  }
}

TEST_CASE("ares_resolver: the source port changes every thousand queries, and no answer is lost by it") {
  scripted s;
  s.answer_all("127.0.0.2");
  std::vector<wait_for> waits(2500);
  for (std::size_t i = 0; i < waits.size(); ++i) s.shard.start(s.resolver, "n" + std::to_string(i) + ".test", waits[i]);
  s.shard.run_until([&] { return std::all_of(waits.begin(), waits.end(), [](auto& w) { return w.done(); }); });
  for (const wait_for& each : waits) REQUIRE(each.outcome->has_value());
  std::vector<unsigned short> ports;
  for (const dns_question& q : s.server.questions()) ports.push_back(q.from.port());
  std::sort(ports.begin(), ports.end());
  ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
  CHECK(ports.size() >= 3);
}

TEST_CASE("ares_resolver: a name is asked for as it is: no search domains, with and without a dot in it") {
  scripted s;
  s.answer_rcode(3);
  for (const char* name : {"intranet", "www.corp"}) CHECK(s.ask(name).has_error());
  for (const dns_question& q : s.server.questions()) CHECK((q.name == "intranet" || q.name == "www.corp"));
}
