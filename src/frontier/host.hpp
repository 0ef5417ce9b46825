// One host (origin): what waits for it, how it may be approached, and which of its connections idle.
// Inside it one sub-queue per task, served in turn, so that a task with one URL is answered promptly
// while a task with a million runs. Decides, does no I/O. Belongs to its shard's loop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/deadline_queue.hpp"
#include "frontier/host_budget.hpp"
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

  linked_list<idle_lane, by_host>& idle() { return idle_; }
  std::size_t lanes = 0;  ///< Alive, idle or not.

  /// A host with nothing to remember vanishes.
  [[nodiscard]] bool forgettable(time_point now) const {
    return !has_work() && lanes == 0 && in_flight() == 0 && budget_.next_start() <= now;
  }

 private:
  struct task_limit {
    std::uint64_t run_serial;
    host_budget budget;
  };
  void expired(time_point now) override;
  time_point task_ready_at(const task_run& run);
  void start(task_run& run, time_point now);
  void take_from(sub_queue& from, fetch& into);
  host_budget& limit_of(const task_run& run);

  frontier& frontier_;
  const std::string origin_;
  host_budget budget_;
  bool limits_settled_ = false;
  linked_list<sub_queue, by_host> queues_;
  linked_list<idle_lane, by_host> idle_;
  std::vector<task_limit> task_limits_;  // Only of tasks that asked for stricter limits.
};

}  // namespace trawl
