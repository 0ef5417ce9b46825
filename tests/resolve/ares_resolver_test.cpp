#include "resolve/ares_resolver.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/start_error.hpp"
#include "resolve/dnsmasq.hpp"
#include "resolve/resolver_fixture.hpp"

using namespace trawl;
using namespace trawl::test;

namespace {

std::vector<std::string> small_zone() {
  std::vector<std::string> zone{"--local=/test/",
                                "--address=/x.test/127.0.0.2",
                                "--host-record=both.test,127.0.0.3,::3",
                                "--host-record=six.test,::6",
                                "--host-record=target.test,127.0.0.4",
                                "--cname=alias.test,target.test",
                                "--txt-record=text.test,words",
                                "--local-ttl=60"};
  for (int i = 1; i <= 100; ++i) zone.push_back("--address=/big.test/127.1.0." + std::to_string(i));
  return zone;
}

struct real_server {
  dnsmasq server{small_zone()};
  shard_loop shard;
};

}  // namespace

TEST_CASE("ares_resolver: a real server's answers") {
  real_server real;
  ares_resolver resolver(real.shard.loop.get_executor(), real.shard.deadlines, options_for({real.server.address()}));

  const auto x = real.shard.ask(resolver, "x.test");
  CHECK(texts(x) == list{"127.0.0.2"});
  CHECK(x->queried);
  CHECK(texts(real.shard.ask(resolver, "any.x.test")) == list{"127.0.0.2"});
  CHECK(texts(real.shard.ask(resolver, "alias.test")) == list{"127.0.0.4"});
  CHECK(texts(real.shard.ask(resolver, "both.test")) == list{"127.0.0.3"});
  CHECK(texts(real.shard.ask(resolver, "six.test")) == list{"::6"});

  const auto nope = real.shard.ask(resolver, "nope.test");
  CHECK(nope.error().code == errc::dns_error);
  CHECK(nope.error().where == phase::dns);
  CHECK(nope.error().detail == "nope.test: no such name");
  CHECK_FALSE(nope.error().transient);
  CHECK(real.shard.ask(resolver, "text.test").error().detail == "text.test: no addresses");
  CHECK(real.shard.ask(resolver, "elsewhere.example").error().detail ==
        "elsewhere.example: the DNS server refused to answer (REFUSED)");
}

TEST_CASE("ares_resolver: both families, in the order of the plan") {
  real_server real;
  resolver_options options = options_for({real.server.address()});
  options.families = family_plan::both_prefer_aaaa;
  ares_resolver resolver(real.shard.loop.get_executor(), real.shard.deadlines, options);
  CHECK(texts(real.shard.ask(resolver, "both.test")) == list{"::3", "127.0.0.3"});
  CHECK(texts(real.shard.ask(resolver, "x.test")) == list{"127.0.0.2"});
  CHECK(texts(real.shard.ask(resolver, "six.test")) == list{"::6"});
  CHECK(real.shard.ask(resolver, "nope.test").error().detail == "nope.test: no such name");
  CHECK(real.shard.ask(resolver, "text.test").error().detail == "text.test: no addresses");
}

TEST_CASE("ares_resolver: an answer too long for UDP is fetched over TCP and cut to 32 addresses") {
  real_server real;
  ares_resolver resolver(real.shard.loop.get_executor(), real.shard.deadlines, options_for({real.server.address()}));
  CHECK(texts(real.shard.ask(resolver, "big.test")).size() == 32);
  CHECK(real.server.count("query[A] big.test") == 2);  // Once each way.
  CHECK(texts(real.shard.ask(resolver, "x.test")) == list{"127.0.0.2"});
}

