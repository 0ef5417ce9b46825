// What next: the hosts of one shard in the order of their turns.
//
// A host with work is in one of six places: in the ready list, served in turn; in the capped list, while
// it holds its share of the in-flight window; in the crowded list, while the loop has no use for another connection to
// it; in the suspect list, while its handshakes fail and others are served; in the deadline queue, while it must wait;
// or nowhere, while only the end of one of its own fetches can change anything. So a slow or limited host delays nobody
// else, and no host is looked at without a reason. What waits at a host that cannot be reached, or wants to be left
// alone for long, is handed out by next_refused() instead, to be ended. Decides, does no I/O, reads no clock. Belongs
// to its shard's loop.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/deadline_queue.hpp"
#include "frontier/host.hpp"
#include "frontier/lane_budget.hpp"
#include "frontier/window.hpp"

namespace trawl {

/// Of a lane that asks for more.
struct lane_kind {
  bool verifies = true;   ///< Certificates.
  bool connected = true;  ///< It has a connection left from before.
};

class frontier {
 public:
  /// A host, and a task on this shard, starts a fetch only while it holds fewer than this many times the
  /// free slots of the window, so that neither can take it all.
  static constexpr std::int64_t share_of_free = 8;

  frontier(std::size_t shard, window& slots, deadline_queue& deadlines, host_limits limits)
      : shard_(shard), window_(slots), deadlines_(deadlines), limits_(limits) {}
  frontier(const frontier&) = delete;
  frontier& operator=(const frontier&) = delete;

  /// The host of that origin; made when there is none.
  host& find_or_make(std::string_view origin);
  /// Queues inputs of `run`; `at` gets its turn.
  void add(host& at, task_run& run, host_chain inputs);
  /// Queues a fetch that waits for another turn.
  void add(host& at, fetch&& again);
  /// Takes everything of `run` that waits at hosts: inputs into run.doomed, fetches into `fetches`.
  void withdraw(task_run& run, std::vector<fetch>& fetches);

  /// The next fetch that may start, and where; nullptr when there is none now. It holds a window slot.
  host* next(time_point now, fetch& into);
  /// The next fetch that is to end without its turn, and why; false when there is none. It holds no slot.
  bool next_refused(time_point now, fetch& into, refusal& why);
  /// Something put last in line by the loop was reached after `took`.
  void turned(clock::duration took) { lanes_.turned(took); }
  /// True when a look() is due at `now`.
  [[nodiscard]] bool look_due(time_point now) const { return lanes_.look_due(now); }
  /// Finds out what the loop has use for. `slept`: it had nothing to do at some moment since the last look. To be
  /// called when due, before next().
  void look(time_point now, bool slept);
  /// When hosts wait for a look(), whatever happens meanwhile; time_point::max(): none does.
  [[nodiscard]] time_point next_look() const {
    return crowded_.empty() && suspect_.empty() ? time_point::max() : lanes_.next_look();
  }
  /// A fetch handed out by next() or again() is over.
  void finished(host& at, task_run& run);
  /// A fetch of `at` found no address it might dial. While none is known, there is nobody to be polite to.
  void not_approached(host& at);
  /// `at` asked for a pause (429, 503).
  void hold(host& at, time_point now, seconds pause);
  /// A dial to `at` failed after `took`; it had been reached `reached_before` times when that began. True: what waits
  /// there is to end (next_refused()).
  bool dial_failed(host& at, time_point now, const failure& why, clock::duration took, std::uint32_t reached_before);
  /// A connection to `at` is no longer on its way (host::connects()). True: next() is worth asking.
  bool connect_ended(host& at);
  /// The next fetch of this very host for a lane that just finished one: no list is touched. False when
  /// there is none now, or when others have waited long enough (`turns` since the lane was last given work).
  bool again(host& at, lane_kind asking, std::size_t turns, time_point now, fetch& into);
  /// `at` may have become able to start something.
  void wake(host& at);
  /// Forgets a host that has nothing left. `at` is gone when it returns true.
  bool forget_if_idle(host& at, time_point now);

  /// next() is worth asking after a lane of `at` went on for its `turns`-th time; 0: stopped.
  [[nodiscard]] bool others_ready(const host& at, std::size_t turns) const;
  [[nodiscard]] std::size_t hosts() const { return hosts_.size(); }

 private:
  friend class host;
  /// Fetches a lane may do in a row while other hosts are ready.
  static constexpr std::size_t turns_in_a_row = 16;
  /// Hosts kept only for what they did last; beyond, they are forgotten at once.
  static constexpr std::size_t most_remembered = 65536;

  sub_queue& queue_of(host& at, task_run& run);
  void drop(sub_queue& spent);
  void came_due(host& at, time_point now);
  bool acquire();
  void release();
  void claim(bool on);
  bool over_fair_share() const;
  bool within_share(const host& at) const;
  bool may_start(host& at) const;
  bool others_wait(const host& at) const;
  bool give_way(host& at, std::size_t turns);
  bool permits(host& at, time_point now);
  static bool may_connect(host& at);
  bool spares(const host& at, time_point now) const;
  void started(host& at, std::size_t in_flight_before, time_point now);
  void look_again(linked_list<host, by_turn>& waiting);
  void uncap();
  void park(host& at, time_point until);

  const std::size_t shard_;
  window& window_;
  deadline_queue& deadlines_;
  const host_limits limits_;
  boost::unordered_flat_map<std::string_view, std::unique_ptr<host>> hosts_;  // Keys live in the hosts.
  boost::unordered_flat_map<std::pair<const host*, const task_run*>, sub_queue*> queues_;
  linked_list<host, by_turn> ready_;
  linked_list<host, by_turn> capped_;
  linked_list<host, by_turn> crowded_;
  linked_list<host, by_turn> suspect_;
  linked_list<host, by_turn> refusing_;
  lane_budget lanes_;
  std::size_t held_ = 0;   // Slots of the window.
  bool claiming_ = false;  // Told the window so.
};

}  // namespace trawl
