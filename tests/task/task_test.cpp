#include "task/task.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <set>
#include <thread>

#include "task/task_builder.hpp"
#include "task/tracked_task.hpp"

using namespace trawl;

namespace {

std::shared_ptr<task> task_of(std::uint32_t urls, std::size_t shards) {
  task_builder builder(shards);
  for (std::uint32_t i = 0; i < urls; ++i)
    builder.add_url("http://h" + std::to_string(i % 7) + ".test/" + std::to_string(i));
  return builder.finish();
}

record record_of(std::uint32_t index, errc code = errc::none) {
  record r;
  r.index = index;
  r.code = code;
  r.timestamp = 1000 + index;
  r.status_code = 200;
  return r;
}

}  // namespace

TEST_CASE("task: a record can be read as soon as it is in the log, and not before") {
  const auto of = task_of(3, 1);
  record out;
  CHECK_FALSE(of->log(0));
  CHECK_FALSE(of->read(1, out));
  CHECK_FALSE(of->publish(0, record_of(1)));
  REQUIRE(of->log(0));
  CHECK(of->log(0)->index == 1);
  REQUIRE(of->read(1, out));
  CHECK(out.index == 1);
  CHECK(out.url == "http://h1.test/1");
  CHECK(out.timestamp == 1001);
}

TEST_CASE("task: the last record says so, and nothing is behind the end of the log") {
  const auto of = task_of(2, 1);
  CHECK_FALSE(of->publish(0, record_of(0)));
  CHECK(of->publish(0, record_of(1, errc::dns_error)));
  CHECK(of->log(1)->code == errc::dns_error);
  CHECK_FALSE(of->log(2));
}

TEST_CASE("task: a snapshot does not show what came after it") {
  const auto of = task_of(2, 1);
  of->publish(0, record_of(1));
  of->publish(0, record_of(0));
  record out;
  CHECK(of->read(1, out, 1));
  CHECK_FALSE(of->read(0, out, 1));
  CHECK(of->read(0, out, 2));
}

TEST_CASE("task: the first reason to stop stays") {
  const auto of = task_of(1, 1);
  CHECK(of->stopped() == errc::none);
  of->stop(errc::deadline_exceeded);
  of->stop(errc::task_cancelled);
  CHECK(of->stopped() == errc::deadline_exceeded);
}

TEST_CASE("task: two shards publish while a reader follows; each record is seen once and whole") {
  constexpr std::uint32_t count = 20000;
  const auto of = task_of(count, 2);
  int last = 0;
  const auto publish_half = [&](std::uint32_t half) {
    for (std::uint32_t i = half; i < count; i += 2)
      if (of->publish(half, record_of(i, i % 3 == 0 ? errc::dns_error : errc::none))) ++last;
  };
  std::thread even([&] { publish_half(0); });
  std::thread odd([&] { publish_half(1); });
  std::set<std::uint32_t> seen;
  record out;
  for (std::uint32_t position = 0; position < count;) {
    const auto entry = of->log(position);
    if (!entry) continue;
    REQUIRE(seen.insert(entry->index).second);
    REQUIRE(of->read(entry->index, out));
    REQUIRE(out.timestamp == 1000 + entry->index);
    REQUIRE(out.code == entry->code);
    ++position;
  }
  even.join();
  odd.join();
  CHECK(seen.size() == count);
  CHECK(last == 1);
}

namespace {

struct ear final : wait_list::listener {
  void told() override { ++times; }
  int times = 0;
};

}  // namespace

// The last record always tells, and would hide what was lost before: it waits until all others have been seen.
TEST_CASE("tracked_task: who listens before each wait is told of every record, whatever thread it comes from") {
  constexpr std::uint32_t count = 20000;
  asio::io_context home(1);
  const auto stay = asio::make_work_guard(home);
  const auto of = task_of(count, 2);
  tracked_task tracked(of, home.get_executor());
  std::atomic<bool> others_seen{false};
  const auto publish = [&](std::size_t shard) {
    for (auto index = static_cast<std::uint32_t>(shard); index < count; index += 2) {
      if (index == count - 1) others_seen.wait(false);
      if (of->publish(shard, record_of(index))) asio::post(home, [&] { tracked.hear(); });
      std::this_thread::yield();
    }
  };
  std::thread even(publish, 0);
  std::thread odd(publish, 1);
  bool lost = false;
  while (tracked.counts().done < count && !lost) {
    ear one;
    tracked.listen(one);
    if (tracked.counts().done == count - 1) others_seen = true;
    if (others_seen) others_seen.notify_all();
    while (one.times == 0 && !lost) lost = home.run_one_for(std::chrono::seconds(60)) == 0;
  }
  others_seen = true;
  others_seen.notify_all();
  even.join();
  odd.join();
  home.poll();
  CHECK_FALSE(lost);
  CHECK(tracked.status() == task_status::done);
}

