// One TLS connection over a connected socket: handshake, then bytes both ways. OpenSSL reads the
// socket itself (tls_bio); this class only waits for it and sends what OpenSSL wrote, once a step.
// A resumed connection costs less than half of a new one: sessions come from and go to the context.
// Belongs to one loop; one call at a time. Not thread-safe.
//
// To interrupt a wait, close the socket (on its loop): the call then fails with errc::none, and the
// descriptor is not touched again. interrupt() does the same and leaves the connection usable.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/executor.hpp"
#include "connect/tls_bio.hpp"
#include "connect/tls_context.hpp"
#include "outcome/failure.hpp"

namespace trawl {

struct tls_facts {
  std::string_view version;    ///< "TLSv1.3"
  std::string_view cipher;     ///< IANA name, "TLS_AES_128_GCM_SHA256"
  std::int64_t not_after = 0;  ///< of the server's certificate, epoch seconds
  bool resumed = false;
  std::string verify_note;  ///< Without verification: what was wrong with the certificate, else "".
};

class tls_client {
 public:
  /// `context` and `socket` (connected, TCP_NODELAY) must outlive it. `hostname`: as in the URL, an
  /// IPv6 address with or without brackets; with `port` it says whose sessions may be resumed.
  tls_client(tls_context& context, socket_type& socket, std::string_view hostname, std::uint16_t port,
             bool hostname_is_ip, bool verify);
  tls_client(const tls_client&) = delete;
  tls_client& operator=(const tls_client&) = delete;
  ~tls_client();

  /// SNI for names (RFC 6066: not for addresses), certificate checked against name or address
  /// (RFC 9525: subjectAltName only). With TLS 1.3 our Finished stays buffered until the first
  /// write() or read, so that it shares a segment with the request. Failures carry phase::tls.
  [[nodiscard]] awaitable<result<void>> handshake();
  /// Sends all of it. Resumes the caller from the loop, so that an answer may have come by then.
  /// Failures carry phase::none, here and in read_some(), but for phase::tls where the server ends a TLS 1.3
  /// handshake late, for want of a client certificate.
  [[nodiscard]] awaitable<result<void>> write(std::string_view data);
  /// At least one byte, unless the stream ended: 0, and truncated() says how.
  [[nodiscard]] awaitable<result<std::size_t>> read_some(char* into, std::size_t size);

  /// From the same loop before read_some() has returned: if it waits for the peer, or is about to, it fails
  /// with errc::none. Not when nobody reads.
  void interrupt();

  /// The stream ended without close_notify: whoever cut it is not known to be the server.
  [[nodiscard]] bool truncated() const { return truncated_; }
  /// Bytes of the peer are here that nobody has read: a connection to be kept must have none.
  /// Looks at what was received; asks the socket nothing.
  [[nodiscard]] bool pending() const;
  [[nodiscard]] const tls_facts& facts() const { return facts_; }

 private:
  struct free_ssl {
    void operator()(SSL* ssl) const;
  };
  [[nodiscard]] bool prepare();
  void offer_session();
  void note_facts();
  /// SSL_get_error() of a call's answer; the error queue is left to tls_failure() if that is to read it.
  [[nodiscard]] int status(int answer);
  [[nodiscard]] failure handshake_failure();
  [[nodiscard]] result<std::size_t> stream_end(int ssl_error);
  [[nodiscard]] awaitable<result<void>> send_out(phase where);
  [[nodiscard]] awaitable<result<void>> wait_readable(phase where);
  [[nodiscard]] awaitable<void> yield();

  tls_context& context_;
  socket_type& socket_;
  mutable tls_wire wire_;
  tls_peer peer_;
  tls_facts facts_;
  const bool hostname_is_ip_;
  const bool verify_;
  bool offered_ = false;  ///< A session was.
  bool truncated_ = false;
  bool waiting_ = false;    ///< read_some() waits for the peer.
  bool stop_ = false;       ///< It is to give up waiting.
  bool connected_ = false;  ///< The handshake is done and nothing fatal has come since.
  std::size_t read_since_wait_ = 0;
  std::unique_ptr<SSL, free_ssl> ssl_;  ///< Last: its BIO points to wire_, its callbacks to peer_.
};

}  // namespace trawl
