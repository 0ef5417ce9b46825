// CONNECT (RFC 9110 9.3.6): asks a proxy for a tunnel to a server, on a connection the dialer has made. Of the
// caller's fields nothing goes along: they are for the server, and the proxy is not.
// One for a shard; holds no state between tunnels. Belongs to one loop.
#pragma once

#include <string>
#include <string_view>

#include "connect/dialer.hpp"
#include "connect/proxy_tunnel.hpp"

namespace trawl {

class connect_tunnel final : public proxy_tunnel {
 public:
  /// `user_agent` may be empty; it must outlive this.
  explicit connect_tunnel(std::string_view user_agent) : user_agent_(user_agent) {}
  awaitable<result<void>> open(transport& through, const dial_target& to, const proxy& by) override;

 private:
  std::string_view user_agent_;
};

/// The head of the request, empty line included.
[[nodiscard]] std::string connect_request(const dial_target& to, const proxy& by, std::string_view user_agent);

}  // namespace trawl
