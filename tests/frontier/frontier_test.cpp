#include "frontier/frontier.hpp"

#include <doctest/doctest.h>

#include "frontier_fixture.hpp"

using namespace trawl;
using namespace trawl::test;

namespace {

using urls = std::vector<std::string>;

}  // namespace

TEST_CASE("frontier: hosts take turns, whatever their tasks") {
  frontier_fixture shard(100);
  queued_task all(shard, {"http://a/0", "http://a/1", "http://b/0", "http://b/1", "http://c/0"});
  CHECK(shard.drain() == urls{"http://a/0", "http://b/0", "http://c/0", "http://a/1", "http://b/1"});
  CHECK(shard.slots.free() == 95);
  shard.finish_all();
  CHECK(shard.slots.free() == 100);
}

TEST_CASE("frontier: a host that must wait delays nobody, and comes back when its time has come") {
  frontier_fixture shard(100, {6, 50ms});
  queued_task all(shard, {"http://slow/0", "http://slow/1", "http://b/0"});
  CHECK(shard.drain() == urls{"http://slow/0", "http://b/0"});
  CHECK(shard.slots.free() == 98);
  shard.advance(49ms);
  CHECK(shard.next().empty());
  shard.advance(1ms);
  CHECK(shard.next() == "http://slow/1");
}

TEST_CASE("frontier: a host at its own limit comes back with the end of one of its fetches") {
  frontier_fixture shard(100, {2, 0ms});
  queued_task all(shard, numbered("http://a/", 4));
  CHECK(shard.drain().size() == 2);
  CHECK(shard.deadlines.next() == time_point::max());
  shard.finish_one();
  CHECK(shard.drain() == urls{"http://a/2"});
}

TEST_CASE("frontier: the end of a fetch does not shorten the gap its host must keep") {
  frontier_fixture shard(100, {6, 50ms});
  queued_task all(shard, numbered("http://a/", 3));
  CHECK(shard.drain().size() == 1);
  shard.finish_one();
  CHECK(shard.next().empty());
  shard.advance(50ms);
  CHECK(shard.drain().size() == 1);
}

TEST_CASE("frontier: a task held by its own limit goes on at the end of its fetch, gap or not") {
  frontier_fixture shard(100);
  task_options strict;
  strict.host_concurrency = 1;
  strict.host_delay_ms = 10;
  queued_task all(shard, numbered("http://a/", 3), strict);
  CHECK(shard.drain() == urls{"http://a/0"});
  shard.advance(10ms);
  CHECK(shard.next().empty());  // Its one slot is taken: only the end of the fetch helps.
  shard.finish_one();
  CHECK(shard.drain() == urls{"http://a/1"});
}

TEST_CASE("frontier: settled limits let a waiting host start at once") {
  frontier_fixture shard(100, {6, 50ms});
  queued_task all(shard, numbered("http://a/", 3));
  CHECK(shard.drain().size() == 1);
  shard.at("http://a").settle_limits(host_limits::none());
  shard.queue.wake(shard.at("http://a"));
  CHECK(shard.drain().size() == 2);
}

// ---- a lane goes on ------------------------------------------------------------------------------

TEST_CASE("frontier: a lane goes on with its own host, and the slot it gave back is its again") {
  frontier_fixture shard(2);
  queued_task all(shard, numbered("http://a/", 4));
  CHECK(shard.drain().size() == 2);
  CHECK(shard.slots.free() == 0);
  host& at = shard.finish_one();
  CHECK(shard.again(at) == "http://a/2");
  CHECK(shard.slots.free() == 0);
}

TEST_CASE("frontier: a lane does not go on where its host has nothing, must wait, or needs another kind") {
  frontier_fixture shard(100, {6, 50ms});
  task_options lenient;
  lenient.verify_tls = false;
  queued_task one(shard, {"https://a/0"});
  CHECK(shard.next() == "https://a/0");
  host& at = shard.finish_one();
  CHECK(shard.again(at).empty());
  queued_task more(shard, numbered("https://a/m", 2), lenient);
  CHECK(shard.again(at, 1, {.verifies = false}).empty());
  shard.advance(50ms);
  CHECK(shard.again(at, 1, {.verifies = true}).empty());
  CHECK(shard.again(at, 1, {.verifies = false}) == "https://a/m0");
  CHECK(shard.slots.free() == 99);
}

