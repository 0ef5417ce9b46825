// The wire under one TLS connection: OpenSSL reads straight from the socket and writes into a
// buffer of ours that leaves in one send() per step, so the client's Finished and the request share
// a segment. Against asio::ssl::stream: 25 KB a connection instead of 91, and no second copy.
// Belongs to one loop. Not thread-safe.
#pragma once

#include <openssl/types.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace trawl {

struct tls_wire {
  int fd = -1;
  /// Bytes for the peer; those before `sent` have left. Empty whenever nothing waits to be sent.
  std::string out;
  std::size_t sent = 0;
  bool ended = false;            ///< The peer closed its side.
  bool deaf = false;             ///< Reads find nothing: only what OpenSSL holds already is to be looked at.
  bool duplex = false;           ///< The peer speaks without being asked: output that waits keeps no read away.
  std::size_t in_turn = 0;       ///< Octets received since the socket was last found, or said to be, dry.
  unsigned key_changes = 0;      ///< That the peer made or asked for since it last said something: limit_key_changes().
  int error = 0;                 ///< errno of the receive that failed.
  std::array<char, 16> first{};  ///< The first bytes ever received: they tell when it is not TLS.
  std::size_t first_size = 0;

  [[nodiscard]] std::string_view first_bytes() const { return {first.data(), first_size}; }
  [[nodiscard]] bool unsent() const { return sent < out.size(); }
};

/// A BIO over `wire`, which must outlive it. Never closes the descriptor. While output waits to be
/// sent a read finds nothing, without asking the kernel (unless duplex, and then more than 256 KiB of it end the
/// connection): the answer to it cannot have come. After 64 KiB at a stretch a read says once that there is no more:
/// whoever waits for the socket then lets others have their turn, whatever OpenSSL made of them. Null: no memory.
[[nodiscard]] BIO* new_tls_bio(tls_wire& wire);

/// Times a peer may change its keys (RFC 8446 4.6.3), or ask for a renegotiation (RFC 5246 7.4.1), without saying
/// anything between; BoringSSL draws the line for the former there, too.
inline constexpr unsigned most_key_changes = 32;
/// Has `ssl`, over `wire`, fail its reads with EPROTO once there were more: each costs a derivation of keys or a
/// refusal, and often an answer, for some 30 octets of the peer's, and OpenSSL itself never has enough. Of
/// renegotiations those count that OpenSSL refuses: SSL_OP_NO_RENEGOTIATION is set. Who reads sets wire.key_changes to
/// 0 when something was said.
void limit_key_changes(SSL* ssl, tls_wire& wire);

/// Sends what waits. 0: all of it left; EAGAIN: the socket is full, wait and call again; else errno.
[[nodiscard]] int flush(tls_wire& wire);

}  // namespace trawl
