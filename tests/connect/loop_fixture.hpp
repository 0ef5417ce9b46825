// A loop with its deadline queue and timer, and a way to run one coroutine to its end, for tests.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <optional>
#include <ostream>

#include "base/deadline_queue.hpp"
#include "base/executor.hpp"
#include "outcome/failure.hpp"

namespace trawl {

/// So that CHECK(result) shows why.
inline std::ostream& operator<<(std::ostream& out, const failure& f) {
  return out << code_token(f.code) << " in " << phase_name(f.where) << ": " << f.detail;
}

}  // namespace trawl

namespace trawl::test {

class loop_fixture {
 public:
  executor_type executor() { return io.get_executor(); }
  socket_type socket() { return socket_type(io.get_executor()); }

  /// Runs the loop until `work` has ended, and everything it left behind.
  template <class T>
  T run(awaitable<T> work) {
    std::optional<T> out;
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr e, T value) {
      if (e) std::rethrow_exception(e);
      out.emplace(std::move(value));
    });
    drive();
    return std::move(*out);
  }
  /// Lets deadlines expire as they come due, for as long as there is work.
  void drive() {
    io.restart();
    while (!io.stopped()) {
      const time_point next = deadlines.next();
      if (next == time_point::max()) {
        if (io.run_one() == 0) break;
      } else {
        io.run_one_until(next);
      }
      deadlines.run(clock::now());
    }
  }

  asio::io_context io{1};
  deadline_queue deadlines;
};

}  // namespace trawl::test
