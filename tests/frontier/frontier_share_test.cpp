#include <doctest/doctest.h>

#include <algorithm>

#include "frontier/frontier.hpp"
#include "frontier_fixture.hpp"

using namespace trawl;
using namespace trawl::test;

namespace {

using urls = std::vector<std::string>;

}  // namespace

// ---- shares of the window ------------------------------------------------------------------------

TEST_CASE("frontier: a host starts only while it holds less than eight times the free slots") {
  // With n in flight and f free before the start: n < 8 f.
  for (const auto& [slots, most] : {std::pair{1, 1}, {2, 2}, {8, 8}, {9, 8}, {18, 16}, {90, 80}}) {
    CAPTURE(slots);
    frontier_fixture shard(static_cast<std::size_t>(slots));
    queued_task all(shard, numbered("http://a/", 200));
    CHECK(shard.drain_idle().size() == static_cast<std::size_t>(most));
    CHECK(shard.slots.free() == slots - most);
  }
}

TEST_CASE("frontier: what a host may not take is there for the next one") {
  frontier_fixture shard(90);
  queued_task large(shard, numbered("http://large/", 200));
  CHECK(shard.drain_idle().size() == 80);
  queued_task one(shard, {"http://small/"});
  CHECK(shard.drain_idle() == urls{"http://small/"});
}

TEST_CASE("frontier: a capped host comes back when slots come free") {
  frontier_fixture shard(9);
  queued_task all(shard, numbered("http://a/", 20));
  CHECK(shard.drain_idle().size() == 8);
  shard.finish_one();
  CHECK(shard.drain_idle().size() == 1);
  shard.finish_all();
  CHECK(shard.drain_idle().size() == 8);
}

TEST_CASE("frontier: capped hosts are looked at in turn: one that may start is found behind one that may not") {
  frontier_fixture shard(90);
  queued_task large(shard, numbered("http://large/", 200));
  CHECK(shard.drain_idle().size() == 80);
  queued_task other(shard, numbered("http://other/", 9)), small(shard, numbered("http://small/", 20));
  const auto started = shard.drain_idle();
  CHECK(shard.slots.free() == 5);  // The reserve.
  CHECK(started.size() == 5);
  for (int i = 0; i < 70; ++i) shard.finish_one();  // Ten of `large` are left, eight times less than is free.
  CHECK(shard.drain_idle().size() > 0);
  CHECK(shard.slots.free() < 20);
}

TEST_CASE("frontier: slots freed elsewhere reach a capped host whose lanes all go on") {
  window slots(90, 2);
  frontier_fixture here(0, slots), there(1, slots);
  queued_task other(there, numbered("http://other/", 80));
  CHECK(there.drain_idle().size() == 80);
  queued_task all(here, numbered("http://a/", 400));
  const std::size_t few = here.drain_idle().size();
  CHECK(few == 5);
  there.finish_all();
  host& at = here.at("http://a");
  bool asked = false;
  for (std::size_t turns = 1; turns <= 16 && !asked; ++turns) {
    here.finish_one();
    REQUIRE_FALSE(here.again(at, turns).empty());
    asked = here.queue.others_ready(at, turns);
  }
  CHECK(asked);
  CHECK(here.drain_idle().size() > 60);
}

TEST_CASE("frontier: the last sixteenth of the window is for hosts that hold nothing, whatever their tasks") {
  for (const auto& [slots, reserve] : {std::pair{1, 0}, {2, 0}, {10, 0}, {15, 0}, {16, 1}, {160, 10}}) {
    CAPTURE(slots);
    frontier_fixture shard(static_cast<std::size_t>(slots));
    std::vector<std::unique_ptr<queued_task>> stalled;
    for (int n = 0; n < 40; ++n)
      stalled.push_back(std::make_unique<queued_task>(shard, numbered("http://h" + std::to_string(n % 4) + "/", 40)));
    shard.drain_idle();
    CHECK(shard.slots.free() == reserve);
    queued_task first(shard, numbered("http://first/", 5)), second(shard, numbered("http://second/", 5));
    CHECK(shard.drain_idle().size() == static_cast<std::size_t>(std::min(reserve, 2)));
    for (int n = 0; n < (slots + 1) / 2; ++n) shard.finish_one();
    CHECK(shard.drain_idle().size() > 0);  // Nobody waits for ever.
    shard.finish_all();
  }
}

