// A shard: one thread, one loop, and its own frontier, resolver, TLS contexts and connections. It owns
// the hosts that hash to it; nothing of them is seen by another thread. What other loops want of it comes
// through the post_ functions, and this folder is the only place where values cross loops.
#pragma once

#include <trawl/options.hpp>

#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "base/block_pool.hpp"
#include "base/deadline_timer.hpp"
#include "base/sleep_watch.hpp"
#include "fetch/connect_tunnel.hpp"
#include "fetch/lane.hpp"
#include "frontier/frontier.hpp"
#include "resolve/ares_resolver.hpp"
#include "shard/engine_totals.hpp"
#include "shard/shard_counts.hpp"
#include "shard/shard_peers.hpp"

namespace trawl {

/// What all shards of a process share; none of it changes while they run, but for the window.
struct shard_commons {
  const engine_options& options;
  address_policy policy;
  std::unique_ptr<tls_trust> trust;
  resolver_options resolver;
  window slots;
  std::size_t idle_connections = 0;  ///< Kept open at most, each shard.
  proxy_settings proxies;
};

class shard final : private lane_owner {
 public:
  /// Throws start_error for options that its resolver or TLS refuses.
  shard(std::size_t number, shard_commons& commons, shard_peers& peers);
  ~shard();

  void start();
  /// Any thread.
  void post_submit(std::shared_ptr<task> accepted);
  void post_stop(std::shared_ptr<task> stopped, bool in_flight_too);
  void post_fetch(std::shared_ptr<task> of, fetch&& what);
  void post_wake();
  /// Interrupts everything and ends the thread; close() also waits for that.
  void begin_close();
  void close();
  /// Any thread.
  void add_to(engine_totals& sum) const;

 private:
  class delayed_fetch;
  /// Wakes the loop when a look at how it is doing is due; pump() does the rest.
  class look_alarm final : public deadline {
    void expired(time_point) override {}
  };

  // tasks
  task_run& run_of(const std::shared_ptr<task>& of);
  void submit(const std::shared_ptr<task>& accepted);
  void take_in_chains();
  void post_intake();
  bool take_in_some(task_run& run);
  bool record_invalid(task_run& run);
  void stop(const std::shared_ptr<task>& stopped, bool in_flight_too);
  void bury();
  bool bury_some(task_run& run);
  void record_unfetched(task_run& run, std::uint32_t index, const failure& why);
  void record_failure(fetch& over, const failure& why);
  void end_without_turn(fetch& over);
  void settle(task_run& run, std::uint64_t over);

  // fetches
  void queue(fetch&& waiting);
  void pump();
  void look_around(time_point now);
  bool end_refused(time_point now);
  void start(host& at, fetch&& work);

  void publish(fetch& over, const record& finished) override;
  void resume(fetch&& again, milliseconds after) override;
  void dialled(host& at, const asio::ip::address& address) override;
  void stir() override;
  double draw() override;
  bool may_idle(lane& which) override;
  void stopped_idling(lane& which) override;
  void left(lane& which) override;
  void close_here();
  void drop_what_waits();
  void close_idle_of_quiet_hosts();

  const std::size_t number_;
  shard_commons& commons_;
  shard_peers& peers_;
  asio::io_context loop_{1};
  asio::executor_work_guard<executor_type> busy_;
  deadline_queue deadlines_;
  deadline_timer timer_;
  frontier frontier_;
  look_alarm alarm_;
  std::optional<ares_resolver> resolver_;
  tls_context tls_;
  connect_tunnel tunnels_;
  block_pool blocks_;
  decoder_pool decoders_;
  shard_counts counts_;
  lane_services services_;
  boost::unordered_flat_map<const task*, std::unique_ptr<task_run>> runs_;
  std::uint64_t next_serial_ = 0;
  std::deque<task_run*> intake_;  // Tasks with chains not yet at their hosts, in turn.
  std::deque<task_run*> dying_;   // Stopped tasks with inputs not yet recorded.
  linked_list<delayed_fetch, by_shard> delayed_;
  linked_list<lane, by_shard> lanes_;
  linked_list<lane, by_idle_age> idle_;
  std::size_t idle_count_ = 0;
  std::minstd_rand random_{std::random_device{}()};
  fetch next_;  // Storage reused by pump().
  url parsed_;  // Likewise.
  sleep_watch sleeps_;
  time_point stirred_{};  // When pump() was posted.
  bool pump_posted_ = false;
  bool intake_posted_ = false;
  bool burial_posted_ = false;
  bool closing_ = false;  // close() was called; from here on nothing starts.
  std::thread thread_;
};

}  // namespace trawl
