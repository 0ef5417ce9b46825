// What happens to a task, event by event, for whoever watches it live: its progress, at most four times a second and
// only when it changed; its records as they come, when asked for; its end. The cursor of an event is a position in the
// completion log, so a watcher that comes back with it misses no record and sees none twice.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "stream/block_source.hpp"
#include "task/tracked_task.hpp"

namespace trawl {

struct feed_query {
  bool records = false;
  std::uint32_t from = 0;  ///< Records before this position are known already.
};

struct feed_event {
  std::string_view name;     ///< "progress", "record", "end".
  std::uint32_t cursor = 0;  ///< Where to go on after this event.
  std::string data;          ///< JSON: the summary, or the record as a stream of results has it.
};

class event_feed {
 public:
  static constexpr milliseconds progress_interval{250};

  event_feed(std::shared_ptr<tracked_task> shown, feed_query asked) : shown_(std::move(shown)), asked_(asked) {}
  /// more: `into` is the next event; end: the last one; waiting: there is none now; cut: the task was deleted.
  flow next(feed_event& into, time_point now);
  /// After flow::waiting: when to ask again.
  [[nodiscard]] next_look look(time_point now) const;

 private:
  [[nodiscard]] bool progress_is_due(time_point now) const;
  void tell_summary(feed_event& into, std::string_view name, std::uint32_t cursor);
  bool tell_record(feed_event& into);

  std::shared_ptr<tracked_task> shown_;
  feed_query asked_;
  time_point told_at_{};                // Progress;
  time_point recorded_at_{};            // a record.
  std::uint32_t told_done_ = no_index;  // Of the last progress.
  record record_;
};

/// The events as text/event-stream (HTML 9.2), with a comment after 15 s of silence so that nothing in between takes
/// the connection for dead.
class event_source final : public block_source {
 public:
  static constexpr seconds heartbeat{15};

  event_source(std::shared_ptr<tracked_task> shown, feed_query asked, milliseconds silence = heartbeat)
      : feed_(std::move(shown), asked), silence_(silence) {}
  flow next(std::string& out) override;
  [[nodiscard]] next_look look() const override;
  void append_cut(std::string& out, std::string_view problem) const override;

 private:
  event_feed feed_;
  const milliseconds silence_;
  feed_event event_;
  time_point spoke_at_ = clock::now();
};

}  // namespace trawl
