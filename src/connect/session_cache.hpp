// TLS sessions to resume, per host: a resumed handshake costs less than half of a full one. A TLS
// 1.3 ticket is handed out once (RFC 8446, appendix C.4: reuse would link connections), a TLS 1.2
// session as long as it is valid. A session carries the verification it was made under, so the key
// names host, port, verification mode and ALPN. Bounded: least recently used hosts go first.
// Belongs to one loop. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

typedef struct ssl_session_st SSL_SESSION;  // As <openssl/ssl.h> has it.

namespace trawl {

struct free_session {
  void operator()(SSL_SESSION* session) const;
};
using session_ptr = std::unique_ptr<SSL_SESSION, free_session>;

/// A session and what verification said when it was made ("" when it passed).
struct saved_session {
  session_ptr session;
  std::string verify_note;
};

class session_cache {
 public:
  /// As many as a browser's lane count to one host can use at once; OpenSSL's servers send 2 each time.
  static constexpr std::size_t max_per_host = 4;
  /// 2048 sessions: about 5 KB each with the certificates they hold (several of one connection share them).
  explicit session_cache(std::size_t max_sessions = 2048) : max_sessions_(max_sessions) {}

  /// Keeps the session; the oldest of a host makes room.
  void put(std::string_view host_key, session_ptr session, std::string_view verify_note = {});
  /// The newest that is still good at `now` (epoch seconds); empty pointer: none.
  [[nodiscard]] saved_session take(std::string_view host_key, std::int64_t now);
  /// Drops all of a host: one of them did not work.
  void forget(std::string_view host_key);
  [[nodiscard]] std::size_t size() const { return sessions_; }

 private:
  struct host_sessions {
    std::string key;
    std::string verify_note;
    std::array<session_ptr, max_per_host> stack;  ///< Oldest first.
    std::size_t count = 0;
  };
  using host_list = std::list<host_sessions>;  ///< Most recently used first.
  using place = host_list::iterator;

  host_sessions& find_or_add(std::string_view host_key);
  void erase(place host);
  host_list hosts_;
  std::unordered_map<std::string_view, place> by_key_;  ///< Views of host_sessions::key.
  std::size_t sessions_ = 0;
  const std::size_t max_sessions_;
};

}  // namespace trawl
