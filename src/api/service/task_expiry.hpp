// Tasks do not stay for ever: one that has ended is forgotten when its time is over, and for as long again its id is
// known as one that expired. Costs one entry a task, gone with it.
// Belongs to the home loop. Not thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "api/http/timekeeper.hpp"
#include "shard/crawler.hpp"

namespace trawl {

class task_expiry {
 public:
  /// `ttl` 0: nothing expires.
  task_expiry(crawler& engine, timekeeper& times, std::chrono::seconds ttl)
      : engine_(engine), times_(times), ttl_(ttl) {}
  task_expiry(const task_expiry&) = delete;
  task_expiry& operator=(const task_expiry&) = delete;

  /// Its time begins.
  void ended(const std::shared_ptr<tracked_task>& which);
  /// It was deleted: that is another thing than to expire.
  void removed(std::string_view id);
  /// Whose task of that id has expired, at most one `ttl` ago; null: none has.
  [[nodiscard]] const std::string* owner_of_expired(std::string_view id) const;

 private:
  /// The time of one id: first as a task, then as a memory.
  class time_left final : public deadline {
   public:
    time_left(task_expiry& of, const task& ended) : id(ended.id()), owner(ended.owner()), of_(of) {}
    const std::string id;
    const std::string owner;
    bool task_gone = false;

   private:
    void expired(time_point now) override { of_.over(*this, now); }
    task_expiry& of_;
  };
  void over(time_left& which, time_point now);

  crawler& engine_;
  timekeeper& times_;
  const std::chrono::seconds ttl_;
  std::unordered_map<std::string_view, std::unique_ptr<time_left>> known_;  // Keys live in the values.
};

}  // namespace trawl
