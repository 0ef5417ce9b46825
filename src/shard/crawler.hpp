// The whole machine behind one handle: the shards with their threads, and the tasks they work on.
// Lives on one loop, the home loop: the API's, or the command line's. Nothing here blocks.
#pragma once

#include <trawl/options.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "base/executor.hpp"
#include "base/metrics.hpp"
#include "shard/engine_totals.hpp"
#include "task/registry.hpp"
#include "task/task.hpp"

namespace trawl {

class shard_set;

/// What the machine is doing right now.
struct crawler_load {
  std::uint64_t waiting = 0;     ///< URLs of running tasks that have no record yet.
  std::uint64_t task_bytes = 0;  ///< Resident bytes of all tasks.
};

class crawler {
 public:
  /// Checks the options and starts the shards. Throws start_error (base/start_error.hpp) that names
  /// everything wrong with them at once.
  crawler(const engine_options& options, executor_type home);
  crawler(const crawler&) = delete;
  crawler& operator=(const crawler&) = delete;
  /// Stops and joins the threads; what was not shut_down() is dropped.
  ~crawler();

  /// For task_builder.
  [[nodiscard]] std::size_t shards() const;
  /// Fetches in flight at most, after RLIMIT_NOFILE was considered.
  [[nodiscard]] std::size_t max_in_flight() const;
  /// Connections that RLIMIT_NOFILE allows beside what this here uses.
  [[nodiscard]] std::size_t left_to_others() const;

  /// Starts a task. An empty one is done at once. `request`: the id of the one that brought it, for the log.
  std::shared_ptr<tracked_task> submit(std::shared_ptr<task> built, std::string_view request = {});
  /// Starts a task of our own: it is in no list and no log, but its URLs wait and are fetched like any others.
  std::shared_ptr<tracked_task> submit_unlisted(std::shared_ptr<task> built);
  /// Ends what is left with task_cancelled, fetches in flight included; all its records are there soon
  /// after (wait on news()). Nothing happens to a task that has ended.
  void cancel(tracked_task& which);
  /// Forgets a task: its fetches are aborted, its streams end. False when there is none.
  bool remove(std::string_view id);
  /// Called on the home loop for every task that ends, when all its records are there; not for one that is removed.
  /// No task may be submitted or removed inside the call.
  void on_ended(std::function<void(const std::shared_ptr<tracked_task>&)> call) { on_ended_ = std::move(call); }
  [[nodiscard]] const registry& tasks() const { return registry_; }
  [[nodiscard]] std::size_t running() const { return running_.size(); }
  [[nodiscard]] crawler_load load() const;
  /// What the shards have counted, and home; reading it costs them nothing.
  [[nodiscard]] engine_totals totals() const;

  /// Queued fetches end as `shutdown` at once, those in flight when `drain` is over; returns when every
  /// task has ended, or a second after that. submit() must not be called any more.
  awaitable<void> shut_down(milliseconds drain);

 private:
  /// How often running tasks are looked at when nobody asks or waits (tracked_task::listen).
  static constexpr milliseconds tick_interval{100};
  struct running_task {
    std::shared_ptr<task> of;
    std::shared_ptr<tracked_task> tracked;
    bool listed = true;
  };
  std::shared_ptr<tracked_task> start(std::shared_ptr<task> built, bool listed, std::string_view request);
  void tick();
  void schedule_tick();
  using running_tasks = std::unordered_map<const task*, running_task>;
  void look(time_point now);
  void look_at(const task& which);
  running_tasks::iterator settle(running_tasks::iterator at);
  void check_deadline(const running_task& which, time_point now);
  void stop(const std::shared_ptr<task>& which, errc why);
  awaitable<void> wait_for_all(milliseconds at_most);

  executor_type home_;
  registry registry_;
  running_tasks running_;
  std::uint64_t ended_bytes_ = 0;  // Of tasks that have ended and are kept; they do not change any more.
  std::function<void(const std::shared_ptr<tracked_task>&)> on_ended_;
  timer_type ticker_;
  bool ticking_ = false;
  histogram tick_delay_;  // How late ticks come: what else home had to do.
  std::uint64_t submitted_tasks_ = 0;
  std::uint64_t submitted_urls_ = 0;
  std::shared_ptr<crawler*> self_;  // Null inside once this is gone: shards may still post.
  std::unique_ptr<shard_set> shards_;
};

}  // namespace trawl
