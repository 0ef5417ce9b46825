// From a host name to an open connection: resolve, ask the address policy, connect, shake hands. Reports
// how long each step took and, at any time, which one it is in, so that whoever interrupts it knows what
// was waited for. Through a proxy the name and address are the proxy's, which is the operator's: no policy
// is asked, and the server's name goes to the proxy as it is.
// Owned by a lane. Belongs to one loop. Not thread-safe.
#pragma once

#include <trawl/record.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connect/connect_race.hpp"
#include "connect/proxy_settings.hpp"
#include "connect/proxy_tunnel.hpp"
#include "connect/tls_context.hpp"
#include "connect/transport.hpp"
#include "outcome/failure.hpp"
#include "resolve/address_policy.hpp"
#include "resolve/ares_resolver.hpp"

namespace trawl {

/// What all dialers of a shard share.
struct dial_services {
  executor_type loop;
  deadline_queue& deadlines;
  ares_resolver& resolver;
  const address_policy& policy;
  tls_context& tls;
  const proxy_settings* proxies = nullptr;  ///< Which targets have a proxy; nullptr: none.
  proxy_tunnel* tunnels = nullptr;          ///< Needed when a TLS target has one.
};

struct dial_target {
  std::string_view hostname;  ///< Without brackets.
  bool is_address = false;    ///< hostname is an IP literal.
  std::uint16_t port = 0;
  bool tls = false;
  bool verify = true;
  bool redirected_from_public = false;
  bool submitted_through_proxy = false;  ///< The task was: its sender is not local.
  const proxy* via = nullptr;            ///< nullptr: direct.
};

/// Is told of a dial's progress.
class dial_watcher {
 public:
  /// TCP is connected, to a proxy if there is one; it took that long.
  virtual void connected(clock::duration took) = 0;

 protected:
  ~dial_watcher() = default;
};

class dialer {
 public:
  /// `watcher`: nullptr, or outlives it.
  explicit dialer(const dial_services& services, dial_watcher* watcher = nullptr)
      : services_(services), watcher_(watcher), race_(services.loop, services.deadlines) {}

  /// Opens `into`, closing it first; `where` and what it points to must outlive the wait. Adds the
  /// steps taken to `took`: `dns` and `connect` are the proxy's if there is one, `connect` with the tunnel's opening.
  /// errc::none: interrupted by cancel().
  awaitable<result<void>> dial(const dial_target& where, transport& into, timings& took);
  /// From the same loop while dial() waits.
  void cancel(transport& into);
  /// The name waits in the resolver's queue: nobody has been asked yet.
  [[nodiscard]] bool queued() const { return lookup_.queued(); }
  /// So long it waited there, which is not the name's doing: `dns` of the timings is without it.
  void note_queued(clock::duration span) { queued_ += span; }
  /// The step it is in, or was in last.
  [[nodiscard]] phase step() const { return step_; }
  /// The first address of the last dial that the policy let through, or of the proxy.
  [[nodiscard]] const std::optional<asio::ip::address>& first_address() const { return first_address_; }

 private:
  awaitable<result<void>> resolve(const dial_target& where, timings& took);
  awaitable<result<void>> connect(const dial_target& where, transport& into, timings& took);
  awaitable<result<void>> open_tunnel(const dial_target& where, transport& into, timings& took);
  awaitable<result<void>> shake_hands(const dial_target& where, transport& into, timings& took);
  result<void> admit(const dial_target& where, const address_answer& answer);

  const dial_services& services_;
  dial_watcher* const watcher_;
  connect_race race_;
  lookup lookup_;
  phase step_ = phase::none;
  bool cancelled_ = false;
  clock::duration queued_{};
  std::optional<asio::ip::address> first_address_;
  std::vector<tcp::endpoint> endpoints_;
};

}  // namespace trawl
