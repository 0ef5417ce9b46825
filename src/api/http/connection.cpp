#include "api/http/connection.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>

namespace trawl {

namespace {

// What one connection may read before others have their turn: OpenSSL's reads do not pass through the loop.
constexpr std::size_t read_turn = std::size_t{128} << 10;

}  // namespace

awaitable<std::size_t> connection::read_some(asio::mutable_buffer into, time_point until) {
  if (tls_) co_return co_await read_tls(into, until);
  co_return co_await read_wire(into, until);
}

awaitable<std::size_t> connection::read_wire(asio::mutable_buffer into, time_point until) {
  timed_out_ = false;
  peer_spoke_ = false;
  if (interrupted_) co_return 0;
  times_.arm(patience_, until);
  const auto [ec, size] = co_await socket_.async_read_some(into, use_tuple);
  timekeeper::disarm(patience_);
  co_return ec ? 0 : size;
}

// The handshake is what the first reads do: its time is that of the first request.
awaitable<std::size_t> connection::read_tls(asio::mutable_buffer into, time_point until) {
  timed_out_ = false;
  peer_spoke_ = false;
  while (!interrupted_) {
    const std::size_t size = tls_->read(into.data(), into.size());
    const bool asked_socket = !tls_->wire().unsent();  // Else the read did not ask it.
    const auto left = std::chrono::ceil<milliseconds>(std::max(until - clock::now(), clock::duration::zero()));
    const bool sent = co_await send_tls(left);
    read_since_wait_ += size;
    if (read_since_wait_ >= read_turn) {
      read_since_wait_ = 0;
      co_await asio::post(socket_.get_executor(), use_awaitable);
    }
    if (size > 0) co_return size;
    if (!sent || tls_->over()) break;
    if (!asked_socket) {  // A client that makes TLS answer all the time would have the loop for itself.
      timed_out_ = clock::now() >= until;
      if (timed_out_) break;
      co_await asio::post(socket_.get_executor(), use_awaitable);
      continue;
    }
    const bool readable = co_await wait_readable(until);
    if (!readable) break;
  }
  co_return 0;
}

awaitable<bool> connection::wait_readable(time_point until) {
  read_since_wait_ = 0;
  times_.arm(patience_, until);
  const auto [ec] = co_await socket_.async_wait(socket_type::wait_read, use_tuple);
  timekeeper::disarm(patience_);
  co_return !ec;
}

awaitable<bool> connection::write_tls(std::string_view data, milliseconds stall) {
  timed_out_ = false;
  while (!data.empty() && !interrupted_) {
    const std::size_t taken = tls_->write(data);
    data.remove_prefix(taken);
    const bool sent = co_await send_tls(stall);
    if (taken == 0 || !sent) co_return false;
  }
  co_return data.empty();
}

// What waits in the wire. False: the peer is gone, or took nothing for as long as `stall`.
awaitable<bool> connection::send_tls(milliseconds stall) {
  stall_ = stall;
  writing_ = true;
  int error = flush(tls_->wire());
  while (error == EAGAIN && !interrupted_) {
    unsent_ = unsent();
    times_.arm(patience_, clock::now() + stall);
    const auto [ec] = co_await socket_.async_wait(socket_type::wait_write, use_tuple);
    timekeeper::disarm(patience_);
    error = ec ? ECANCELED : flush(tls_->wire());
  }
  writing_ = false;
  co_return error == 0;
}

awaitable<bool> connection::write_all(std::string_view data, milliseconds stall) {
  if (tls_) co_return co_await write_tls(data, stall);
  timed_out_ = false;
  stall_ = stall;
  writing_ = true;
  while (!data.empty() && !interrupted_) {
    unsent_ = unsent();
    times_.arm(patience_, clock::now() + stall);
    const auto [ec, size] = co_await socket_.async_write_some(asio::buffer(data.data(), data.size()), use_tuple);
    if (ec) break;
    data.remove_prefix(size);
  }
  timekeeper::disarm(patience_);
  writing_ = false;
  co_return data.empty();
}

// The kernel wakes a writer only when a good part of its buffer is free again, which for a slow reader
// takes longer than any stall: what counts is that the peer takes anything at all.
void connection::expired(time_point now) {
  if (writing_) {
    const int left = unsent();
    if (left != unsent_) {
      unsent_ = left;
      return times_.arm(patience_, now + stall_);
    }
  }
  timed_out_ = true;
  error_code ignored;
  socket_.cancel(ignored);
}

// Bytes in the kernel that the peer has not acknowledged.
int connection::unsent() {
  int bytes = 0;
  ioctl(socket_.native_handle(), SIOCOUTQ, &bytes);
  return bytes;
}

bool connection::peer_closed() {
  if (interrupted_) return true;
  if (tls_) {
    const bool closed = tls_->peer_closed();
    // To look may have made TLS itself answer, a KeyUpdate for one; until that has left nothing is read.
    static_cast<void>(flush(tls_->wire()));
    peer_spoke_ = !closed && (tls_->pending() || tls_->wire().unsent());
    return closed;
  }
  char one = 0;
  const ssize_t got = recv(socket_.native_handle(), &one, 1, MSG_PEEK | MSG_DONTWAIT);
  peer_spoke_ = got > 0;
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

void connection::watch_peer(bell& whom) {
  if (watching_ || peer_spoke_) return;
  if (!watched_) watched_ = std::make_shared<connection*>(this);
  watching_ = true;
  socket_.async_wait(socket_type::wait_read, [self = watched_, &whom](error_code ec) {
    if (*self == nullptr) return;
    (*self)->watching_ = false;
    if (!ec) whom.ring();
  });
}

connection::~connection() {
  if (watched_) *watched_ = nullptr;
}

awaitable<void> connection::linger(milliseconds longest) {
  thread_local std::array<char, 16384> sink;  // Whoever reads into it: nobody looks.
  if (tls_) {  // Its last word; if it cannot leave at once, the peer reads nothing anyway.
    tls_->close();
    static_cast<void>(flush(tls_->wire()));
  }
  error_code ec;
  socket_.shutdown(socket_type::shutdown_send, ec);
  const time_point until = clock::now() + longest;
  std::size_t size = ec ? 0 : 1;
  while (size > 0 && clock::now() < until) size = co_await read_wire(asio::buffer(sink), until);
}

void connection::interrupt() {
  interrupted_ = true;
  error_code ignored;
  socket_.cancel(ignored);
}

}  // namespace trawl
