// What all TLS connections of one shard share: two SSL_CTX (verifying or only noting), the sessions
// to resume and the remembered verifications. Per shard, so that none of it needs a lock; the trust
// store behind it is the process's. Making one takes 1 to 2 ms. Belongs to one loop. Not thread-safe.
#pragma once

#include <openssl/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "connect/session_cache.hpp"
#include "connect/tls_policy.hpp"
#include "connect/tls_trust.hpp"
#include "connect/tls_verify_cache.hpp"

namespace trawl {

struct tls_context_options {
  /// Sessions kept for resumption, all hosts together; 0: none.
  std::size_t max_sessions = 2048;
  /// Successful verifications remembered for an hour at most; 0: each one is made anew.
  std::size_t max_verifications = 65536;
};

/// The protocol we speak inside (RFC 7301 name).
inline constexpr std::string_view alpn_http1 = "http/1.1";

/// One connection as OpenSSL's callbacks find it.
struct tls_peer {
  /// DNS name without trailing dot, or IP address without brackets: what the certificate must name.
  std::string host;
  /// host, port, verification mode, ALPN: who may resume whose session.
  std::string session_key;
  /// Why verification failed, with the facts of the certificate; "" while nothing was wrong.
  std::string verify_note = {};
  /// The server asked for a client certificate. There is none to send.
  bool client_certificate_asked = false;
  /// What is offered; the system's policy may leave out one of them.
  tls_versions spoken = {};
};

class tls_context {
 public:
  /// `trust` must outlive it. Throws std::runtime_error when OpenSSL refuses its settings.
  explicit tls_context(const tls_trust& trust, const tls_context_options& options = {});
  tls_context(const tls_context&) = delete;
  tls_context& operator=(const tls_context&) = delete;

  /// A new client connection whose callbacks report to `peer`, which must outlive it. Verifies the
  /// chain either way; with `verify` a failure ends the handshake. Null: no memory.
  [[nodiscard]] SSL* new_connection(bool verify, tls_peer& peer);
  [[nodiscard]] session_cache& sessions() { return sessions_; }
  [[nodiscard]] const tls_verify_cache& verifications() const { return verifications_; }

 private:
  struct free_context {
    void operator()(SSL_CTX* context) const;
  };
  using context_ptr = std::unique_ptr<SSL_CTX, free_context>;
  context_ptr make_context(const tls_trust& trust, bool verify);
  static int no_certificate(SSL* ssl, X509** certificate, EVP_PKEY** key);
  static int new_session(SSL* ssl, SSL_SESSION* session);
  static int verify_chain(X509_STORE_CTX* chain, void* self);

  session_cache sessions_;
  tls_verify_cache verifications_;
  std::array<context_ptr, 2> by_mode_;  ///< [verify]
  tls_versions spoken_;
};

}  // namespace trawl
