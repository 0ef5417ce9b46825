// What a caller may ask of one task, and of the engine as a whole. Plain values; field, configuration
// key, command-line flag and API option share one name, and each default says why.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace trawl {

/// What tasks ask for is GET or HEAD; POST is for what trawl itself has to tell.
enum class http_method : std::uint8_t { get, head, post };

/// The options of one task.
struct task_options {
  /// HEAD falls back to GET on 405 and 501, which some servers answer to it.
  http_method method = http_method::get;
  /// Sent on every fetch of the origin that was submitted; validated by base/header_rules.
  std::vector<std::pair<std::string, std::string>> headers;
  /// Wall clock of one attempt, 1..3600000 ms; stands still while the fetch waits in a queue of ours.
  std::uint32_t timeout_ms = 20000;
  /// DNS, TCP and TLS of one dial, 1..3600000 ms. Five seconds: three SYN retransmissions fit.
  std::uint32_t connect_timeout_ms = 5000;
  /// 0..50; 0: do not follow, a 3xx is the answer. Ten is what fetch libraries settle near.
  std::uint32_t max_redirects = 10;
  /// Further attempts after a retryable failure, 0..10.
  std::uint32_t retries = 2;
  /// Body octets, decoded; at one more the fetch ends as http_response_body_size.
  std::uint64_t max_body_bytes = 10485760;
  bool verify_tls = true;
  /// false: a new connection for every fetch.
  bool keep_alive = true;
  /// Inputs that are equal, in text and in header fields of their own, are fetched once and share the record.
  bool dedupe = false;
  /// May only be stricter than the engine's; unset: the engine's. host_concurrency 1..1000000.
  std::optional<std::uint32_t> host_concurrency;
  /// Smallest gap between two starts at one host, 0..3600000 ms.
  std::optional<std::uint32_t> host_delay_ms;
  /// Of the whole task, 1..31536000 s; what is left then ends as deadline_exceeded.
  std::optional<std::uint32_t> deadline_s;
  /// Where the summary is POSTed when the task has ended; http or https.
  std::optional<std::string> callback_url;
  /// Free text, shown and filterable; at most 1024 octets.
  std::optional<std::string> label;
};

/// HOST:PORT answered with ADDR, whatever DNS says.
struct resolve_override {
  std::string host;
  std::uint16_t port = 0;
  std::string address;
};

/// The options of the engine: all of its shards together.
struct engine_options {
  /// Shards, each one thread with its loop; 0: one for each core this process may use.
  std::size_t threads = 0;
  /// Fetches in flight over all shards.
  std::size_t max_in_flight = 1024;
  /// Fetches in flight to one public host. Six is what browsers open. Unset: 6, and no limit for
  /// loopback and allow_net addresses; set: for every host. 0: none.
  std::optional<std::uint32_t> host_concurrency;
  /// Gap between two starts at one public host, ms. Unset: 50, none for loopback and allow_net.
  std::optional<std::uint32_t> host_delay_ms;
  /// "ADDR[:PORT]"; empty: the system's.
  std::vector<std::string> dns_server;
  std::vector<resolve_override> resolve;
  /// PEM bundle of trusted roots; empty: SSL_CERT_FILE, else the system's.
  std::string ca_file;
  std::string crl_file;
  /// CIDR blocks that may be fetched although they are not public.
  std::vector<std::string> allow_net;
  /// The proxies of http and of https URLs, "[http://][USER[:PASSWORD]@]HOST[:PORT]" (1080); empty or "none": direct.
  std::string http_proxy;
  std::string https_proxy;
  /// What goes direct all the same: names with all below them, addresses, blocks, each with :PORT or without, or *;
  /// by comma or space.
  std::string no_proxy;
  std::string user_agent = "trawl/" TRAWL_VERSION;
  /// Every listener is loopback, so whoever can submit reaches loopback and private addresses anyway.
  bool listeners_are_loopback = true;
};

}  // namespace trawl