TEST_CASE("ares_resolver: the second time a name is known without asking, case and final dot aside") {
  real_server real;
  ares_resolver resolver(real.shard.loop.get_executor(), real.shard.deadlines, options_for({real.server.address()}));
  CHECK(resolver.cached("x.test", 80, clock::now()) == nullptr);
  CHECK(real.shard.ask(resolver, "x.test")->queried);
  const resolve_outcome* known = resolver.cached("X.Test.", 443, clock::now());
  REQUIRE(known != nullptr);
  CHECK(texts(*known) == list{"127.0.0.2"});
  CHECK_FALSE((*known)->queried);
  CHECK_FALSE(real.shard.ask(resolver, "X.TEST")->queried);
  CHECK(real.server.count("query[A] x.test") == 1);
}

TEST_CASE("ares_resolver: what does not exist is asked once in five seconds") {
  real_server real;
  ares_resolver resolver(real.shard.loop.get_executor(), real.shard.deadlines, options_for({real.server.address()}));
  for (int i = 0; i < 3; ++i) CHECK(real.shard.ask(resolver, "nope.test").error().detail == "nope.test: no such name");
  CHECK(real.server.count("query[A] nope.test") == 1);
  CHECK(resolver.cached("nope.test", 80, clock::now() + 6s) == nullptr);
}

TEST_CASE("ares_resolver: literals, overrides and localhost are known without asking") {
  scripted s([](resolver_options& o) { o.overrides = {{"pinned.test", 80, "127.0.0.9"}}; });
  const time_point now = clock::now();
  CHECK(texts(*s.resolver.cached("127.0.0.7", 80, now)) == list{"127.0.0.7"});
  CHECK(texts(*s.resolver.cached("[::1]", 80, now)) == list{"::1"});
  CHECK(texts(*s.resolver.cached("a.LOCALHOST", 80, now)) == list{"127.0.0.1", "::1"});
  CHECK(texts(*s.resolver.cached("pinned.test", 80, now)) == list{"127.0.0.9"});
  CHECK(s.resolver.cached("pinned.test", 81, now) == nullptr);
  CHECK(texts(s.ask("127.0.0.7")) == list{"127.0.0.7"});
  CHECK(s.server.asked() == 0);
}

TEST_CASE("ares_resolver: names that cannot exist are refused without asking") {
  scripted s;
  CHECK(s.ask("a..test").error().detail == "a..test: the name has an empty label");
  CHECK(s.ask(std::string(64, 'a') + ".test").error().code == errc::dns_error);
  CHECK(s.ask("hidden.onion").error().detail == "hidden.onion: onion names are not in the DNS (RFC 7686)");
  CHECK(s.server.asked() == 0);
}

TEST_CASE("ares_resolver: equal lookups in flight are one query") {
  scripted s;
  s.answer_all("127.0.0.2");
  std::vector<wait_for> waits(50);
  for (std::size_t i = 0; i < waits.size(); ++i) s.shard.start(s.resolver, i % 2 == 0 ? "x.test" : "X.test.", waits[i]);
  s.shard.run_until([&] { return std::all_of(waits.begin(), waits.end(), [](auto& w) { return w.done(); }); });
  for (const wait_for& each : waits) CHECK(texts(*each.outcome) == list{"127.0.0.2"});
  CHECK(s.server.asked() == 1);
  CHECK(s.server.questions().front().edns);
}

TEST_CASE("ares_resolver: never more names in flight than allowed, and all get their turn") {
  scripted s([](resolver_options& o) { o.max_in_flight = 3; });
  std::vector<dns_question> held;
  s.server.on_question = [&](const dns_question& q) { held.push_back(q); };
  std::vector<wait_for> waits(10);
  for (std::size_t i = 0; i < waits.size(); ++i) s.shard.start(s.resolver, "n" + std::to_string(i) + ".test", waits[i]);
  for (std::size_t answered = 0; answered < waits.size(); ++answered) {
    s.shard.run_until([&] { return held.size() > answered; });
    s.shard.settle();
    CHECK(held.size() <= answered + 3);
    CHECK(waits.back().handle.queued() == (answered < 7));
    s.server.send(held[answered], held[answered].reply(0, {dns_wire::a(held[answered].name, "127.0.0.2")}));
    s.shard.run_until([&] { return waits[answered].done(); });
  }
  CHECK(s.server.asked() == 10);
  CHECK(s.resolver.pending() == 0);
}