TEST_CASE("frontier: after 16 fetches in a row a lane makes way for other hosts, not before, and not for nobody") {
  frontier_fixture shard(1);
  queued_task all(shard, numbered("http://a/", 100));
  CHECK(shard.next() == "http://a/0");
  host& at = shard.at("http://a");
  shard.finish_one();
  CHECK(shard.again(at, 40) == "http://a/1");
  queued_task other(shard, {"http://b/"});
  shard.finish_one();
  CHECK(shard.again(at, 15) == "http://a/2");
  shard.finish_one();
  CHECK(shard.again(at, 16).empty());
  CHECK(shard.queue.others_ready(at, 0));
  CHECK(shard.next() == "http://b/");
}

TEST_CASE("frontier: a lane of a host over its share makes way for a capped one") {
  frontier_fixture shard(10);
  queued_task all(shard, numbered("http://a/", 100));
  CHECK(shard.drain().size() == 9);
  queued_task other(shard, numbered("http://b/", 10));
  CHECK(shard.drain().size() == 1);
  host& at = shard.finish_one();
  CHECK(shard.again(at, 16).empty());
  CHECK(shard.drain() == urls{"http://b/1"});
}

// ---- stopping and forgetting ---------------------------------------------------------------------

TEST_CASE("frontier: what is withdrawn is handed over once, and nothing of it starts") {
  frontier_fixture shard(2);
  queued_task doomed(shard, {"http://a/0", "http://a/1", "http://a/2", "http://b/0"});
  doomed.resume(3, "http://c/x");
  queued_task other(shard, numbered("http://a/other", 1));
  CHECK(shard.drain() == urls{"http://a/0", "http://b/0"});
  const auto fetches = doomed.withdraw();
  REQUIRE(fetches.size() == 1);
  CHECK(fetches[0].url_text() == "http://c/x");
  REQUIRE(doomed.run.doomed.size() == 1);
  CHECK(doomed.run.doomed[0].count == 2);
  CHECK(doomed.of->url(doomed.run.doomed[0].head) == "http://a/1");
  CHECK(doomed.run.queued_hosts == 0);
  shard.finish_all();
  CHECK(shard.drain() == urls{"http://a/other0"});
}

TEST_CASE("frontier: a host whose last work was withdrawn before its turn is forgotten") {
  frontier_fixture shard(100);
  {
    queued_task doomed(shard, {"http://a/", "http://b/", "http://c/"});
    CHECK(shard.queue.hosts() == 3);
  }
  CHECK(shard.next().empty());
  CHECK(shard.queue.hosts() == 0);
  CHECK(shard.slots.free() == 100);
}

TEST_CASE("frontier: a host whose last work was withdrawn while it waited is forgotten when its gap is over") {
  frontier_fixture shard(100, {6, 50ms});
  {
    queued_task doomed(shard, numbered("http://a/", 3));
    CHECK(shard.drain().size() == 1);
    shard.finish_all();
  }
  shard.advance(50ms);
  CHECK(shard.queue.hosts() == 0);
}

TEST_CASE("frontier: an idle host is forgotten, but not before the gap to its last start is over") {
  frontier_fixture shard(100, {6, 50ms});
  queued_task one(shard, {"http://a/"});
  host& at = shard.at("http://a");
  CHECK_FALSE(shard.queue.forget_if_idle(at, shard.now));
  CHECK(shard.next() == "http://a/");
  CHECK_FALSE(shard.queue.forget_if_idle(at, shard.now));
  shard.finish_all();
  CHECK_FALSE(shard.queue.forget_if_idle(at, shard.now));
  queued_task next(shard, {"http://a/next"});
  CHECK(shard.next().empty());
  shard.advance(50ms);
  CHECK(shard.next() == "http://a/next");
  shard.finish_all();
  shard.queue.forget_if_idle(at, shard.now);
  CHECK(shard.queue.hosts() == 1);
  shard.advance(50ms);
  CHECK(shard.queue.hosts() == 0);
}

TEST_CASE("frontier: a host without a gap is forgotten at once") {
  frontier_fixture shard(100);
  queued_task one(shard, {"http://a/"});
  CHECK(shard.next() == "http://a/");
  shard.finish_all();
  CHECK(shard.queue.forget_if_idle(shard.at("http://a"), shard.now));
  CHECK(shard.queue.hosts() == 0);
}

// ---- hosts in trouble -----------------------------------------------------------------------------

TEST_CASE("frontier: a host that asked for a pause waits for it, and delays nobody") {
  frontier_fixture shard(100);
  queued_task all(shard, {"http://slow/1", "http://slow/2", "http://other/1"});
  CHECK(shard.next() == "http://slow/1");
  shard.queue.hold(shard.at("http://slow"), shard.now, 10s);
  shard.finish_one();
  CHECK(shard.drain() == std::vector<std::string>{"http://other/1"});
  shard.advance(10s - 1ns);
  CHECK(shard.next().empty());
  shard.advance(1ns);
  CHECK(shard.next() == "http://slow/2");
}

