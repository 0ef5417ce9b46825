#include "cli/interrupt.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace trawl {
namespace {

// All that a signal handler may touch.
volatile std::sig_atomic_t left_to_tell = 0;
volatile std::sig_atomic_t write_end = -1;

// Shells show a process that a signal ended as 128 and its number.
extern "C" void take_signal(int number) {
  const bool ends = number != SIGHUP;
  if (ends && left_to_tell == 0) ::_exit(128 + number);
  const int saved = errno;
  if (ends) left_to_tell = left_to_tell - 1;
  const char byte = static_cast<char>(number);
  [[maybe_unused]] const auto written = ::write(write_end, &byte, 1);
  errno = saved;
}

void handle(void (*handler)(int), bool hangups) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  if (hangups) ::sigaction(SIGHUP, &action, nullptr);
}

}  // namespace

interrupt::interrupt(const executor_type& loop, int told, hangup hangups)
    : hangups_(hangups == hangup::told), pipe_(loop) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0)
    throw std::system_error(errno, std::generic_category(), "pipe");
  pipe_.assign(ends[0]);
  write_end = ends[1];
  left_to_tell = told;
  handle(take_signal, hangups_);
}

interrupt::~interrupt() {
  handle(SIG_DFL, hangups_);
  ::close(write_end);
  write_end = -1;
}

awaitable<int> interrupt::wait() {
  char byte = 0;
  const auto [ec, n] = co_await pipe_.async_read_some(asio::buffer(&byte, 1), use_tuple);
  co_return ec ? 0 : static_cast<int>(byte);
}

}  // namespace trawl
