// A task as the API shows it (README, Routes), and the listing of tasks. The counts come from what the tracked task has
// taken in; `result` shows exactly the records behind those counts, so one answer is one snapshot.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stream/block_source.hpp"
#include "task/tracked_task.hpp"

namespace trawl {

/// {"status": …, …, "finished_at": …}: costs the same for any size.
void append_summary(std::string& out, const tracked_task& shown);

/// The same with "result", in order of the inputs. Of equal URLs it shows the first that is finished.
/// The snapshot is taken by the constructor.
class task_source final : public block_source {
 public:
  /// What becomes of the answer when the task is deleted under it.
  enum class if_removed : std::uint8_t { cut, finish };
  explicit task_source(std::shared_ptr<tracked_task> shown, if_removed then = if_removed::cut);
  flow next(std::string& out) override;

 private:
  std::optional<std::uint32_t> duplicate_group();
  void append_entry(std::string& out);

  std::shared_ptr<tracked_task> shown_;
  if_removed then_;
  std::uint32_t snapshot_;
  std::uint32_t index_ = 0;
  std::uint32_t written_ = 0;
  std::size_t next_duplicate_ = 0;
  std::vector<bool> groups_shown_;
  std::string head_;  // Written at the snapshot, told first.
  record record_;
};

/// {"<id>": {…}, …} of tasks in the order `next` yields them; null ends it.
class listing_source final : public block_source {
 public:
  using next_task = std::function<std::shared_ptr<tracked_task>()>;
  listing_source(next_task next, bool with_results) : next_task_(std::move(next)), with_results_(with_results) {}
  flow next(std::string& out) override;

 private:
  bool open_next(std::string& out);

  next_task next_task_;
  bool with_results_;
  bool any_ = false;
  std::optional<task_source> current_;
};

}  // namespace trawl
