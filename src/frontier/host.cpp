#include "frontier/host.hpp"

#include <algorithm>

#include "frontier/frontier.hpp"

namespace trawl {
namespace {

constexpr time_point not_yet = time_point::max();

// The lane kind a task's fetches need; without TLS there is nothing to verify.
bool suits(const task_run& run, const bool* verifying) {
  return verifying == nullptr || run.of->options().verify_tls == *verifying;
}

}  // namespace

time_point host::take(time_point now, fetch& into, const bool* verifying) {
  const time_point allowed = ready_at();
  if (allowed > now) return allowed;
  time_point soonest = not_yet;
  const sub_queue* const first_looked_at = queues_.empty() ? nullptr : &queues_.front();
  for (bool looked = false; !queues_.empty() && !(looked && &queues_.front() == first_looked_at); looked = true) {
    sub_queue& front = queues_.front();
    const time_point when = suits(front.run, verifying) ? task_ready_at(front.run) : not_yet;
    soonest = std::min(soonest, when);
    queues_.pop_front();
    queues_.push_back(front);
    if (when > now) continue;
    take_from(front, into);
    start(*into.run, now);
    return now;
  }
  return soonest;
}

refusal host::take_refused(time_point now, fetch& into) {
  sub_queue& front = queues_.front();
  queues_.pop_front();
  queues_.push_back(front);
  take_from(front, into);
  if (trouble_->hold.too_long(now))
    return {{errc::rate_limited, phase::queue, "its host asked for a pause longer than trawl waits"},
            trouble_->hold.ready_at()};
  const host_circuit& circuit = trouble_->circuit;
  return {{errc::host_circuit_open, phase::queue,
           std::to_string(circuit.failures()) + " dials in a row failed; the last: " + circuit.last_error()},
          circuit.ready_at()};
}

host::known_trouble& host::trouble() {
  if (!trouble_) trouble_ = std::make_unique<known_trouble>();
  return *trouble_;
}

time_point host::ready_at() const {
  if (!trouble_) return budget_.ready_at();
  return std::max({budget_.ready_at(), trouble_->hold.ready_at(), trouble_->circuit.ready_at()});
}

void host::take_from(sub_queue& from, fetch& into) {
  if (!from.resumed.empty()) {
    resumed_fetch& first = from.resumed.front();
    into = std::move(first.what);
    delete &first;  // NOLINT: owned by being in the list, unlinks itself.
  } else {
    const std::uint32_t index = from.chain.head;
    into.reset(from.run, index, from.run.of->accepted_at());
    from.chain.head = from.run.of->next(index);
    --from.chain.count;
  }
  if (from.empty()) frontier_.drop(from);
}

bool host::bring_forward(std::size_t held_below) {
  const sub_queue* const first_looked_at = queues_.empty() ? nullptr : &queues_.front();
  for (bool looked = false; !queues_.empty() && !(looked && &queues_.front() == first_looked_at); looked = true) {
    sub_queue& front = queues_.front();
    if (front.run.held < held_below) return true;
    queues_.pop_front();
    queues_.push_back(front);
  }
  return false;
}

idle_lane* host::idle_of(bool verifies) {
  const auto found = std::ranges::find(idle_, verifies, &idle_lane::verifies);
  return found == idle_.end() ? nullptr : &*found;
}

bool host::idles_for_next() {
  return !queues_.empty() && idle_of(queues_.front().run.of->options().verify_tls) != nullptr;
}

void host::start(task_run& run, time_point now) {
  budget_.start(now);
  if (trouble_) trouble_->circuit.start();
  ++run.held;
  if (!run.limited) return;
  limit_of(run).start(now);
  std::erase_if(task_limits_, [now](const task_limit& each) {
    return each.budget.in_flight() == 0 && each.budget.next_start() <= now;
  });
}

void host::finished(task_run& run) {
  budget_.finished();
  pace_.ended();
  if (trouble_) trouble_->circuit.finished();
  --run.held;
  if (!run.limited) return;
  limit_of(run).finished();
}

time_point host::task_ready_at(const task_run& run) { return run.limited ? limit_of(run).ready_at() : time_point{}; }

host_budget& host::limit_of(const task_run& run) {
  for (task_limit& each : task_limits_)
    if (each.run_serial == run.serial) return each.budget;
  return task_limits_.emplace_back(task_limit{run.serial, host_budget(run.limits)}).budget;
}

void host::settle_limits(host_limits limits) {
  limits_settled_ = true;
  budget_.set_limits(limits);
}

void host::expired(time_point now) { frontier_.came_due(*this, now); }

}  // namespace trawl
