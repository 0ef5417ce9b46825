// SIGINT and SIGTERM as a coroutine sees them. The first ones are told; the next ends the process on the
// spot, from the signal handler, so that it works whatever the loop is doing. One at a time in a process.
#pragma once

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "base/executor.hpp"

namespace trawl {

class interrupt {
 public:
  /// From here on the signals are ours, and `told` of them are waited for.
  explicit interrupt(const executor_type& loop, int told = 1);
  interrupt(const interrupt&) = delete;
  interrupt& operator=(const interrupt&) = delete;
  ~interrupt();

  /// Completes with the number of the next signal, or with 0 after stop().
  awaitable<int> wait();
  void stop() { pipe_.close(); }

 private:
  asio::posix::basic_stream_descriptor<executor_type> pipe_;
};

}  // namespace trawl
