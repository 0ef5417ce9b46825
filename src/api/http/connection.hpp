// A socket with patience, plain or under TLS: every wait has an end, and whoever serves the connection learns by a
// return value that it is over. One coroutine reads and writes, in turn; watch_peer() may wait beside it, and a
// protocol that took over does as it likes. Belongs to one loop. Not thread-safe.
#pragma once

#include <memory>
#include <string_view>

#include "api/http/timekeeper.hpp"
#include "api/http/tls_accepted.hpp"
#include "base/bell.hpp"
#include "base/executor.hpp"

namespace trawl {

class connection {
 public:
  connection(socket_type socket, timekeeper& times) : socket_(std::move(socket)), times_(times), patience_(*this) {}
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection();

  [[nodiscard]] int handle() { return socket_.native_handle(); }
  /// Before the first read: the client speaks TLS, and so do we.
  void secure(std::unique_ptr<tls_accepted> tls) { tls_ = std::move(tls); }
  [[nodiscard]] bool secured() const { return tls_ != nullptr; }

  /// Waits for bytes until `until`. 0: none will come; timed_out() tells whether time was the reason.
  awaitable<std::size_t> read_some(asio::mutable_buffer into, time_point until);
  /// Writes all of it; false: the peer is gone, or took nothing off the socket for as long as `stall`. A slow
  /// reader is waited for.
  awaitable<bool> write_all(std::string_view data, milliseconds stall);
  [[nodiscard]] bool timed_out() const { return timed_out_; }
  /// For a protocol that takes over from here; interrupt() ends what it waits for. tls(): null on a plain connection.
  [[nodiscard]] socket_type& socket() { return socket_; }
  [[nodiscard]] tls_accepted* tls() { return tls_.get(); }
  /// The peer has closed its side, with nothing left to read, or is lost.
  [[nodiscard]] bool peer_closed();
  /// Rings when it may have, once, unless the peer has said something that nobody has read: then only a write tells.
  /// `whom` lives as long as this.
  void watch_peer(bell& whom);

  /// Says that nothing more is to come and lets the peer read what is under way: closing with bytes unread
  /// would make its system throw our answer away (RFC 9112 9.6).
  awaitable<void> linger(milliseconds longest);
  /// Ends the read or write that waits, as if the peer had gone. Those after it end too.
  void interrupt();

 private:
  class patience final : public deadline {
   public:
    explicit patience(connection& of) : of_(of) {}

   private:
    void expired(time_point now) override { of_.expired(now); }
    connection& of_;
  };
  void expired(time_point now);
  [[nodiscard]] int unsent();
  awaitable<std::size_t> read_wire(asio::mutable_buffer into, time_point until);
  awaitable<std::size_t> read_tls(asio::mutable_buffer into, time_point until);
  awaitable<bool> wait_readable(time_point until);
  awaitable<bool> write_tls(std::string_view data, milliseconds stall);
  awaitable<bool> send_tls(milliseconds stall);

  socket_type socket_;
  timekeeper& times_;
  std::unique_ptr<tls_accepted> tls_;
  std::size_t read_since_wait_ = 0;  // Under TLS.
  patience patience_;
  bool writing_ = false;
  bool timed_out_ = false;
  bool interrupted_ = false;
  milliseconds stall_{};
  int unsent_ = 0;                        // When patience_ was armed for a write.
  std::shared_ptr<connection*> watched_;  // Null inside once this is gone.
  bool watching_ = false;
  bool peer_spoke_ = false;  // Seen by peer_closed().
};

}  // namespace trawl
