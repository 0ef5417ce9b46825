// What a request is addressed to: its target and its Host, by their grammar (RFC 9112 3.2, RFC 3986 3.2).
#pragma once

#include <optional>
#include <string_view>

namespace trawl {

struct request_target {
  std::string_view authority;  ///< Of the absolute form; empty: of another form.
  std::string_view path;       ///< "*" for OPTIONS *; may be empty in the absolute form.
  std::optional<std::string_view> query;
};

/// HOST or HOST:PORT, the host a name or an IP address in brackets; neither user nor blank. Not empty.
[[nodiscard]] bool is_authority(std::string_view text);

/// A target in origin, absolute (http or https, which must name a host: RFC 9110 4.2.1) or asterisk form; the last with
/// OPTIONS only. nullopt: it is none of these; so is the authority form of CONNECT, as this is no proxy. Views into
/// `target`.
[[nodiscard]] std::optional<request_target> read_request_target(std::string_view method, std::string_view target);

}  // namespace trawl
