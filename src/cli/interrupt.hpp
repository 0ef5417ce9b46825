// SIGINT and SIGTERM as a coroutine sees them, and SIGHUP if wanted. The first ones are told; the next SIGINT or
// SIGTERM ends the process on the spot, from the signal handler, so that it works whatever the loop is doing. One at a
// time in a process.
#pragma once

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "base/executor.hpp"

namespace trawl {

class interrupt {
 public:
  enum class hangup : bool { as_ever, told };
  /// From here on the signals are ours, and `told` of them are waited for. hangup::told: every SIGHUP is told too,
  /// beside those; else it does what it ever did.
  explicit interrupt(const executor_type& loop, int told = 1, hangup hangups = hangup::as_ever);
  interrupt(const interrupt&) = delete;
  interrupt& operator=(const interrupt&) = delete;
  ~interrupt();

  /// Completes with the number of the next signal, or with 0 after stop().
  awaitable<int> wait();
  void stop() { pipe_.close(); }

 private:
  const bool hangups_;
  asio::posix::basic_stream_descriptor<executor_type> pipe_;
};

}  // namespace trawl