TEST_CASE("task: nobody is told of a record for which nobody waits") {
  const auto of = task_of(4, 1);
  CHECK_FALSE(of->publish(0, record_of(0)));
  of->want_news();
  CHECK(of->publish(0, record_of(1)));
  CHECK_FALSE(of->publish(0, record_of(2)));
  CHECK(of->publish(0, record_of(3)));  // The last one.
}

TEST_CASE("tracked_task: who waits for the end hears of no record, and who comes too late is told at once") {
  asio::io_context home(1);
  const auto of = task_of(2, 1);
  tracked_task tracked(of, home.get_executor());
  ear end;
  ear any;
  tracked.listen_for_end(end);
  tracked.listen(any);
  of->publish(0, record_of(0));
  tracked.advance();
  CHECK(end.times == 0);
  CHECK(any.times == 1);
  of->publish(0, record_of(1));
  tracked.listen(any);  // It finds the last record itself.
  CHECK(end.times == 1);
  CHECK(any.times == 2);
  tracked.listen(any);
  tracked.listen_for_end(end);
  CHECK(end.times == 2);
  CHECK(any.times == 3);
  const auto other = task_of(1, 1);
  tracked_task removed(other, home.get_executor());
  removed.listen_for_end(end);
  removed.mark_removed();
  CHECK(end.times == 3);
  removed.listen(any);
  CHECK(any.times == 4);
}

TEST_CASE("tracked_task: counts, status and codes are those of one prefix of the log") {
  asio::io_context home(1);
  const auto of = task_of(3, 1);
  tracked_task tracked(of, home.get_executor());
  CHECK_FALSE(tracked.advance());
  CHECK(tracked.running());
  of->publish(0, record_of(0));
  of->publish(0, record_of(1, errc::dns_error));
  CHECK(tracked.counts().done == 0);
  CHECK(tracked.advance());
  CHECK(tracked.counts().done == 2);
  CHECK(tracked.counts().ok == 1);
  CHECK(tracked.counts().failed() == 1);
  CHECK(tracked.counts().by_code[static_cast<std::size_t>(errc::dns_error)] == 1);
  CHECK(tracked.running());
  CHECK_FALSE(tracked.finished_at());
  of->publish(0, record_of(2));
  CHECK(tracked.advance());
  CHECK(tracked.status() == task_status::done);
  CHECK(tracked.finished_at());
  CHECK(tracked.eta_s() == 0.0);
}

TEST_CASE("tracked_task: how it ended is what its last inputs ended as") {
  asio::io_context home(1);
  const auto status_after = [&](errc code) {
    const auto of = task_of(1, 1);
    tracked_task tracked(of, home.get_executor());
    of->publish(0, record_of(0, code));
    tracked.advance();
    return tracked.status();
  };
  CHECK(status_after(errc::none) == task_status::done);
  CHECK(status_after(errc::connection_refused) == task_status::done);
  CHECK(status_after(errc::task_cancelled) == task_status::cancelled);
  CHECK(status_after(errc::shutdown) == task_status::cancelled);
  CHECK(status_after(errc::deadline_exceeded) == task_status::deadline_exceeded);
}

TEST_CASE("tracked_task: an empty task is done at once") {
  asio::io_context home(1);
  tracked_task tracked(task_of(0, 1), home.get_executor());
  tracked.advance();
  CHECK(tracked.status() == task_status::done);
}

TEST_CASE("tracked_task: a rate that has all but died tells no end") {
  asio::io_context home(1);
  const auto of = task_of(2, 1);
  tracked_task tracked(of, home.get_executor());
  of->publish(0, record_of(0));
  time_point now = clock::now();
  for (int quiet = 0; quiet < 600; ++quiet) tracked.advance(now += std::chrono::seconds(2));
  CHECK_FALSE(tracked.eta_s(now));
}
