// A watcher over WebSocket (RFC 6455): the events of event_feed, each a text frame {"event", "id", "data"}. What the
// client says is not listened to, but for its close and its pongs: one that does not answer pings is let go.
// Belongs to the home loop. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "api/http/problem.hpp"
#include "api/http/request.hpp"
#include "api/http/tls_accepted.hpp"
#include "base/executor.hpp"
#include "stream/event_feed.hpp"

namespace trawl {

/// What the service itself says while a watcher is served.
class ws_host {
 public:
  /// The service ends: the watcher is told so.
  [[nodiscard]] virtual bool cutting() = 0;
  /// Waits for what `look` names, or for call(). May return for less: look again.
  virtual awaitable<void> rest(next_look look) = 0;
  virtual void call() = 0;
  /// Why the feed was cut.
  [[nodiscard]] virtual problem cut_reason() = 0;

 protected:
  ~ws_host() = default;
};

/// How a connection is closed (RFC 6455 7.4): 1000 after the end of the task, 1001 when the service stops, and from
/// the private range when the task was deleted.
inline constexpr std::uint16_t ws_task_deleted = 4404;

/// nullopt: it asks for a WebSocket of version 13 as it should. Else the 426 that says what would do, or the 400.
[[nodiscard]] std::optional<problem> not_websocket(const request& asked);

/// Answers the upgrade and serves the watcher to the end. `tls`: null on a plain connection. To interrupt it, cancel
/// the operations of `socket`, which outlives the coroutine as all else here does.
awaitable<void> serve_websocket(socket_type& socket, tls_accepted* tls, const request& asked, ws_host& host,
                                std::unique_ptr<event_feed> feed);

}  // namespace trawl