TEST_CASE("frontier: hosts of several shards leave the reserve to a host of any of them") {
  window slots(160, 2);
  frontier_fixture here(0, slots), there(1, slots);
  std::vector<std::unique_ptr<queued_task>> stalled;
  for (int n = 0; n < 40; ++n) {
    stalled.push_back(std::make_unique<queued_task>(here, numbered("http://h" + std::to_string(n % 4) + "/", 40)));
    stalled.push_back(std::make_unique<queued_task>(there, numbered("http://h" + std::to_string(n % 4) + "/", 40)));
  }
  here.drain_idle();
  there.drain_idle();
  CHECK(slots.free() == 10 - 4);  // The hosts of `there` found it all taken but the reserve.
  queued_task a(here, {"http://a/"}), b(there, {"http://b/"});
  CHECK(here.drain_idle() == urls{"http://a/"});
  CHECK(there.drain_idle() == urls{"http://b/"});
}

// ---- lanes the loop has use for ------------------------------------------------------------------

TEST_CASE("frontier: a host that does not answer gets the whole of its share, sixteen a look") {
  frontier_fixture shard(1024);
  queued_task all(shard, numbered("http://slow/", 2000));
  CHECK(shard.drain().size() == 22);  // A few, and what a fresh loop may open.
  const time_point began = shard.now;
  CHECK(shard.drain_idle().size() == 911 - 22);
  CHECK(shard.now - began < 100ms);
}

TEST_CASE("frontier: a host that answers at once gets no more than pays, and gives up what it has beyond") {
  frontier_fixture shard(1024);
  queued_task all(shard, numbered("http://quick/", 5000));
  shard.drain_idle();
  CHECK(shard.in_flight.size() == 911);
  host& at = shard.at("http://quick");
  std::size_t stopped = 0;
  for (int n = 0; n < 3000; ++n) {
    if (n % 100 == 0) shard.advance(1ms);
    shard.finish_one();
    if (shard.again(at).empty()) ++stopped;
  }
  CHECK(stopped == 911 - 32);
  CHECK(at.in_flight() == 32);
  shard.look(true);
  CHECK(shard.drain().empty());
}

TEST_CASE("frontier: where connections do not come about no more begin, nobody looks, and others are not held up") {
  frontier_fixture shard(1024);
  queued_task all(shard, numbered("http://full/", 100));
  host& full = shard.at("http://full");
  for (std::size_t n = 0; n < connect_limit::at_first; ++n) full.connects().began();
  CHECK(shard.drain_idle().empty());
  CHECK(shard.queue.next_look() == time_point::max());
  queued_task other(shard, numbered("http://other/", 100));
  CHECK(shard.drain_idle().size() == 100);
  CHECK(shard.queue.connect_ended(full));
  CHECK(shard.next() == "http://full/0");
  full.connects().began();
  CHECK(shard.next().empty());
  CHECK(shard.again(full, 1, {.connected = false}).empty());
  CHECK(shard.again(full, 1, {.connected = true}) == "http://full/1");
}

TEST_CASE("frontier: a host that is overrun gets no more than a quick one, and its connections that stand go on") {
  frontier_fixture shard(1024);
  queued_task all(shard, numbered("http://small/", 1000));
  host& small = shard.at("http://small");
  small.connects().began();
  small.connects().connected(shard.now, connect_limit::sent_again);
  small.connects().answered(1ms);
  CHECK(shard.drain_idle().size() == lane_budget::enough);
  shard.finish_one();
  CHECK_FALSE(shard.again(small).empty());  // One is on its way, and does not count.
}

namespace {
struct waiting_lane final : idle_lane {
  explicit waiting_lane(bool verifies) : verifies_(verifies) {}
  [[nodiscard]] bool verifies() const override { return verifies_; }
  void give(fetch&&) override {}
  void dismiss() override {}

 private:
  bool verifies_;
};
}  // namespace

TEST_CASE("frontier: a connection that idles is used, also while others to its host do not come about") {
  frontier_fixture shard(1024);
  queued_task all(shard, numbered("http://half/", 100));
  host& half = shard.at("http://half");
  for (std::size_t n = 0; n < connect_limit::at_first; ++n) half.connects().began();
  waiting_lane of_another_kind(false), kept(true);
  half.idle().push_front(of_another_kind);
  CHECK(shard.next().empty());
  half.idle().push_front(kept);
  shard.queue.wake(half);
  CHECK(shard.next() == "http://half/0");
  half.idle().pop_front();
  CHECK(shard.next().empty());
  half.idle().pop_front();
}

TEST_CASE("frontier: on a loop that does not keep up each host still has a few") {
  frontier_fixture shard(1024);
  for (int n = 0; n < 8; ++n) shard.look(false);
  queued_task a(shard, numbered("http://a/", 100)), b(shard, numbered("http://b/", 100));
  CHECK(shard.drain().size() == 2 * lane_budget::few);
  shard.look(false);
  CHECK(shard.drain().empty());
  queued_task late(shard, {"http://late/"});
  CHECK(shard.drain() == urls{"http://late/"});
  shard.look(true);
  CHECK(shard.drain().size() == 16);
}

