#include "connect/connect_race.hpp"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <cassert>

#include "connect/connect_failure.hpp"

namespace trawl {

namespace {

failure cancelled() { return {errc::none, phase::connect, "cancelled"}; }

void close_quietly(socket_type& socket) {
  error_code ignored;
  socket.close(ignored);
}

/// How much a failure tells about the name as a whole.
int weight(errc code) {
  if (code == errc::out_of_resources) return 2;
  return code == errc::destination_ip_unroutable ? 0 : 1;
}

}  // namespace

connect_race::connect_race(executor_type loop, deadline_queue& deadlines)
    : loop_(loop), deadlines_(deadlines), done_(loop) {}

awaitable<result<tcp::endpoint>> connect_race::run(std::span<const tcp::endpoint> to, socket_type& socket,
                                                   bool no_delay) {
  assert(!to.empty() && pending_ == 0 && lone_ == nullptr);
  cancelled_ = false;
  to_ = to;
  auto attempt = to.size() == 1 ? run_one(to.front(), socket) : run_several(socket);
  auto connected = co_await std::move(attempt);  // Not inside the ?: GCC 12 destroys the results twice.
  error_code ignored;
  if (connected && no_delay) socket.set_option(tcp::no_delay(true), ignored);
  if (!connected) socket.close(ignored);
  co_return connected;
}

awaitable<result<tcp::endpoint>> connect_race::run_one(tcp::endpoint to, socket_type& socket) {
  lone_ = &socket;
  const auto [ec] = co_await socket.async_connect(to, use_tuple);
  lone_ = nullptr;
  if (cancelled_ || ec == asio::error::operation_aborted) co_return cancelled();
  if (ec) co_return connect_failure(ec, to);
  co_return to;
}

awaitable<result<tcp::endpoint>> connect_race::run_several(socket_type& socket) {
  winner_.reset();
  worst_ = {};
  attempts_.reserve(to_.size());  // Sockets must not move while they connect.
  start_next();
  while (pending_ > 0) co_await done_.wait();
  deadline_queue::disarm(stagger_);
  if (winner_ && !cancelled_) socket = std::move(attempts_[*winner_]);
  attempts_.clear();
  if (cancelled_) co_return cancelled();
  if (!winner_) co_return total_failure();
  co_return to_[*winner_];
}

void connect_race::cancel() {
  if (lone_ == nullptr && pending_ == 0) return;
  cancelled_ = true;
  if (lone_ != nullptr) close_quietly(*lone_);
  stop();
}

void connect_race::start_next() {
  const std::size_t attempt = attempts_.size();
  if (attempt == to_.size()) return;
  attempts_.emplace_back(loop_);
  ++pending_;
  attempts_[attempt].async_connect(to_[attempt], [this, attempt](error_code ec) { finished(attempt, ec); });
  if (attempt + 1 < to_.size()) deadlines_.arm(stagger_, clock::now() + attempt_delay);
}

void connect_race::finished(std::size_t attempt, const error_code& ec) {
  --pending_;
  if (!cancelled_ && !winner_) {
    if (!ec) {
      winner_ = attempt;
      stop();
    } else {
      keep_worst(connect_failure(ec, to_[attempt]));
      close_quietly(attempts_[attempt]);
      start_next();
    }
  }
  if (pending_ == 0) done_.wake();
}

/// Closes every attempt but the winner; their handlers still come.
void connect_race::stop() {
  deadline_queue::disarm(stagger_);
  for (std::size_t i = 0; i < attempts_.size(); ++i)
    if (winner_ != i) close_quietly(attempts_[i]);
}

void connect_race::keep_worst(failure next) {
  if (worst_.code == errc::none || weight(next.code) >= weight(worst_.code)) worst_ = std::move(next);
}

failure connect_race::total_failure() {
  worst_.detail += " (" + std::to_string(to_.size()) + " addresses tried)";
  return std::move(worst_);
}

}  // namespace trawl
