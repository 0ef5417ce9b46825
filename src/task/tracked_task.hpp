// A task as its readers see it: counts, rate and status, all taken from one prefix of the completion
// log, so that one answer is one snapshot. Reading costs what is new since the last look, never the
// size of the task. Belongs to the home loop (the API's, or the command line's). Not thread-safe.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>

#include "base/wait_list.hpp"
#include "task/task.hpp"
#include "task/task_stats.hpp"

namespace trawl {

enum class task_status : std::uint8_t { running, done, cancelled, deadline_exceeded };
[[nodiscard]] std::string_view status_name(task_status status) noexcept;

/// Counts over the first `done` entries of the completion log.
struct task_counts {
  std::uint32_t done = 0;
  std::uint32_t ok = 0;
  std::array<std::uint32_t, errc_count> by_code{};
  [[nodiscard]] std::uint32_t failed() const { return done - ok; }
};

class tracked_task {
 public:
  tracked_task(std::shared_ptr<const task> of, executor_type home) : task_(std::move(of)), news_(home), end_(home) {}

  [[nodiscard]] const task& get() const { return *task_; }
  [[nodiscard]] const std::shared_ptr<const task>& share() const { return task_; }

  /// Takes in what was published since the last call; true when that was anything. Wakes news().
  bool advance(time_point now = clock::now());
  /// The same for who was told that there is news. If it is not to be seen yet, because another shard has a place
  /// before it in the log and has not stored its record, that record tells.
  void hear();

  [[nodiscard]] task_status status() const { return status_; }
  [[nodiscard]] bool running() const { return status_ == task_status::running; }
  [[nodiscard]] const task_counts& counts() const { return counts_; }
  /// Records a second: over the last few seconds while it runs, over all of it once it has ended.
  [[nodiscard]] double rate_per_s(time_point now = clock::now()) const;
  /// Seconds to the end at that rate; nullopt when nothing says, 0 when ended.
  [[nodiscard]] std::optional<double> eta_s(time_point now = clock::now()) const;
  [[nodiscard]] std::optional<std::chrono::system_clock::time_point> finished_at() const { return finished_at_; }
  /// From acceptance to the end, or to `now`.
  [[nodiscard]] clock::duration duration(time_point now = clock::now()) const;

  /// Empty until somebody advances it, and then kept.
  [[nodiscard]] task_stats& stats() { return stats_ ? *stats_ : *(stats_ = std::make_unique<task_stats>()); }

  /// Woken when somebody has found that records came, that the task ended or that it was removed; look at all three.
  [[nodiscard]] wait_list& news() { return news_; }
  /// Has `one` told of the next record, the end or the removal, whatever thread it comes from; at once when there is
  /// something that advance() has not taken in, or will never be anything.
  void listen(wait_list::listener& one);
  /// ... of the end and the removal alone.
  void listen_for_end(wait_list::listener& one);
  /// It was deleted while somebody read it.
  [[nodiscard]] bool removed() const { return removed_; }
  void mark_removed();

 private:
  [[nodiscard]] bool over() const { return !running() || removed_; }
  void finish(time_point now);
  void sample_rate(time_point now);

  std::shared_ptr<const task> task_;
  wait_list news_;
  wait_list end_;
  task_counts counts_;
  std::unique_ptr<task_stats> stats_;
  task_status status_ = task_status::running;
  std::optional<std::chrono::system_clock::time_point> finished_at_;
  time_point ended_{};
  time_point sampled_at_{};
  std::uint32_t sampled_done_ = 0;
  double rate_ = 0;
  bool removed_ = false;
};

}  // namespace trawl
