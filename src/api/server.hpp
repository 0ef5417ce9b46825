// The API as a server: listens, accepts, and serves each connection by a session, all on the home loop, so
// that a saturated fetch side never delays a poll.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/executor.hpp"
#include "shard/crawler.hpp"

namespace trawl {

struct server_options {
  /// "ADDR:PORT", "[v6]:PORT"; port 0: any free one. Only this machine by default: whoever can submit can
  /// make it fetch.
  std::vector<std::string> listen{"127.0.0.1:7777"};
  /// Octets of one body, decoded. A million URLs of 100 octets are 100 MB.
  std::size_t max_body = 268435456;
  /// Of one task, and of all that wait.
  std::size_t max_urls = 20000000;
  /// Octets all tasks may take; 0: 60% of memory, or of the cgroup's.
  std::size_t max_memory = 0;
  /// Seconds that a task is kept after it has ended; 0: until it is deleted. A day: results are fetched by then.
  std::uint32_t task_ttl = 86400;
  /// At once; further ones are told 503.
  std::size_t max_connections = 10000;
  /// Of one address, of IPv6 one /64. nullopt: 1000, and any number from loopback.
  std::optional<std::size_t> max_connections_per_address;
  /// Names that may stand in Host beside IP literals and localhost.
  std::vector<std::string> allowed_host;
  /// The keys that callers must show (api/api_keys.hpp); empty: nobody is asked for one.
  std::string api_key_file;
  /// Certificate and key of the listeners, PEM; both or neither. With them every listener speaks TLS and nothing else.
  std::string tls_cert;
  std::string tls_key;
  /// Requests a second of one caller, or of one address where no key was shown; twice as many at once. 0: any number.
  std::uint32_t rate_limit = 0;
  /// Origins whose pages may use the API from a browser: "https://a.example".
  std::vector<std::string> cors_origin;
  /// File with the secrets that callbacks are signed with (webhook_signer); empty: there are no callbacks.
  std::string webhook_secret_file;
  /// Explicit consent to listen beyond loopback although nobody is asked for a key.
  bool no_auth = false;
};

class server {
 public:
  /// `engine` outlives it. Nothing happens before listen(). Throws start_error for a file of secrets that is none.
  server(crawler& engine, executor_type home, server_options options);
  server(const server&) = delete;
  server& operator=(const server&) = delete;
  ~server();

  /// Reads keys and certificate, opens all listeners and starts to accept. Throws start_error that names each file or
  /// address and what is wrong with it.
  void listen();
  /// Reads the files again. What is wrong with one is logged, and what was read from it before stays in use.
  void reload();
  /// Where it listens, ports as they are.
  [[nodiscard]] std::vector<std::string> addresses() const;
  /// Connections open now.
  [[nodiscard]] std::size_t connections() const;

  /// Takes no more connections and no more tasks; those open are served on, and /readyz says 503.
  void drain();
  /// drain(), then ends the connections: idle ones at once, those that are being answered get a moment, and
  /// streams are cut with a word. Returns when none is left.
  awaitable<void> close();

 private:
  struct core;
  std::shared_ptr<core> core_;  // Shared with the coroutines, which may outlive a server that was not closed.
};

/// Whether every "ADDR:PORT" is a loopback address; what is no address is not.
[[nodiscard]] bool all_loopback(const std::vector<std::string>& listen);

}  // namespace trawl
