// Tasks that are cancelled, removed, out of time or shut down, and what is left of them: nothing.
#include <doctest/doctest.h>

#include <boost/asio/ip/udp.hpp>

#include "engine_fixture.hpp"
#include "fetch/lane.hpp"
#include "scripted_server.hpp"

using namespace trawl;
using namespace trawl::test;

TEST_CASE("crawler: cancelled, a task ends soon, and its connections are closed") {
  scripted_server server([](const request& asked) { return asked.target == "/0" ? page("done") : silence(); });
  engine_fixture engine(two_shards_in_haste(5));
  const auto task = engine.submit(numbered(server.url("/"), 1000));
  REQUIRE(server.sees([](const auto& seen) { return seen.requests == 6; }));
  engine.machine->cancel(*task);
  REQUIRE(engine.ended(task));
  CHECK(task->status() == task_status::cancelled);
  CHECK(task->counts().ok == 1);
  CHECK(ended_as(task, errc::task_cancelled) == 999);
  CHECK(record_of(task, 1).where == phase::ttfb);
  CHECK(record_of(task, 1).attempts == 1);
  CHECK(record_of(task, 999).where == phase::queue);
  CHECK(record_of(task, 999).attempts == 0);
  CHECK(server.sees([](const auto& seen) { return seen.open == 0; }, lane::idle_time / 2));
  CHECK(server.seen().requests == 6);
}

TEST_CASE("crawler: cancelled while it waits for a DNS answer or for its next attempt, a task ends soon") {
  asio::io_context loop;
  asio::ip::udp::socket deaf(loop, asio::ip::udp::endpoint(asio::ip::address_v4::loopback(), 0));
  scripted_server server([](const request&) { return answer{"", then::close}; });
  engine_options options = two_shards();
  options.dns_server = {"127.0.0.1:" + std::to_string(deaf.local_endpoint().port())};
  engine_fixture engine(options);
  task_options patient;
  patient.retries = 10;
  const auto task = engine.submit({"http://name.test/", server.url("/")}, patient);
  REQUIRE(server.sees([](const auto& seen) { return seen.requests >= 2; }));
  engine.machine->cancel(*task);
  REQUIRE(engine.ended(task));
  // The server may have closed on the other one just before: then that is what happened to it.
  CHECK(ended_as(task, errc::task_cancelled) + ended_as(task, errc::connection_terminated) == 2);
  CHECK(record_of(task, 0).code == errc::task_cancelled);
  CHECK(record_of(task, 0).where == phase::dns);
}

TEST_CASE("crawler: cancelling what has ended changes nothing") {
  scripted_server server;
  engine_fixture engine;
  const auto task = engine.run({server.url("/")});
  engine.machine->cancel(*task);
  CHECK(task->status() == task_status::done);
  CHECK(task->get().stopped() == errc::none);
}

TEST_CASE("crawler: cancelling one task leaves the other of the same host alone") {
  scripted_server server([](const request& asked) { return asked.target == "/stall" ? silence() : page("fine"); });
  engine_fixture engine;
  const auto stalled = engine.submit({server.url("/stall")});
  REQUIRE(server.sees([](const auto& seen) { return seen.requests == 1; }));
  const auto other = engine.submit(numbered(server.url("/"), 50));
  engine.machine->cancel(*stalled);
  REQUIRE(engine.ended(stalled));
  REQUIRE(engine.ended(other));
  CHECK(stalled->status() == task_status::cancelled);
  CHECK(other->counts().ok == 50);
}

TEST_CASE("crawler: removed while running, a task leaves no record and nothing behind") {
  scripted_server server([](const request&) { return silence(); });
  engine_fixture engine;
  auto task = engine.submit(numbered(server.url("/"), 300));
  const std::weak_ptr<const trawl::task> watched = task->share();
  const std::string id = task->get().id();
  REQUIRE(server.sees([](const auto& seen) { return seen.requests > 0; }));
  CHECK(engine.machine->remove(id));
  CHECK_FALSE(engine.machine->remove(id));
  CHECK(engine.machine->tasks().find(id) == nullptr);
  CHECK(task->removed());
  CHECK(server.sees([](const auto& seen) { return seen.open == 0; }));
  CHECK_FALSE(task->get().log(0).has_value());
  task.reset();
  CHECK(engine.until([&] { return watched.expired(); }));
}

