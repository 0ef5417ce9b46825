// A lane: one connection slot to a host. It pulls its next fetch from the frontier, dials if it has no
// connection, exchanges one request for one response, says what happened, and goes on; nothing is looked
// up or allocated between two URLs of a host. With nothing to do it keeps its connection for a while.
//
// Every wait in here can be interrupted: by its deadline, by whoever stops the task, by the peer. The one
// way to do it is interrupt(), and the coroutine finds out why when it resumes.
// Belongs to its shard's loop. Not thread-safe.
#pragma once

#include <trawl/options.hpp>

#include <memory>
#include <string>

#include "base/block_pool.hpp"
#include "base/deadline_queue.hpp"
#include "connect/dialer.hpp"
#include "connect/transport.hpp"
#include "fetch/exchange.hpp"
#include "fetch/lane_counts.hpp"
#include "frontier/frontier.hpp"
#include "url/url.hpp"

namespace trawl {

class lane;

/// The shard, as its lanes see it.
class lane_owner {
 public:
  /// The fetch is over: `finished` is its record, index and timestamp filled in.
  virtual void publish(fetch& over, const record& finished) = 0;
  /// It waits for another turn: at the host of `again.at` (or of its input), not before `after`.
  virtual void resume(fetch&& again, milliseconds after) = 0;
  /// A host's first address is known.
  virtual void dialled(host& at, const asio::ip::address& address) = 0;
  /// Others may be able to start now.
  virtual void stir() = 0;
  /// Uniform in [0, 1).
  virtual double draw() = 0;
  /// Its connection waits for work: false when there is no room for that.
  virtual bool may_idle(lane& which) = 0;
  virtual void stopped_idling(lane& which) = 0;
  /// Its coroutine is over; it is destroyed next.
  virtual void left(lane& which) = 0;

 protected:
  ~lane_owner() = default;
};

/// What a lane uses of its shard. Outlives every lane.
struct lane_services {
  dial_services dial;
  frontier& queue;
  block_pool& blocks;
  decoder_pool& decoders;
  const engine_options& options;
  lane_owner& owner;
  lane_counts& counts;
};

struct by_shard;
struct by_idle_age;

class lane final : public idle_lane,
                   public in_flight_fetch,
                   private deadline,
                   private dial_watcher,
                   public list_hook<by_shard>,
                   public list_hook<by_idle_age> {
 public:
  /// Idle connections are closed after this long. Most servers wait longer, so we seldom lose the race.
  static constexpr seconds idle_time{10};

  /// A lane of `at` with its first fetch. `verifies`: of certificates.
  lane(const lane_services& services, host& at, bool verifies, fetch&& first);
  lane(const lane&) = delete;
  lane& operator=(const lane&) = delete;
  ~lane();

  /// Its life: fetch after fetch, until there is nothing left to do.
  awaitable<void> run();

  [[nodiscard]] host& at() const { return host_; }
  [[nodiscard]] bool verifies() const override { return verifies_; }
  void give(fetch&& work) override;
  void dismiss() override;
  void abort(errc why) override { interrupt(why); }
  /// Ends whatever it does, work or idling, for good.
  void shut();

 private:
  // What it waits for; says what a deadline that passes meanwhile means.
  enum class stage : std::uint8_t { between, dialling, conversing, idle };

  bool begin(failure& refused);
  awaitable<failure> fetch_once();
  [[nodiscard]] bool may_reuse() const;
  awaitable<failure> dial();
  void connected(clock::duration took) override;
  void stop_connecting();
  dial_target aim();
  void count_dial(bool connected);
  bool stands_still(time_point now);
  awaitable<failure> converse();
  void write_request();
  const std::string* fields_to_send(bool at_home);
  void conclude(failure what);
  failure judge_status();
  failure refused_by_proxy();
  void release(const failure& what);
  void finish(const failure& what);
  bool fall_back_to_get();
  bool follow(failure& what);
  bool try_again(const failure& what);
  bool wait_for_resources(const failure& what);
  bool pull_next();
  awaitable<bool> idle();

  void expired(time_point now) override;
  void interrupt(errc why);
  [[nodiscard]] failure interrupted_failure() const;
  [[nodiscard]] phase where_it_is() const;
  void arm(time_point when) { services_.dial.deadlines.arm(*this, when); }

  const lane_services& services_;
  host& host_;
  const bool verifies_;
  dialer dialer_;
  transport transport_;
  exchange exchange_;

  fetch work_;
  bool has_work_ = true;
  bool reused_ = false;      // The connection has carried a response before.
  bool connecting_ = false;  // Counted by host::connects().
  std::size_t turns_ = 0;
  url url_;
  stage stage_ = stage::between;
  errc interrupted_ = errc::none;
  phase interrupted_in_ = phase::none;
  time_point started_{};  // This hop.
  time_point dial_began_{};
  time_point dial_until_{};
  time_point dial_looked_at_{};
  nanoseconds timeout_left_{};
  const proxy* via_ = nullptr;  // Of the connection, and of every other to this host.
  std::string remote_ip_;       // Dialled last for this fetch; empty: none.
  record record_;
  std::string own_fields_;  // Of this fetch, when its input has header fields of its own.
};

}  // namespace trawl