TEST_CASE("frontier: on a loop that does not keep up a rich host's lanes pass to a poor one") {
  frontier_fixture shard(1024);
  queued_task rich(shard, numbered("http://rich/", 1000));
  CHECK(shard.drain().size() == 22);
  for (int n = 0; n < 8; ++n) shard.look(false);
  queued_task poor(shard, numbered("http://poor/", 1000));
  CHECK(shard.drain().size() == lane_budget::few);
  host &from = shard.at("http://rich"), &to = shard.at("http://poor");
  for (int n = 0; n < 22 && from.in_flight() > to.in_flight() + 1; ++n) {
    shard.finish_one();
    if (shard.again(from, 16).empty()) CHECK(shard.drain().size() == 1);
  }
  CHECK(from.in_flight() == 14);
  CHECK(to.in_flight() == 14);
  shard.finish_one();
  CHECK_FALSE(shard.again(from, 16).empty());  // Now it goes on.
}

// ---- hosts whose handshakes fail -----------------------------------------------------------------

TEST_CASE(
    "frontier: a host whose handshake failed is left alone for ten milliseconds at a time while others are served") {
  frontier_fixture shard(1024);
  queued_task bad(shard, numbered("https://bad/", 100)), good(shard, numbered("http://good/", 10000));
  host &suspect = shard.at("https://bad"), &other = shard.at("http://good");
  shard.drain();
  const std::size_t before = suspect.in_flight();
  suspect.handshake_failed();
  std::size_t bad_ones = 0, good_ones = 0;
  for (int n = 0; n < 100; ++n) {  // All lanes go on if they may, a look each millisecond.
    for (std::size_t left = shard.in_flight.size(); left > 0; --left) {
      host& at = shard.finish_one();
      if (&at == &other) at.reached();
      const bool went_on = !shard.again(at).empty();
      (&at == &other ? good_ones : bad_ones) += went_on ? 1 : 0;
    }
    for (const std::string& each : shard.drain()) ++(each.starts_with("https") ? bad_ones : good_ones);
    shard.look(true);
  }
  CHECK(before > 1);
  CHECK(bad_ones == 10);
  CHECK(good_ones > 1000);
}

namespace {
/// All that was under way ends, on a loop that is busy, and one fetch of the suspect starts.
void fail_handshake(frontier_fixture& shard, host& suspect) {
  shard.drain();
  suspect.handshake_failed();
  shard.finish_all();
  shard.look(false);
  CHECK(shard.drain().size() == 1);
}
}  // namespace

TEST_CASE("frontier: a host whose handshake failed gets all it wants when nobody else is served") {
  frontier_fixture shard(1024);
  queued_task bad(shard, numbered("https://bad/", 100));
  host& suspect = shard.at("https://bad");
  CHECK(shard.drain().size() == 22);
  fail_handshake(shard, suspect);
  CHECK(shard.queue.next_look() != time_point::max());
  shard.look(true);
  CHECK(shard.drain().size() == 16);
  CHECK(shard.drain_idle().size() == 100 - 22 - 17);
  CHECK(shard.queue.next_look() == time_point::max());
}

TEST_CASE("frontier: a host whose handshake failed is as any other once one has succeeded") {
  frontier_fixture shard(1024);
  queued_task bad(shard, numbered("https://bad/", 100)), good(shard, {"http://good/"});
  host& suspect = shard.at("https://bad");
  fail_handshake(shard, suspect);
  CHECK(shard.again(suspect).empty());
  suspect.reached();
  CHECK_FALSE(shard.again(suspect).empty());
  shard.look(false);
  CHECK(shard.drain().size() >= lane_budget::few - 2);
}

TEST_CASE("frontier: a suspect's work is withdrawn, and it is forgotten, as any host's") {
  frontier_fixture shard(1024);
  queued_task bad(shard, numbered("https://bad/", 100));
  host& suspect = shard.at("https://bad");
  fail_handshake(shard, suspect);
  CHECK(bad.withdraw().empty());
  shard.finish_all();
  shard.look(true);
  CHECK(shard.drain().empty());
  CHECK(shard.queue.hosts() == 0);
}

TEST_CASE("frontier: hosts wait for a look only while they are held back") {
  frontier_fixture shard(1024);
  CHECK(shard.queue.next_look() == time_point::max());
  queued_task all(shard, numbered("http://a/", 23));
  CHECK(shard.drain().size() == 22);
  CHECK(shard.queue.next_look() != time_point::max());
  shard.look(true);
  CHECK(shard.drain().size() == 1);
  CHECK(shard.queue.next_look() == time_point::max());
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