TEST_CASE("crawler: removed after its end, a task is freed when nobody reads it") {
  scripted_server server;
  engine_fixture engine;
  auto task = engine.run({server.url("/")});
  const std::weak_ptr<const trawl::task> watched = task->share();
  CHECK(engine.machine->remove(task->get().id()));
  task.reset();
  CHECK(engine.until([&] { return watched.expired(); }));
}

TEST_CASE("crawler: removed with thousands of hosts still waiting, a task is freed all the same") {
  engine_options options = two_shards();
  options.max_in_flight = 2;
  options.host_delay_ms = 3'600'000;
  engine_fixture engine(options);
  std::vector<std::string> urls;
  for (int i = 0; i < 12000; ++i)
    urls.push_back("http://127.1." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ":1/");
  auto task = engine.submit(urls);
  const std::weak_ptr<const trawl::task> watched = task->share();
  CHECK(engine.machine->remove(task->get().id()));
  task.reset();
  CHECK(engine.until([&] { return watched.expired(); }));
}

TEST_CASE("crawler: a task whose deadline passes ends what is left as deadline_exceeded") {
  scripted_server server([](const request& asked) { return asked.target == "/0" ? page("in time") : silence(); });
  engine_fixture engine;
  task_options options;
  options.deadline_s = 1;
  const auto task = engine.run(numbered(server.url("/"), 20), options);
  CHECK(task->status() == task_status::deadline_exceeded);
  CHECK(task->counts().ok == 1);
  CHECK(ended_as(task, errc::deadline_exceeded) == 19);
  CHECK(server.sees([](const auto& seen) { return seen.open == 0; }, lane::idle_time / 2));
}

TEST_CASE("crawler: shut down, it lets what is in flight finish and ends the rest") {
  scripted_server server([](const request&) {
    answer reply = page("late");
    reply.held = true;
    return reply;
  });
  engine_fixture engine(two_shards_in_haste(4));
  const auto task = engine.submit(numbered(server.url("/"), 100));
  REQUIRE(server.sees([](const auto& seen) { return seen.requests == 4; }));
  bool over = false;
  asio::co_spawn(engine.home, engine.machine->shut_down(30s), [&](std::exception_ptr) { over = true; });
  REQUIRE(engine.until([&] { return ended_as(task, errc::shutdown) == 96; }));
  CHECK_FALSE(over);
  server.release();
  REQUIRE(engine.until([&] { return over; }));
  CHECK(task->counts().ok == 4);
  CHECK(task->status() == task_status::cancelled);
  CHECK(record_of(task, 99).retryable);
  CHECK(server.seen().requests == 4);
}

TEST_CASE("crawler: shut down, it waits for what is in flight no longer than it was told") {
  scripted_server server([](const request&) { return silence(); });
  engine_fixture engine;
  const auto task = engine.submit({server.url("/")});
  REQUIRE(server.sees([](const auto& seen) { return seen.requests == 1; }));
  engine.shut_down(20ms);
  CHECK(ended_as(task, errc::shutdown) == 1);
  CHECK(record_of(task).where == phase::ttfb);
  CHECK(record_of(task).attempts == 1);
}

TEST_CASE("crawler: destroyed in the middle of everything, it closes what it has opened") {
  scripted_server server([](const request& asked) {
    if (asked.target.ends_with("7")) return silence();
    if (asked.target.ends_with("3")) return answer{"", then::reset};
    return asked.target.ends_with("5") ? redirect_to("/landed") : page("hello");
  });
  for (int round = 0; round < 5; ++round) {
    engine_fixture engine;
    std::vector<std::string> urls = numbered(server.url("/"), 500);
    for (int i = 0; i < 3000; ++i)
      urls.push_back("http://127.2." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ":1/");
    for (int i = 0; i < 3000; ++i) urls.push_back("no url");
    const auto one = engine.submit(urls), two = engine.submit(urls);
    const int before = server.seen().requests;
    REQUIRE(server.sees([&](const auto& seen) { return seen.requests > before + 10 * round; }));
    if (round == 1) engine.machine->cancel(*one);
    if (round == 2) engine.machine->remove(two->get().id());
    engine.machine.reset();
    CHECK(server.sees([](const auto& seen) { return seen.open == 0; }));
  }
}
