// A task as one shard sees it: what of it waits here, what is in flight here. One reference to the task,
// held while anything is pending. Belongs to the shard's loop.
#pragma once

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/list_hook.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "frontier/fetch.hpp"
#include "frontier/host_budget.hpp"
#include "task/task.hpp"

namespace trawl {

class host;

struct by_host;
struct by_task;
template <class Tag>
using list_hook = boost::intrusive::list_base_hook<boost::intrusive::tag<Tag>,
                                                   boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
template <class T, class Tag>
using linked_list =
    boost::intrusive::list<T, boost::intrusive::base_hook<list_hook<Tag>>, boost::intrusive::constant_time_size<false>>;

/// A fetch that waits for another turn.
struct resumed_fetch : list_hook<by_host> {
  explicit resumed_fetch(fetch&& moved) : what(std::move(moved)) {}
  fetch what;
};

/// What one task has waiting at one host: fetches begun before, which go first, and the chain of its inputs.
struct sub_queue : list_hook<by_host>, list_hook<by_task> {
  sub_queue(task_run& of, host& queued_at) : run(of), at(queued_at) {}
  [[nodiscard]] bool empty() const { return resumed.empty() && chain.count == 0; }
  task_run& run;
  host& at;
  linked_list<resumed_fetch, by_host> resumed;
  host_chain chain;
};

/// A fetch in flight, as whoever stops its task sees it: a lane.
class in_flight_fetch : public list_hook<by_task> {
 public:
  /// Ends the fetch with `why`, soon: not inside this call.
  virtual void abort(errc why) = 0;

 protected:
  ~in_flight_fetch() = default;
};

struct task_run {
  task_run(std::shared_ptr<task> task_of, std::uint64_t number) : serial(number), of(std::move(task_of)) {}

  const std::uint64_t serial;  ///< Never used twice on a shard, unlike an address.
  std::shared_ptr<task> of;
  /// Header fields of the caller, serialised, for the origin submitted and for any other.
  std::string own_fields;
  std::string foreign_fields;
  /// The task's own limits, when it asked for stricter ones.
  bool limited = false;
  host_limits limits = host_limits::none();

  std::size_t next_chain = 0;             ///< Intake: the first chain not yet handed to its host.
  std::uint32_t next_invalid = no_index;  ///< The first input not yet recorded as no URL.
  std::size_t queued_hosts = 0;           ///< sub_queues alive.
  std::size_t held = 0;                   ///< In flight from this shard.
  std::uint64_t pending = 0;              ///< Fetches of this shard without record, wherever they are.
  std::vector<host_chain> doomed;         ///< Taken from their hosts by a stop, to be recorded.
  bool in_intake = false;                 ///< The shard still hands its chains to their hosts.
  bool in_burial = false;                 ///< The shard still records its doomed inputs.

  linked_list<sub_queue, by_task> queues;
  linked_list<in_flight_fetch, by_task> in_flight;
};

}  // namespace trawl
