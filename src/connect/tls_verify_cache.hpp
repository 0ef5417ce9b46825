// Remembers that a certificate chain verified, for a host, so that the same chain is not verified
// again at the next full handshake: 0.73 of the CPU with an ECDSA chain of two (2-core Xeon, OpenSSL
// 3.0.22). The key is SHA-256 over everything the answer depended on: every certificate the server
// sent, in order, the name or address asked for, and the generation of the trust store. Only
// successes are remembered, until an hour has passed or a certificate of the chain expires. That the
// server owns the leaf's key is proved in every handshake and is not part of this.
// Belongs to one loop. Not thread-safe.
#pragma once

#include <openssl/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <list>
#include <unordered_map>

namespace trawl {

class tls_verify_cache {
 public:
  /// Seconds a success counts at most: a CRL that was read anew, or a clock set right, shows by then.
  static constexpr std::int64_t max_age = 3600;

  /// Holds at most `max_entries` (0: off), least recently used going first.
  tls_verify_cache(std::size_t max_entries, std::uint64_t store_generation)
      : max_entries_(max_entries), generation_(store_generation) {}

  /// In place of X509_verify_cert(): 1 and X509_V_OK when the chain is good at `now` (epoch seconds).
  [[nodiscard]] int verify(X509_STORE_CTX* chain, std::int64_t now);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::uint64_t hits() const { return hits_; }

 private:
  using key = std::array<unsigned char, 32>;
  struct first_bytes {  // A SHA-256 is its own hash.
    std::size_t operator()(const key& k) const {
      std::size_t h;
      std::memcpy(&h, k.data(), sizeof h);
      return h;
    }
  };
  struct entry {
    key k;
    std::int64_t until;
  };
  using entry_list = std::list<entry>;  ///< Most recently used first.

  [[nodiscard]] bool key_of(X509_STORE_CTX* chain, key& into) const;
  [[nodiscard]] bool known_good(const key& k, std::int64_t now);
  void remember(const key& k, std::int64_t until);
  entry_list entries_;
  std::unordered_map<key, entry_list::iterator, first_bytes> by_key_;
  std::uint64_t hits_ = 0;
  const std::size_t max_entries_;
  const std::uint64_t generation_;
};

}  // namespace trawl
