#include "frontier/host.hpp"

#include <doctest/doctest.h>

#include "frontier_fixture.hpp"

using namespace trawl;
using namespace trawl::test;

namespace {

/// The URL taken from `at`, "" when none may start.
std::string taken(host& at, time_point now, const bool* verifying = nullptr) {
  fetch into;
  return at.take(now, into, verifying) <= now ? std::string(into.url_text()) : "";
}

task_options limited_to(std::uint32_t concurrency, std::uint32_t delay_ms) {
  task_options options;
  options.host_concurrency = concurrency;
  options.host_delay_ms = delay_ms;
  return options;
}

}  // namespace

TEST_CASE("host: inputs of one task come in the order of their submission") {
  frontier_fixture shard(100);
  queued_task all(shard, numbered("http://a/", 3));
  host& at = shard.at("http://a");
  for (const char* expected : {"http://a/0", "http://a/1", "http://a/2"}) CHECK(taken(at, t0) == expected);
  CHECK_FALSE(at.has_work());
  CHECK(all.run.queued_hosts == 0);
  CHECK(taken(at, t0).empty());
}

TEST_CASE("host: a task with one URL is served before a task with a million goes on") {
  frontier_fixture shard(100);
  queued_task million(shard, numbered("http://a/m", 1000));
  host& at = shard.at("http://a");
  CHECK(taken(at, t0) == "http://a/m0");
  queued_task one(shard, {"http://a/one"});
  CHECK(taken(at, t0) == "http://a/m1");
  CHECK(taken(at, t0) == "http://a/one");
  CHECK(taken(at, t0) == "http://a/m2");
}

TEST_CASE("host: three tasks are served in turn") {
  frontier_fixture shard(100);
  queued_task a(shard, numbered("http://h/a", 2)), b(shard, numbered("http://h/b", 2)),
      c(shard, numbered("http://h/c", 2));
  host& at = shard.at("http://h");
  std::string order;
  for (std::string url = taken(at, t0); !url.empty(); url = taken(at, t0)) order += url.substr(9) + " ";
  CHECK(order == "a0 b0 c0 a1 b1 c1 ");
}

TEST_CASE("host: of one task, what was begun before goes first") {
  frontier_fixture shard(100);
  queued_task all(shard, numbered("http://a/", 2));
  all.resume(0, "http://a/elsewhere");
  host& at = shard.at("http://a");
  CHECK(taken(at, t0) == "http://a/elsewhere");
  CHECK(taken(at, t0) == "http://a/0");
}

TEST_CASE("host: redirects of a large task do not hold up the one URL of another") {
  frontier_fixture shard(100);
  queued_task large(shard, {"http://b/"});
  for (int i = 0; i < 100; ++i) large.resume(0, "http://a/r" + std::to_string(i));
  queued_task input(shard, {"http://a/one"});
  queued_task redirect(shard, {"http://b/"});
  redirect.resume(0, "http://a/two");
  host& at = shard.at("http://a");
  CHECK(taken(at, t0) == "http://a/r0");
  CHECK(taken(at, t0) == "http://a/one");
  CHECK(taken(at, t0) == "http://a/two");
  CHECK(taken(at, t0) == "http://a/r1");
}

TEST_CASE("host: a resumed fetch keeps all it has gone through") {
  frontier_fixture shard(100);
  queued_task all(shard, {"http://b/"});
  fetch waiting;
  waiting.reset(all.run, 0, t0);
  waiting.attempts = 2;
  waiting.at = "http://a/here";
  waiting.hops.push_back({302, http_method::get, "http://b/"});
  shard.queue.add(shard.at("http://a"), std::move(waiting));
  fetch into;
  CHECK(shard.at("http://a").take(t0, into) <= t0);
  CHECK(into.attempts == 2);
  CHECK(into.at == "http://a/here");
  REQUIRE(into.hops.size() == 1);
  CHECK(into.hops[0].url == "http://b/");
}

