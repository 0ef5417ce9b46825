#include "api/connection.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>

namespace trawl {

awaitable<std::size_t> connection::read_some(asio::mutable_buffer into, time_point until) {
  timed_out_ = false;
  if (interrupted_) co_return 0;
  times_.arm(patience_, until);
  const auto [ec, size] = co_await socket_.async_read_some(into, use_tuple);
  timekeeper::disarm(patience_);
  co_return ec ? 0 : size;
}

awaitable<bool> connection::write_all(std::string_view data, milliseconds stall) {
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
  char one = 0;
  return recv(socket_.native_handle(), &one, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

awaitable<void> connection::linger(milliseconds longest) {
  thread_local std::array<char, 16384> sink;  // Whoever reads into it: nobody looks.
  error_code ec;
  socket_.shutdown(socket_type::shutdown_send, ec);
  const time_point until = clock::now() + longest;
  std::size_t size = ec ? 0 : 1;
  while (size > 0) size = co_await read_some(asio::buffer(sink), until);
}

void connection::interrupt() {
  interrupted_ = true;
  error_code ignored;
  socket_.cancel(ignored);
}

}  // namespace trawl