TEST_CASE("frontier: what waits at a host that wants an hour is handed out to be ended, without a slot") {
  frontier_fixture shard(1);
  queued_task all(shard, numbered("http://slow/", 3));
  CHECK(shard.next() == "http://slow/0");
  shard.queue.hold(shard.at("http://slow"), shard.now, 3600s);
  fetch ended;
  refusal why;
  CHECK(shard.next().empty());
  for (const char* url : {"http://slow/1", "http://slow/2"}) {
    REQUIRE(shard.queue.next_refused(shard.now, ended, why));
    CHECK(ended.url_text() == url);
    CHECK(why.why.code == errc::rate_limited);
    CHECK(why.until == shard.now + 3600s);
  }
  CHECK_FALSE(shard.queue.next_refused(shard.now, ended, why));
  CHECK(shard.slots.free() == 0);
  shard.finish_all();
  CHECK(shard.slots.free() == 1);
}

namespace {

const failure refused{errc::connection_refused, phase::connect, "10.0.0.1:80: connection refused"};

/// Ten fetches of `origin` that fail to dial.
void fail_ten_dials(frontier_fixture& shard, host& at) {
  for (int n = 0; n < 10; ++n) {
    REQUIRE_FALSE(shard.next().empty());
    CHECK(shard.queue.dial_failed(at, shard.now, refused, 1ms, at.times_reached()) == (n == 9));
    shard.finish_one();
  }
}

}  // namespace

TEST_CASE("frontier: after ten failed dials what waits is ended with the last error; later one fetch probes") {
  frontier_fixture shard(100);
  queued_task all(shard, numbered("http://dead/", 12));
  host& at = shard.at("http://dead");
  ++at.lanes;
  fail_ten_dials(shard, at);
  CHECK(shard.next().empty());
  fetch ended;
  refusal why;
  for (int n = 10; n < 12; ++n) {
    REQUIRE(shard.queue.next_refused(shard.now, ended, why));
    CHECK(why.why.code == errc::host_circuit_open);
    CHECK(why.why.detail == "10 dials in a row failed; the last: 10.0.0.1:80: connection refused");
  }
  CHECK_FALSE(shard.queue.next_refused(shard.now, ended, why));

  shard.advance(30s);
  queued_task later(shard, numbered("http://dead/later", 3));
  CHECK(shard.next() == "http://dead/later0");
  CHECK(shard.next().empty());  // Until the probe has told.
  SUBCASE("it reached the host: the others follow") {
    at.reached();
    shard.finish_one();
    CHECK(shard.drain().size() == 2);
  }
  SUBCASE("it failed: the others are ended") {
    CHECK(shard.queue.dial_failed(at, shard.now, refused, 1ms, at.times_reached()));
    shard.finish_one();
    CHECK(shard.next().empty());
    CHECK(shard.queue.next_refused(shard.now, ended, why));
    CHECK(shard.queue.next_refused(shard.now, ended, why));
  }
  SUBCASE("it was cancelled before it told: the next one probes") {
    shard.finish_one();
    CHECK(shard.next() == "http://dead/later1");
    CHECK(shard.next().empty());
  }
  shard.finish_all();
}

TEST_CASE("frontier: dials that fail while others succeed tell nothing, however many they are") {
  frontier_fixture shard(100);
  queued_task all(shard, numbered("http://busy/", 20));
  host& at = shard.at("http://busy");
  ++at.lanes;
  const auto when_they_began = at.times_reached();
  at.reached();
  for (int n = 0; n < 20; ++n) {
    REQUIRE_FALSE(shard.next().empty());
    CHECK_FALSE(shard.queue.dial_failed(at, shard.now, refused, 1ms, when_they_began));
    shard.finish_one();
  }
}

TEST_CASE("frontier: a host that failed is remembered for a minute, though it has nothing to do") {
  frontier_fixture shard(100);
  {
    queued_task one(shard, {"http://dead/"});
    CHECK_FALSE(shard.next().empty());
    host& at = shard.at("http://dead");
    CHECK_FALSE(shard.queue.dial_failed(at, shard.now, refused, 1ms, at.times_reached()));
    shard.finish_one();
    shard.queue.forget_if_idle(at, shard.now);
  }
  CHECK(shard.queue.hosts() == 1);
  shard.advance(59s);
  CHECK(shard.queue.hosts() == 1);
  shard.advance(1s);
  CHECK(shard.queue.hosts() == 0);
}
