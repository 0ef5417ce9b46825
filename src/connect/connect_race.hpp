// TCP to the first of a name's addresses that answers (RFC 8305, section 5): one attempt after the
// other, each started when the one before fails or has had 250 ms, none of them cancelled by it.
// With a single address, the usual case, it is that socket's own async_connect and nothing more.
// The order of the addresses is the caller's (RFC 8305, section 4). No overall timeout: the caller
// cancels. Belongs to one loop, kept by a lane and used for every dial. Not thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/deadline_queue.hpp"
#include "base/executor.hpp"
#include "base/waiter.hpp"
#include "outcome/failure.hpp"

namespace trawl {

class connect_race {
 public:
  /// RFC 8305, section 8: the recommended Connection Attempt Delay.
  static constexpr milliseconds attempt_delay{250};

  connect_race(executor_type loop, deadline_queue& deadlines);
  connect_race(const connect_race&) = delete;
  connect_race& operator=(const connect_race&) = delete;

  /// Connects `socket` (closed until then) to the first of `to` that accepts; both must outlive the
  /// wait. On success it is open, non-blocking, with TCP_NODELAY when `no_delay`; on failure closed.
  /// Of several failures the one that tells most counts: out_of_resources (not all were tried), then
  /// any answer, then destination_ip_unroutable; the last of its kind. One run() at a time.
  [[nodiscard]] awaitable<result<tcp::endpoint>> run(std::span<const tcp::endpoint> to, socket_type& socket,
                                                     bool no_delay);
  /// From the same loop while run() waits: it then fails with errc::none, phase::connect,
  /// "cancelled". No-op when nothing runs.
  void cancel();

 private:
  class stagger final : public deadline {
   public:
    explicit stagger(connect_race& race) : race_(race) {}

   private:
    void expired(time_point) override { race_.start_next(); }
    connect_race& race_;
  };

  awaitable<result<tcp::endpoint>> run_one(tcp::endpoint to, socket_type& socket);
  awaitable<result<tcp::endpoint>> run_several(socket_type& socket);
  void start_next();
  void finished(std::size_t attempt, const error_code& ec);
  void stop();
  void keep_worst(failure next);
  [[nodiscard]] failure total_failure();

  executor_type loop_;
  deadline_queue& deadlines_;
  stagger stagger_{*this};
  waiter done_;
  bool cancelled_ = false;
  socket_type* lone_ = nullptr;  ///< The caller's socket, while run_one() waits.
  // The rest is of run_several(): attempts_[i] connects to to_[i].
  std::span<const tcp::endpoint> to_;
  std::vector<socket_type> attempts_;
  std::size_t pending_ = 0;  ///< Handlers yet to come; run() returns only when none is left.
  std::optional<std::size_t> winner_;
  failure worst_;
};

}  // namespace trawl
