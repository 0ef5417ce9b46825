// The TLS of one connection that was accepted, without any waiting: it reads what the socket has, and leaves what is to
// be sent in its wire (connect/tls_bio.hpp). The handshake takes place in the first reads.
// Belongs to one loop. Not thread-safe.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <memory>
#include <string_view>

#include "connect/tls_bio.hpp"

namespace trawl {

class tls_accepted {
 public:
  /// Owns `ssl`; `socket` outlives it. Throws std::bad_alloc.
  tls_accepted(SSL* ssl, int socket);

  /// Octets of what the client said. 0: nothing is there, until the socket can be read again; or over().
  [[nodiscard]] std::size_t read(void* into, std::size_t size);
  /// Encrypts some of it, from the front; how much. 0: over().
  [[nodiscard]] std::size_t write(std::string_view data);
  /// Tells the client that nothing more is to come (RFC 8446 6.1).
  void close();
  /// Looks whether the client has said so, or is gone. What it sent before stays to be read.
  [[nodiscard]] bool peer_closed();
  /// Something the client said is here and was not read.
  [[nodiscard]] bool pending() const;
  /// Nothing more will be read: it has ended, well or not.
  [[nodiscard]] bool over() const { return over_; }
  [[nodiscard]] tls_wire& wire() { return wire_; }

 private:
  struct free_ssl {
    void operator()(SSL* ssl) const;
  };
  bool goes_on(int answer);

  tls_wire wire_;
  std::unique_ptr<SSL, free_ssl> ssl_;
  bool over_ = false;
  bool broken_ = false;  // OpenSSL wants no further call then.
};

}  // namespace trawl
