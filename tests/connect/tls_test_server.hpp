// Servers for tests, on a port of 127.0.0.1 and a thread of their own, blocking: one that does what it is
// told with the bare connection, and one that speaks TLS by OpenSSL, as far from our client as can be.
#pragma once

#include <openssl/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "connect/test_certificates.hpp"

namespace trawl::test {

/// Serves one connection after the other; the descriptor is closed after each.
class raw_server {
 public:
  using script = std::function<void(int descriptor)>;
  explicit raw_server(script serve);
  raw_server(const raw_server&) = delete;
  raw_server& operator=(const raw_server&) = delete;
  ~raw_server();
  [[nodiscard]] unsigned short port() const { return port_; }

 private:
  void run();
  int listener_;
  unsigned short port_;
  const script serve_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

struct tls_server_options {
  identity who;
  std::vector<identity> chain = {};  ///< Sent after it.
  int min_version = 0;               ///< 0: what OpenSSL has, at security level 0.
  int max_version = 0;
  std::string ciphers_tls12 = {};
  std::string groups = {};     ///< "": OpenSSL's.
  bool ask_client = false;     ///< Requests a client certificate,
  bool demand_client = false;  ///< and insists.
  bool refuse_alpn = false;    ///< Ends with no_application_protocol.
};

/// What the server saw of one connection.
struct seen {
  bool shaken = false;
  bool resumed = false;
  std::string server_name;
  std::string alpn;
};

class tls_server {
 public:
  using script = std::function<void(SSL*)>;
  /// `serve` runs after the handshake.
  explicit tls_server(tls_server_options options, script serve);
  [[nodiscard]] unsigned short port() const { return raw_.port(); }
  /// Of all connections that ended, in order.
  [[nodiscard]] std::vector<seen> connections();

 private:
  void serve_one(int descriptor);
  std::shared_ptr<SSL_CTX> context_;
  const script serve_;
  std::mutex guard_;
  std::vector<seen> connections_;
  raw_server raw_;
};

/// Segments with data in them that this end of a TCP connection has sent.
std::uint32_t data_segments_sent(int descriptor);

/// Reads one request (up to a blank line), answers "hello" and ends cleanly.
void say_hello(SSL* ssl);
/// Reads until a blank line; what it read.
std::string read_request(SSL* ssl);
void write_all(SSL* ssl, std::string_view data);
/// Sends close_notify and waits for the peer to close.
void end_cleanly(SSL* ssl);

}  // namespace trawl::test