TEST_CASE("ares_resolver: names nobody answers for give their place to those that wait") {
  scripted s([](resolver_options& o) {
    o.max_in_flight = 2;
    o.query_timeout = 20ms;
  });
  std::vector<wait_for> waits(7);
  for (std::size_t i = 0; i < waits.size(); ++i) s.shard.start(s.resolver, "n" + std::to_string(i) + ".test", waits[i]);
  s.shard.run_until([&] { return std::all_of(waits.begin(), waits.end(), [](auto& w) { return w.done(); }); });
  for (const wait_for& each : waits) CHECK(each.outcome->error().code == errc::dns_timeout);
  CHECK(s.server.asked() >= 7);
}

TEST_CASE("ares_resolver: a burst is cut short, and slow names do not hold it up for long") {
  scripted s([](resolver_options& o) {
    o.max_burst = 2;
    o.query_timeout = 5s;
  });
  std::vector<wait_for> waits(4);
  const time_point start = clock::now();
  for (std::size_t i = 0; i < waits.size(); ++i) s.shard.start(s.resolver, "n" + std::to_string(i) + ".test", waits[i]);
  s.shard.run_until([&] { return s.server.asked() == 2; });
  s.shard.settle();
  CHECK(s.server.asked() == 2);
  s.shard.run_until([&] { return s.server.asked() == 4; });
  CHECK(clock::now() - start >= 300ms);
  s.resolver.close();
  s.shard.run_until([&] { return waits.back().done(); });
}

TEST_CASE("ares_resolver: cancel ends the wait at once, and the answer still feeds the cache") {
  scripted s;
  std::vector<dns_question> held;
  s.server.on_question = [&](const dns_question& q) { held.push_back(q); };
  wait_for one;
  wait_for other;
  s.shard.start(s.resolver, "x.test", one);
  s.shard.start(s.resolver, "x.test", other);
  s.shard.run_until([&] { return !held.empty(); });
  one.handle.cancel();
  other.handle.cancel();
  one.handle.cancel();
  s.shard.run_until([&] { return one.done() && other.done(); });
  CHECK(one.outcome->error().code == errc::none);
  CHECK(one.outcome->error().where == phase::dns);
  CHECK(one.outcome->error().detail == "cancelled");
  s.server.send(held[0], held[0].reply(0, {dns_wire::a("x.test", "127.0.0.2")}));
  s.shard.run_until([&] { return s.resolver.cached("x.test", 80, clock::now()) != nullptr; });
  CHECK(s.ask("x.test").has_value());
  CHECK(s.server.asked() == 1);
}

TEST_CASE("ares_resolver: a cancelled handle waits again as if it were new") {
  scripted s;
  wait_for one;
  s.shard.start(s.resolver, "x.test", one);
  s.shard.run_until([&] { return s.server.asked() == 1; });
  one.handle.cancel();
  s.shard.run_until([&] { return one.done(); });
  one.handle.cancel();  // Nobody waits.
  one.outcome.reset();
  s.answer_all("127.0.0.2");
  s.shard.start(s.resolver, "y.test", one);
  s.shard.run_until([&] { return one.done(); });
  CHECK(texts(*one.outcome) == list{"127.0.0.2"});
}

TEST_CASE("ares_resolver: names cancelled before their turn are never asked for") {
  scripted s([](resolver_options& o) { o.max_in_flight = 1; });
  std::vector<dns_question> held;
  s.server.on_question = [&](const dns_question& q) { held.push_back(q); };
  wait_for first;
  wait_for second;
  s.shard.start(s.resolver, "first.test", first);
  s.shard.start(s.resolver, "second.test", second);
  s.shard.run_until([&] { return !held.empty(); });
  CHECK(second.handle.queued());
  second.handle.cancel();
  s.server.send(held[0], held[0].reply(3));
  s.shard.run_until([&] { return first.done() && second.done(); });
  CHECK(s.resolver.pending() == 0);
  CHECK(s.server.asked() == 1);
}

