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

// ---- shares of the window ------------------------------------------------------------------------

TEST_CASE("frontier: a host starts only while it holds less than eight times the free slots") {
  // With n in flight and f free before the start: n < 8 f.
  for (const auto& [slots, most] : {std::pair{1, 1}, {2, 2}, {8, 8}, {9, 8}, {18, 16}, {90, 80}}) {
    CAPTURE(slots);
    frontier_fixture shard(static_cast<std::size_t>(slots));
    queued_task all(shard, numbered("http://a/", 200));
    CHECK(shard.drain().size() == static_cast<std::size_t>(most));
    CHECK(shard.slots.free() == slots - most);
  }
}

TEST_CASE("frontier: what a host may not take is there for the next one") {
  frontier_fixture shard(90);
  queued_task large(shard, numbered("http://large/", 200));
  CHECK(shard.drain().size() == 80);
  queued_task one(shard, {"http://small/"});
  CHECK(shard.drain() == urls{"http://small/"});
}

TEST_CASE("frontier: a capped host comes back when slots come free") {
  frontier_fixture shard(9);
  queued_task all(shard, numbered("http://a/", 20));
  CHECK(shard.drain().size() == 8);
  shard.finish_one();
  CHECK(shard.drain().size() == 1);
  shard.finish_all();
  CHECK(shard.drain().size() == 8);
}

TEST_CASE("frontier: capped hosts are looked at in turn: one that may start is found behind one that may not") {
  frontier_fixture shard(90);
  queued_task large(shard, numbered("http://large/", 200));
  CHECK(shard.drain().size() == 80);
  queued_task other(shard, numbered("http://other/", 9)), small(shard, numbered("http://small/", 20));
  const auto started = shard.drain();
  CHECK(shard.slots.free() == 0);
  CHECK(started.size() == 10);
  for (int i = 0; i < 70; ++i) shard.finish_one();  // Ten of `large` are left, eight times less than is free.
  CHECK(shard.drain().size() > 0);
  CHECK(shard.slots.free() < 20);
}

TEST_CASE("frontier: slots freed elsewhere reach a capped host whose lanes all go on") {
  window slots(90, 2);
  frontier_fixture here(0, slots), there(1, slots);
  queued_task other(there, numbered("http://other/", 80));
  CHECK(there.drain().size() == 80);
  queued_task all(here, numbered("http://a/", 400));
  const std::size_t few = here.drain().size();
  CHECK(few == 9);
  there.finish_all();
  host& at = here.at("http://a");
  bool asked = false;
  for (std::size_t turns = 1; turns <= 16 && !asked; ++turns) {
    here.finish_one();
    REQUIRE_FALSE(here.again(at, turns).empty());
    asked = here.queue.others_ready(at, turns);
  }
  CHECK(asked);
  CHECK(here.drain().size() > 60);
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
  CHECK(shard.again(at, 1, false).empty());
  shard.advance(50ms);
  CHECK(shard.again(at, 1, true).empty());
  CHECK(shard.again(at, 1, false) == "https://a/m0");
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

// ---- two shards ----------------------------------------------------------------------------------

TEST_CASE("frontier: a shard that found no slot is woken when another frees one") {
  window slots(1, 2);
  std::vector<std::size_t> woken;
  slots.on_free([&](std::size_t shard) { woken.push_back(shard); });
  frontier_fixture first(0, slots), second(1, slots);
  queued_task a(first, {"http://a/"}), b(second, {"http://b/"});
  CHECK(first.next() == "http://a/");
  CHECK(second.next().empty());
  CHECK(woken.empty());
  first.finish_one();
  CHECK(woken == std::vector<std::size_t>{1});
  CHECK(second.next() == "http://b/");
}

TEST_CASE("frontier: a shard that holds every slot does not take back what another waits for") {
  window slots(4, 2);
  frontier_fixture busy(0, slots), late(1, slots);
  urls many;
  for (int host = 0; host < 8; ++host)
    for (int page = 0; page < 100; ++page)
      many.push_back("http://h" + std::to_string(host) + "/" + std::to_string(page));
  queued_task large(busy, many);
  CHECK(busy.drain().size() == 4);
  queued_task small(late, {"http://l/0", "http://m/0", "http://n/0"});
  CHECK(late.next().empty());
  busy.finish_one();
  CHECK(busy.next().empty());  // Before the other shard has woken up.
  CHECK(late.next() == "http://l/0");
  host& at = busy.finish_one();
  CHECK(busy.again(at, 16).empty());
  CHECK(late.drain() == urls{"http://m/0"});
  busy.finish_one();
  CHECK(busy.drain().size() == 1);  // The other has its half; no more than that.
  late.finish_all();
  CHECK(late.drain() == urls{"http://n/0"});
  CHECK(busy.drain().size() == 1);
}

TEST_CASE("frontier: a shard alone may hold every slot") {
  window slots(8, 2);
  frontier_fixture busy(0, slots), idle(1, slots);
  queued_task all(busy, {"http://a/", "http://b/", "http://c/", "http://d/", "http://e/", "http://f/", "http://g/",
                         "http://h/", "http://i/"});
  CHECK(busy.drain().size() == 8);
  busy.finish_one();
  CHECK(busy.drain().size() == 1);
}

TEST_CASE("frontier: a shard whose waiting work was withdrawn no longer holds the others back") {
  window slots(4, 2);
  frontier_fixture busy(0, slots), late(1, slots);
  queued_task large(busy, {"http://a/", "http://b/", "http://c/", "http://d/", "http://e/"});
  CHECK(busy.drain().size() == 4);
  {
    queued_task gone(late, {"http://x/"});
    CHECK(late.next().empty());
  }
  busy.finish_one();
  CHECK(busy.next().empty());
  CHECK(late.next().empty());
  CHECK(busy.drain() == urls{"http://e/"});
}

TEST_CASE("frontier: a task does not take the whole window, through however many hosts that stall") {
  frontier_fixture shard(100);
  std::vector<std::string> everywhere;
  for (int host = 0; host < 50; ++host)
    for (const std::string& each : numbered("http://h" + std::to_string(host) + "/", 4)) everywhere.push_back(each);
  queued_task stalled(shard, everywhere);
  CHECK(shard.drain().size() == 89);  // Held 88 with 12 free: one more; 89 is not below 8 x 11.
  queued_task small(shard, {"http://b/0"});
  CHECK(shard.drain() == urls{"http://b/0"});
}

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
    CHECK(shard.queue.dial_failed(at, shard.now, refused, 1ms) == (n == 9));
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
    CHECK(shard.queue.dial_failed(at, shard.now, refused, 1ms));
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

TEST_CASE("frontier: a host that failed is remembered for a minute, though it has nothing to do") {
  frontier_fixture shard(100);
  {
    queued_task one(shard, {"http://dead/"});
    CHECK_FALSE(shard.next().empty());
    host& at = shard.at("http://dead");
    CHECK_FALSE(shard.queue.dial_failed(at, shard.now, refused, 1ms));
    shard.finish_one();
    shard.queue.forget_if_idle(at, shard.now);
  }
  CHECK(shard.queue.hosts() == 1);
  shard.advance(59s);
  CHECK(shard.queue.hosts() == 1);
  shard.advance(1s);
  CHECK(shard.queue.hosts() == 0);
}
