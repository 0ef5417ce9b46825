// Name -> addresses, for one shard: literals, overrides, localhost and the hosts file first, then the cache, then
// the DNS. Fetches that ask for the same name at the same time share one lookup; at most `max_in_flight` names are
// asked for at once and the others wait their turn here. A lookup that nobody waits for any more still feeds the
// cache. What is asked, and when to stop, is decided by inquiry; this class sends it and wakes who waits.
// While nothing is open it holds no deadline, so an idle service costs nothing.
// Belongs to one loop. Not thread-safe.
#pragma once

#include <trawl/options.hpp>

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline_queue.hpp"
#include "base/executor.hpp"
#include "base/waiter.hpp"
#include "resolve/address_answer.hpp"
#include "resolve/ares_servers.hpp"
#include "resolve/dns_cache.hpp"
#include "resolve/inquiry.hpp"
#include "resolve/local_names.hpp"
#include "resolve/resolver_counts.hpp"

namespace trawl {

struct resolver_options {
  /// "ADDR[:PORT]"; empty: those of resolv_conf.
  std::vector<std::string> servers;
  /// Silence after which a question is put again, to the next server if there is one. Resolvers that have to ask
  /// around take over a second now and then.
  milliseconds query_timeout{2000};
  /// A lookup ends after tries * query_timeout, whatever happens.
  int tries = 3;
  /// Names asked for at once.
  std::size_t max_in_flight = 1000;
  /// Of these, asked for within the last 300 ms. The UDP buffer of a server holds some 250 packets by default,
  /// two are sent for a name, and a packet lost there costs query_timeout.
  std::size_t max_burst = 100;
  std::vector<resolve_override> overrides;
  std::string hosts_file = "/etc/hosts";
  std::string resolv_conf = "/etc/resolv.conf";
  /// Unset: found out from the machine's routes.
  std::optional<family_plan> families;
};

struct pending_name;

/// One wait for a name. Owned by whoever waits; may be used again once resolve() has returned.
class lookup {
 public:
  lookup() = default;
  lookup(const lookup&) = delete;
  lookup& operator=(const lookup&) = delete;
  ~lookup();
  /// Ends the wait: resolve() returns failure{errc::none, phase::dns, "cancelled"}. The query itself goes on and
  /// feeds the cache. No-op when nobody waits.
  void cancel();
  /// It waits for us: in our own queue, behind others, or for a descriptor to ask with. Nobody has been asked yet.
  [[nodiscard]] bool queued() const;

 private:
  friend class ares_resolver;
  friend struct pending_name;
  std::optional<waiter> wake_;  ///< While resolve() waits.
  pending_name* at_ = nullptr;
  std::optional<resolve_outcome> outcome_;
};

class ares_resolver {
 public:
  /// Throws start_error naming every server and override that makes no sense. `deadlines` outlives it.
  ares_resolver(executor_type loop, deadline_queue& deadlines, const resolver_options& options);
  ares_resolver(const ares_resolver&) = delete;
  ares_resolver& operator=(const ares_resolver&) = delete;
  ~ares_resolver();  ///< close()

  /// What is known without asking anybody, for callers that want to save the coroutine; nullptr: resolve() it.
  /// The pointer holds until the next call of this class.
  [[nodiscard]] const resolve_outcome* cached(std::string_view name, std::uint16_t port, time_point now);
  /// `name`: as in a URL, IPv6 literals in brackets or not. Fails in phase dns: dns_timeout, or dns_error with
  /// the reason in `detail`, e.g. "nope.example: no such name".
  awaitable<resolve_outcome> resolve(std::string name, std::uint16_t port, lookup& handle);
  /// Ends every wait as cancelled and drops every query; resolve() then only answers from memory.
  void close();

  /// Names in flight or waiting for their turn.
  [[nodiscard]] std::size_t pending() const { return pending_.size(); }
  /// Any thread may read it.
  [[nodiscard]] const resolver_counts& counts() const { return counts_; }

 private:
  friend struct pending_name;
  struct name_query;
  struct reap_timer final : deadline {
    explicit reap_timer(ares_resolver& owner) : resolver(owner) {}
    void expired(time_point now) override { resolver.reap(now); }
    ares_resolver& resolver;
  };
  struct ended_query {
    std::shared_ptr<pending_name> name;
    dns_family family;
    std::size_t server;
    time_point sent;
    dns_answer answer;
  };
  void join(std::string name, lookup& handle);
  void start_waiting(time_point now);
  void advance(pending_name& which, time_point now);
  void send(pending_name& which, dns_family family, time_point now);
  void drain();
  void leave_burst(pending_name& which);
  void take(ended_query& ended, time_point now);
  void remember(pending_name& which, time_point now);
  void finish(pending_name& which, time_point now);
  void reap(time_point now);

  executor_type loop_;
  deadline_queue& deadlines_;
  inquiry_options rules_;
  const std::size_t max_in_flight_;
  const std::size_t max_burst_;
  local_names local_;
  dns_cache cache_;
  resolve_outcome refused_ = failure{};  ///< The last name that may not be asked for.
  ares_servers servers_;
  boost::unordered_flat_map<std::string_view, std::shared_ptr<pending_name>> pending_;  ///< Keys live in the names.
  std::deque<std::shared_ptr<pending_name>> queue_;  ///< Those that wait for their turn.
  std::size_t in_flight_ = 0;
  std::size_t burst_ = 0;
  std::vector<ended_query> ended_;  ///< Noted inside c-ares, looked at when it has returned.
  reap_timer reap_timer_;
  resolver_counts counts_;
  bool closed_ = false;
};

/// How well this machine reaches IPv6, from its routes; sends nothing.
[[nodiscard]] family_plan plan_for_this_machine();

}  // namespace trawl