TEST_CASE("ares_resolver: silence is asked three times and ends as dns_timeout, within its time") {
  scripted s([](resolver_options& o) { o.query_timeout = 200ms; });
  const time_point start = clock::now();
  const auto outcome = s.ask("x.test");
  const auto took = clock::now() - start;
  CHECK(outcome.error().code == errc::dns_timeout);
  CHECK(outcome.error().detail == "x.test: no answer within 600 ms");
  CHECK(outcome.error().transient);
  CHECK(took >= 600ms);
  CHECK(took < 3s);
  CHECK(s.server.asked() == 3);
  CHECK(s.resolver.cached("x.test", 80, clock::now()) == nullptr);
}

TEST_CASE("ares_resolver: one lost answer costs one timeout, not the lookup") {
  scripted s([](resolver_options& o) { o.query_timeout = 200ms; });
  s.server.on_question = [&](const dns_question& q) {
    if (s.server.asked() > 1) s.server.send(q, q.reply(0, {dns_wire::a(q.name, "127.0.0.2")}));
  };
  CHECK(texts(s.ask("x.test")) == list{"127.0.0.2"});
  CHECK(s.server.asked() >= 2);
}

TEST_CASE("ares_resolver: a late answer counts, while others were asked for and after the end") {
  scripted s([](resolver_options& o) { o.query_timeout = 300ms; });
  SUBCASE("to the first query, after the second was sent") {
    s.server.on_question = [&](const dns_question& q) {
      if (s.server.asked() == 1)
        s.shard.after(400ms, [&s, q] { s.server.send(q, q.reply(0, {dns_wire::a(q.name, "127.0.0.2")})); });
    };
    CHECK(texts(s.ask("x.test")) == list{"127.0.0.2"});
    CHECK(s.server.asked() >= 2);
  }
  SUBCASE("to the last query, after dns_timeout") {
    s.server.on_question = [&](const dns_question& q) {
      if (s.server.asked() == 3)
        s.shard.after(400ms, [&s, q] { s.server.send(q, q.reply(0, {dns_wire::a(q.name, "127.0.0.2")})); });
    };
    CHECK(s.ask("x.test").error().code == errc::dns_timeout);
    s.shard.run_until([&] { return s.resolver.cached("x.test", 80, clock::now()) != nullptr; });
  }
}

TEST_CASE("ares_resolver: the next server is asked when one fails or is silent") {
  shard_loop shard;
  scripted_dns bad(shard.loop);
  scripted_dns good(shard.loop);
  good.on_question = [&](const dns_question& q) { good.send(q, q.reply(0, {dns_wire::a(q.name, "127.0.0.2")})); };
  resolver_options options = options_for({bad.address(), good.address()});
  options.query_timeout = 300ms;
  ares_resolver resolver(shard.loop.get_executor(), shard.deadlines, options);
  SUBCASE("SERVFAIL") {
    bad.on_question = [&](const dns_question& q) { bad.send(q, q.reply(2)); };
    for (int i = 0; i < 10; ++i) CHECK(shard.ask(resolver, "n" + std::to_string(i) + ".test").has_value());
    CHECK(bad.asked() >= 4);
    CHECK(good.asked() == 10);
  }
  SUBCASE("silent, and then spared") {
    for (int i = 0; i < 10; ++i) CHECK(shard.ask(resolver, "n" + std::to_string(i) + ".test").has_value());
    CHECK(bad.asked() == 1);
    CHECK(good.asked() == 10);
  }
}

