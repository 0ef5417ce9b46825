// How a connection to a proxy becomes one to the server behind it: what the dialer wants between TCP and TLS.
// The exchange is HTTP, so fetch/ carries it out (fetch/connect_tunnel.hpp); it comes after this folder.
#pragma once

#include "base/executor.hpp"
#include "connect/proxy.hpp"
#include "connect/transport.hpp"
#include "outcome/failure.hpp"

namespace trawl {

struct dial_target;

class proxy_tunnel {
 public:
  /// Asks `by`, to which `through` is connected, for a tunnel to `to`; all three outlive the wait. From then on
  /// `through` is the server's. Fails with proxy_auth_required or proxy_connect_error in phase connect, `detail` not
  /// naming the proxy; with errc::none when `through` was closed meanwhile.
  virtual awaitable<result<void>> open(transport& through, const dial_target& to, const proxy& by) = 0;

 protected:
  ~proxy_tunnel() = default;
};

}  // namespace trawl
