// Tasks and a frontier to queue them in, without loops, clocks or connections: `now` is a variable.
#pragma once

#include <cassert>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "frontier/frontier.hpp"
#include "task/task_builder.hpp"
#include "url/url.hpp"

namespace trawl::test {

using namespace std::chrono_literals;

inline const time_point t0 = time_point{} + 1h;

inline std::shared_ptr<task> built(const std::vector<std::string>& urls, const task_options& options = {}) {
  task_builder builder(1);
  for (const std::string& each : urls) builder.add_url(each);
  builder.options() = options;
  return builder.finish();
}

inline std::vector<std::string> numbered(const std::string& prefix, int count) {
  std::vector<std::string> urls;
  for (int i = 0; i < count; ++i) urls.push_back(prefix + std::to_string(i));
  return urls;
}

/// A shard's frontier, and what a shard does around it.
struct frontier_fixture {
  explicit frontier_fixture(std::size_t slot_count, host_limits limits = host_limits::none())
      : own_slots(std::make_unique<window>(slot_count)), slots(*own_slots), queue(0, slots, deadlines, limits) {}
  frontier_fixture(std::size_t shard, window& shared) : slots(shared), queue(shard, shared, deadlines, {0, 0ms}) {}

  /// The URL of the next fetch, "" when there is none. It stays in flight.
  std::string next() {
    fetch taken;
    host* const at = queue.next(now, taken);
    if (at == nullptr) return "";
    in_flight.push_back({at, taken.run});
    return std::string(taken.url_text());
  }
  /// As a lane that has just ended its fetch would ask.
  std::string again(host& at, std::size_t turns = 1, lane_kind asking = {}) {
    fetch taken;
    if (!queue.again(at, asking, turns, now, taken)) return "";
    in_flight.push_back({&at, taken.run});
    return std::string(taken.url_text());
  }
  /// Until there is no more that may start now.
  std::vector<std::string> drain() {
    std::vector<std::string> all;
    for (std::string each = next(); !each.empty(); each = next()) all.push_back(each);
    return all;
  }
  /// The same on a loop that keeps up: it looks at how it is doing again and again, a millisecond later each time,
  /// until twenty looks have brought nothing.
  std::vector<std::string> drain_idle() {
    std::vector<std::string> all = drain();
    for (int in_vain = 0; in_vain < 20 && queue.next_look() != time_point::max(); ++in_vain) {
      look(true);
      const std::vector<std::string> more = drain();
      if (!more.empty()) in_vain = 0;
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  }
  /// A look, when the next one is due.
  void look(bool slept) {
    advance(1ms);
    queue.look(now, slept);
  }
  /// Ends the oldest fetch in flight.
  host& finish_one() {
    const auto [at, run] = in_flight.front();
    in_flight.erase(in_flight.begin());
    queue.finished(*at, *run);
    return *at;
  }
  void finish_all() {
    while (!in_flight.empty()) finish_one();
  }
  void advance(clock::duration by) {
    now += by;
    deadlines.run(now);
  }
  host& at(std::string_view origin) { return queue.find_or_make(origin); }

  struct running {
    host* at;
    task_run* run;
  };
  deadline_queue deadlines;
  std::unique_ptr<window> own_slots;
  window& slots;
  frontier queue;
  time_point now = t0;
  std::vector<running> in_flight;
};

/// A task whose inputs wait in `where`. Withdrawn at the end of the scope.
class queued_task {
 public:
  queued_task(frontier_fixture& where, const std::vector<std::string>& urls, const task_options& options = {})
      : of(built(urls, options)), run(of, next_serial()), where_(where) {
    run.limits = {options.host_concurrency.value_or(0), milliseconds(options.host_delay_ms.value_or(0))};
    run.limited = !run.limits.unlimited();
    for (const host_chain& each : of->chains(0)) where_.queue.add(host_of(each.head), run, each);
  }
  ~queued_task() { withdraw(); }

  std::vector<fetch> withdraw() {
    std::vector<fetch> fetches;
    where_.queue.withdraw(run, fetches);
    return fetches;
  }
  /// As a redirect of input `index` to `url` would be queued.
  void resume(std::uint32_t index, const std::string& url) {
    fetch again;
    again.reset(run, index, where_.now);
    again.at = url;
    trawl::url parsed;
    [[maybe_unused]] const url_errc ok = parsed.parse(url);
    assert(ok == url_errc::ok);
    where_.queue.add(where_.queue.find_or_make(parsed.origin()), std::move(again));
  }

  std::shared_ptr<task> of;
  task_run run;

 private:
  static std::uint64_t next_serial() {
    static std::uint64_t serial = 0;
    return ++serial;
  }
  host& host_of(std::uint32_t index) {
    url parsed;
    [[maybe_unused]] const url_errc ok = parsed.parse(of->url(index));
    assert(ok == url_errc::ok);
    return where_.queue.find_or_make(parsed.origin());
  }
  frontier_fixture& where_;
};

}  // namespace trawl::test
