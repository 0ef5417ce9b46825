// One HTTP proxy, as the operator wrote it: where it listens and what it wants to hear. A plain value, no I/O;
// read once at start.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trawl {

struct proxy {
  std::string hostname;  ///< Without brackets; a name as the URL parser serializes it.
  bool is_address = false;
  std::uint16_t port = 0;
  /// The value of Proxy-Authorization: Basic credentials (RFC 7617), or empty.
  std::string authorization;
  /// "proxy.example:3128", "[::1]:3128": for logs and records, without credentials.
  [[nodiscard]] std::string name() const;
};

/// The port of a proxy that names none: curl's, whose variables these are.
inline constexpr std::uint16_t default_proxy_port = 1080;

/// Reads "[http://][USER[:PASSWORD]@]HOST[:PORT][/]", user and password percent-encoded. What is wrong with it, or
/// nullopt: then `into` is the proxy, or empty when `text` is "" or "none". The sentence repeats nothing of `text`
/// that may be a password.
[[nodiscard]] std::optional<std::string> parse_proxy(std::string_view text, std::optional<proxy>& into);

}  // namespace trawl