TEST_CASE("ares_resolver: a server that is silent to one family only is spared as well, once its time is over") {
  shard_loop shard;
  scripted_dns silent(shard.loop);
  scripted_dns good(shard.loop);
  good.on_question = [&](const dns_question& q) {
    good.send(q, q.is_a() ? q.reply(0, {dns_wire::a(q.name, "127.0.0.2")}) : q.reply(0));
  };
  resolver_options options = options_for({silent.address(), good.address()});
  options.families = family_plan::both_prefer_a;
  options.query_timeout = 300ms;
  options.tries = 1;
  ares_resolver resolver(shard.loop.get_executor(), shard.deadlines, options);
  CHECK(shard.ask(resolver, "x.test").has_value());
  shard.run_until([&] { return shard.deadlines.size() == 0; });  // What was left open is over.
  const std::size_t before = silent.asked();
  CHECK(before >= 1);
  for (int i = 0; i < 5; ++i) CHECK(shard.ask(resolver, "n" + std::to_string(i) + ".test").has_value());
  CHECK(silent.asked() == before);
}

TEST_CASE("ares_resolver: servers that nobody runs end the lookup at once") {
  shard_loop shard;
  auto gone = std::make_unique<scripted_dns>(shard.loop);
  const std::string address = gone->address();
  gone.reset();
  ares_resolver resolver(shard.loop.get_executor(), shard.deadlines, options_for({address}));
  const time_point start = clock::now();
  const auto outcome = shard.ask(resolver, "x.test");
  CHECK(outcome.error().code == errc::dns_error);
  CHECK(outcome.error().detail == "x.test: no DNS server could be reached");
  CHECK(outcome.error().transient);
  CHECK(clock::now() - start < 1s);
}

TEST_CASE("ares_resolver: being out of descriptors is waited out") {
  scripted s;
  s.answer_all("127.0.0.2");
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit none = before;
  none.rlim_cur = 0;
  wait_for one;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  s.shard.start(s.resolver, "x.test", one);
  bool later = false;
  s.shard.after(400ms, [&] { later = true; });
  s.shard.run_until([&] { return later; });
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK_FALSE(one.done());
  CHECK(one.handle.queued());  // So no timeout of the fetch runs.
  s.shard.run_until([&] { return one.done(); });
  CHECK(texts(*one.outcome) == list{"127.0.0.2"});
}

TEST_CASE("ares_resolver: while nothing is open it keeps no deadline") {
  scripted s;
  CHECK(s.shard.deadlines.size() == 0);
  s.answer_all("127.0.0.2");
  CHECK(s.ask("x.test").has_value());
  s.shard.run_until([&] { return s.shard.deadlines.size() == 0; });
  CHECK(s.resolver.pending() == 0);
}

TEST_CASE("ares_resolver: abandoned queries are dropped when their time is over") {
  scripted s([](resolver_options& o) { o.query_timeout = 20ms; });
  CHECK(s.ask("x.test").error().code == errc::dns_timeout);
  CHECK(s.shard.deadlines.size() > 0);
  s.shard.run_until([&] { return s.shard.deadlines.size() == 0; });
}

TEST_CASE("ares_resolver: close ends every wait, and later ones at once") {
  scripted s([](resolver_options& o) { o.max_in_flight = 2; });
  std::vector<wait_for> waits(5);
  for (std::size_t i = 0; i < waits.size(); ++i) s.shard.start(s.resolver, "n" + std::to_string(i) + ".test", waits[i]);
  s.shard.run_until([&] { return s.server.asked() == 2; });
  s.resolver.close();
  s.shard.run_until([&] { return std::all_of(waits.begin(), waits.end(), [](auto& w) { return w.done(); }); });
  for (const wait_for& each : waits) CHECK(each.outcome->error().detail == "cancelled");
  CHECK(s.ask("y.test").error().detail == "cancelled");
  CHECK(s.ask("127.0.0.1").has_value());
  CHECK(s.shard.deadlines.size() == 0);
  s.resolver.close();
}

TEST_CASE("ares_resolver: bad servers and overrides are refused at start") {
  shard_loop shard;
  CHECK_THROWS_AS(ares_resolver(shard.loop.get_executor(), shard.deadlines, options_for({"dns.test"})), start_error);
  resolver_options options = options_for({});
  options.overrides = {{"a.test", 80, "nope"}};
  CHECK_THROWS_AS(ares_resolver(shard.loop.get_executor(), shard.deadlines, options), start_error);
}
