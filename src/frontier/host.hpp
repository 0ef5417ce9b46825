// One host (origin): what waits for it, how it may be approached, and which of its connections idle.
// Inside it one sub-queue per task, served in turn, so that a task with one URL is answered promptly
// while a task with a million runs. Decides, does no I/O. Belongs to its shard's loop.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/deadline_queue.hpp"
#include "frontier/connect_limit.hpp"
#include "frontier/host_budget.hpp"
#include "frontier/host_circuit.hpp"
#include "frontier/host_hold.hpp"
#include "frontier/host_pace.hpp"
#include "frontier/task_run.hpp"

namespace trawl {

class frontier;

/// A connection slot that waits for its next fetch; implemented by fetch/lane.
class idle_lane : public list_hook<by_host> {
 public:
  /// Certificate verification of its connection.
  [[nodiscard]] virtual bool verifies() const = 0;
  /// Resumes it with this fetch. It is out of the host's idle list by then.
  virtual void give(fetch&& work) = 0;
  /// Ends it and its connection.
  virtual void dismiss() = 0;

 protected:
  ~idle_lane() = default;
};

/// Why a fetch is ended without its turn, and until when that will stay so.
struct refusal {
  failure why;
  time_point until{};
};

struct by_turn;

class host final : public deadline, public list_hook<by_turn> {
 public:
  host(std::string origin, host_limits limits, frontier& of)
      : frontier_(of), origin_(std::move(origin)), budget_(limits) {}

  [[nodiscard]] const std::string& origin() const { return origin_; }
  [[nodiscard]] bool has_work() const { return !queues_.empty(); }
  [[nodiscard]] std::size_t in_flight() const { return budget_.in_flight(); }
  [[nodiscard]] const host_budget& budget() const { return budget_; }
  [[nodiscard]] host_budget& budget() { return budget_; }
  [[nodiscard]] host_pace::verdict pace(time_point now) {
    return connects_.overrun(now) ? host_pace::verdict::quick : pace_.at(now, in_flight());
  }
  [[nodiscard]] connect_limit& connects() { return connects_; }

  void queue(sub_queue& waiting) { queues_.push_back(waiting); }

  /// Takes the next fetch whose turn it is into `into` and counts it as started: then `now` or earlier
  /// is returned. Otherwise when to ask again; time_point::max(): not before one is finished or queued.
  /// With `verifying` set only a fetch whose lane may be of that kind is taken.
  time_point take(time_point now, fetch& into, const bool* verifying = nullptr);
  /// A fetch of `run` taken from here is over.
  void finished(task_run& run);
  /// Gives the next turn to a task that holds less than that many slots; false when none does.
  [[nodiscard]] bool bring_forward(std::size_t held_below);
  /// The first address dialled tells whether this host is the operator's own. Once.
  void settle_limits(host_limits limits);
  [[nodiscard]] bool limits_settled() const { return limits_settled_; }

  /// It asked for a pause (429, 503).
  void hold(time_point now, seconds pause) { trouble().hold.ask(now, pause); }
  /// A dial failed in a way that tells_of_host().
  void dial_failed(time_point now, std::string error) { trouble().circuit.failed(now, std::move(error)); }
  /// It was connected to, or has answered.
  void reached() {
    ++times_reached_;
    suspect_ = false;
    if (trouble_) trouble_->circuit.reached();
  }
  /// Wraps around.
  [[nodiscard]] std::uint32_t times_reached() const { return times_reached_; }
  /// A dial failed in a way that shows_host().
  void handshake_failed() {
    reached();
    suspect_ = true;
  }
  /// Its last handshake failed, and nothing has succeeded since: the next will probably fail as well.
  [[nodiscard]] bool suspect() const { return suspect_; }
  /// Nothing is sent to it now because it asked for a pause.
  [[nodiscard]] bool held(time_point now) const { return trouble_ && trouble_->hold.ready_at() > now; }
  /// What waits here is to end without its turn: the circuit is open, or the pause too long.
  [[nodiscard]] bool refuses(time_point now) const {
    return trouble_ && (trouble_->circuit.open(now) || trouble_->hold.too_long(now));
  }
  /// While it refuses(), with work waiting: takes the next fetch into `into` and says why it ends.
  refusal take_refused(time_point now, fetch& into);

  linked_list<idle_lane, by_host>& idle() { return idle_; }
  /// The first of that kind that idles; nullptr: there is none.
  [[nodiscard]] idle_lane* idle_of(bool verifies);
  /// A connection idles that whose turn it is can use.
  [[nodiscard]] bool idles_for_next();
  std::size_t lanes = 0;  ///< Alive, idle or not.

  /// A host with nothing to do and nothing to remember vanishes.
  [[nodiscard]] bool forgettable(time_point now) const {
    return !has_work() && lanes == 0 && in_flight() == 0 && remembered_until() <= now;
  }
  [[nodiscard]] time_point remembered_until() const {
    if (!trouble_) return budget_.next_start();
    return std::max({budget_.next_start(), trouble_->circuit.forget_at(), trouble_->hold.ready_at()});
  }

 private:
  struct task_limit {
    std::uint64_t run_serial;
    host_budget budget;
  };
  struct known_trouble {
    host_hold hold;
    host_circuit circuit;
  };
  known_trouble& trouble();
  void expired(time_point now) override;
  [[nodiscard]] time_point ready_at() const;
  time_point task_ready_at(const task_run& run);
  void start(task_run& run, time_point now);
  void take_from(sub_queue& from, fetch& into);
  host_budget& limit_of(const task_run& run);

  frontier& frontier_;
  const std::string origin_;
  host_budget budget_;
  host_pace pace_;
  connect_limit connects_;
  bool limits_settled_ = false;
  bool suspect_ = false;
  std::uint32_t times_reached_ = 0;
  std::unique_ptr<known_trouble> trouble_;  // Few hosts have any.
  linked_list<sub_queue, by_host> queues_;
  linked_list<idle_lane, by_host> idle_;
  std::vector<task_limit> task_limits_;  // Only of tasks that asked for stricter limits.
};

}  // namespace trawl
