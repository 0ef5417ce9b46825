// One connection to a server: TCP, or TLS over it, with one way to write and one to read.
// Owned by a lane. Belongs to one loop. Not thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/executor.hpp"
#include "connect/tls_client.hpp"
#include "outcome/failure.hpp"

namespace trawl {

class transport {
 public:
  explicit transport(executor_type loop) : socket_(std::move(loop)) {}

  [[nodiscard]] socket_type& socket() { return socket_; }
  [[nodiscard]] bool is_open() const { return socket_.is_open(); }
  /// Plain from here on; the socket is connected to `remote`.
  void opened(const tcp::endpoint& remote);
  /// Speaks TLS from here on; the handshake comes first.
  tls_client& start_tls(std::unique_ptr<tls_client> over) { return *(tls_ = std::move(over)); }
  /// Null on a plain connection.
  [[nodiscard]] const tls_client* tls() const { return tls_.get(); }
  /// The address it is, or was last, connected to; and its text form.
  [[nodiscard]] const asio::ip::address& remote() const { return remote_; }
  [[nodiscard]] const std::string& remote_ip() const { return remote_ip_; }

  /// All of `octets`. connection_terminated when the peer is gone, out_of_resources when this
  /// machine is short of memory, errc::none when close() interrupted.
  awaitable<result<void>> write(std::string_view octets);
  /// At least one octet; 0: the peer closed. Errors as write().
  awaitable<result<std::size_t>> read_some(char* into, std::size_t size);
  /// Waits until the peer sends or closes (false: the connection is spent), or stop_waiting() (true).
  awaitable<bool> stay_idle();
  void stop_waiting();
  /// Octets have come with the last ones read that nobody has asked for: it must not be used again.
  [[nodiscard]] bool unread() const { return tls_ != nullptr && tls_->pending(); }
  /// The peer ended the TCP stream without ending TLS: what came may be cut short.
  [[nodiscard]] bool truncated() const { return tls_ != nullptr && tls_->truncated(); }

  /// Whoever waits in here returns soon. What is known of the connection stays known.
  void close();
  /// Before a new dial, when nobody waits in here.
  void start_over();

 private:
  socket_type socket_;
  std::unique_ptr<tls_client> tls_;
  asio::ip::address remote_;
  std::string remote_ip_;
  bool told_to_stop_ = false;
};

}  // namespace trawl
