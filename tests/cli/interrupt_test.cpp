#include "cli/interrupt.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <csignal>

using namespace trawl;

namespace {

void rethrow(std::exception_ptr thrown) {
  if (thrown) std::rethrow_exception(thrown);
}

awaitable<void> wait_for(interrupt& signals, int& got) { got = co_await signals.wait(); }

// Raises `number` so many times and takes one turn of the loop after each; what wait() gave.
int raise_and_wait(int number, int times) {
  asio::io_context loop{1};
  interrupt signals(loop.get_executor());
  int got = -1;
  asio::co_spawn(loop, wait_for(signals, got), rethrow);
  for (int n = 0; n < times; ++n) {
    loop.poll();
    ::raise(number);
  }
  loop.run();
  return got;
}

// The exit status of a child that runs it: signals are told once in the life of a process.
template <class Body>
int status_of_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("interrupt: the first signal is told by its number") {
  CHECK(status_of_child([] { return raise_and_wait(SIGTERM, 1); }) == SIGTERM);
  CHECK(status_of_child([] { return raise_and_wait(SIGINT, 1); }) == SIGINT);
}

TEST_CASE("interrupt: the second ends the process at once, as shells have it") {
  CHECK(status_of_child([] { return raise_and_wait(SIGTERM, 2); }) == 128 + SIGTERM);
  CHECK(status_of_child([] { return raise_and_wait(SIGINT, 2); }) == 128 + SIGINT);
}

TEST_CASE("interrupt: as many are told as were asked for") {
  const auto wait_twice = [] {
    asio::io_context loop{1};
    interrupt signals(loop.get_executor(), 2);
    int sum = 0;
    for (const int number : {SIGINT, SIGTERM}) {
      int got = -1;
      ::raise(number);
      asio::co_spawn(loop, wait_for(signals, got), rethrow);
      loop.restart();
      loop.run();
      sum += got;
    }
    if (sum == SIGINT + SIGTERM) ::raise(SIGINT);
    return 0;
  };
  CHECK(status_of_child(wait_twice) == 128 + SIGINT);
}

TEST_CASE("interrupt: a hangup is told when that is wanted, and does not count; else it ends the process as ever") {
  const auto hang_up = [](interrupt::hangup hangups) {
    asio::io_context loop{1};
    interrupt signals(loop.get_executor(), 1, hangups);
    for (const int number : {SIGHUP, SIGHUP, SIGTERM}) {
      int got = -1;
      ::raise(number);
      asio::co_spawn(loop, wait_for(signals, got), rethrow);
      loop.restart();
      loop.run();
      if (got != number) return 1;
    }
    return 7;
  };
  CHECK(status_of_child([&] { return hang_up(interrupt::hangup::told); }) == 7);
  CHECK(status_of_child([&] { return hang_up(interrupt::hangup::as_ever); }) == -1);
}

TEST_CASE("interrupt: stop() ends the wait without a signal") {
  asio::io_context loop{1};
  interrupt signals(loop.get_executor());
  int got = -1;
  asio::co_spawn(loop, wait_for(signals, got), rethrow);
  loop.poll();
  signals.stop();
  loop.run();
  CHECK(got == 0);
}