TEST_CASE("host: its own limits hold for all tasks together") {
  frontier_fixture shard(100, {2, 10ms});
  queued_task a(shard, numbered("http://h/a", 5)), b(shard, numbered("http://h/b", 5));
  host& at = shard.at("http://h");
  fetch into;
  CHECK(at.take(t0, into) <= t0);
  CHECK(at.take(t0, into) == t0 + 10ms);
  CHECK(at.take(t0 + 10ms, into) <= t0 + 10ms);
  CHECK(at.take(t0 + 20ms, into) == time_point::max());
  at.finished(a.run);
  CHECK(at.take(t0 + 20ms, into) <= t0 + 20ms);
}

TEST_CASE("host: a task's stricter limits hold for it alone") {
  // [api 2.33]
  frontier_fixture shard(100);
  queued_task strict(shard, numbered("http://h/s", 5), limited_to(1, 0));
  queued_task free(shard, numbered("http://h/f", 5));
  host& at = shard.at("http://h");
  CHECK(taken(at, t0) == "http://h/s0");
  for (const char* expected : {"http://h/f0", "http://h/f1", "http://h/f2"}) CHECK(taken(at, t0) == expected);
  at.finished(strict.run);
  CHECK(taken(at, t0) == "http://h/s1");
}

TEST_CASE("host: the gap a task asked for is told, and it does not sum up over tasks") {
  frontier_fixture shard(100);
  queued_task a(shard, numbered("http://h/a", 3), limited_to(10, 100));
  queued_task b(shard, numbered("http://h/b", 3), limited_to(10, 300));
  host& at = shard.at("http://h");
  fetch into;
  CHECK(taken(at, t0) == "http://h/a0");
  CHECK(taken(at, t0) == "http://h/b0");
  CHECK(at.take(t0, into) == t0 + 100ms);
  CHECK(taken(at, t0 + 100ms) == "http://h/a1");
  CHECK(at.take(t0 + 100ms, into) == t0 + 200ms);
  CHECK(taken(at, t0 + 200ms) == "http://h/a2");
  CHECK(at.take(t0 + 200ms, into) == t0 + 300ms);
}

TEST_CASE("host: a task cannot ask for more than the host allows") {
  // [api 2.33]
  frontier_fixture shard(100, {1, 0ms});
  queued_task greedy(shard, numbered("http://h/", 3), limited_to(100, 0));
  host& at = shard.at("http://h");
  fetch into;
  CHECK(at.take(t0, into) <= t0);
  CHECK(at.take(t0, into) == time_point::max());
}

TEST_CASE("host: a lane takes only what its kind of verification is for") {
  frontier_fixture shard(100);
  task_options lenient;
  lenient.verify_tls = false;
  queued_task trusting(shard, numbered("https://h/t", 2), lenient);
  queued_task checking(shard, numbered("https://h/c", 2));
  host& at = shard.at("https://h");
  const bool verifying = true, not_verifying = false;
  CHECK(taken(at, t0, &verifying) == "https://h/c0");
  CHECK(taken(at, t0, &verifying) == "https://h/c1");
  CHECK(taken(at, t0, &verifying).empty());
  CHECK(at.has_work());
  CHECK(taken(at, t0, &not_verifying) == "https://h/t0");
  CHECK(taken(at, t0) == "https://h/t1");
}

TEST_CASE("host: limits are settled by the first address and not by a later one") {
  frontier_fixture shard(100, {6, 50ms});
  queued_task some(shard, numbered("http://h/", 3));
  host& at = shard.at("http://h");
  CHECK_FALSE(at.limits_settled());
  CHECK(taken(at, t0) == "http://h/0");
  CHECK(taken(at, t0).empty());
  at.settle_limits(host_limits::none());
  CHECK(at.limits_settled());
  CHECK(taken(at, t0) == "http://h/1");
}

TEST_CASE("host: it is forgettable when nothing waits, runs or must be remembered") {
  frontier_fixture shard(100, {6, 50ms});
  host& at = shard.at("http://h");
  CHECK(at.forgettable(t0));
  queued_task one(shard, {"http://h/"});
  CHECK_FALSE(at.forgettable(t0));
  CHECK(taken(at, t0) == "http://h/");
  CHECK_FALSE(at.forgettable(t0 + 1s));
  at.finished(one.run);
  CHECK_FALSE(at.forgettable(t0 + 49ms));
  ++at.lanes;
  CHECK_FALSE(at.forgettable(t0 + 50ms));
  --at.lanes;
  CHECK(at.forgettable(t0 + 50ms));
}
