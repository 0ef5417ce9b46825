#include "frontier/frontier.hpp"

#include <algorithm>
#include <cassert>

namespace trawl {
namespace {

// It has had its turn by going on; what it makes way with is not to come back to it.
void send_to_back(host& at, linked_list<host, by_turn>& waiting) {
  if (waiting.empty() || &waiting.front() != &at) return;
  waiting.pop_front();
  waiting.push_back(at);
}

bool has_turn(const host& at) { return static_cast<const list_hook<by_turn>&>(at).is_linked(); }

}  // namespace

host& frontier::find_or_make(std::string_view origin) {
  if (const auto found = hosts_.find(origin); found != hosts_.end()) return *found->second;
  auto made = std::make_unique<host>(std::string(origin), limits_, *this);
  host& at = *made;
  hosts_.emplace(at.origin(), std::move(made));
  return at;
}

void frontier::add(host& at, task_run& run, host_chain inputs) {
  sub_queue& waiting = queue_of(at, run);
  assert(waiting.chain.count == 0 && "a task has one chain a host");
  waiting.chain = inputs;
  wake(at);
}

void frontier::add(host& at, fetch&& again) {
  sub_queue& waiting = queue_of(at, *again.run);
  waiting.resumed.push_back(*new resumed_fetch(std::move(again)));  // NOLINT: owned by being listed.
  wake(at);
}

sub_queue& frontier::queue_of(host& at, task_run& run) {
  sub_queue*& found = queues_[{&at, &run}];
  if (found != nullptr) return *found;
  found = new sub_queue(run, at);  // NOLINT: owned by being listed.
  run.queues.push_back(*found);
  ++run.queued_hosts;
  at.queue(*found);
  return *found;
}

void frontier::drop(sub_queue& spent) {
  queues_.erase({&spent.at, &spent.run});
  --spent.run.queued_hosts;
  delete &spent;  // NOLINT: owned by being in the lists, unlinks itself.
}

void frontier::withdraw(task_run& run, std::vector<fetch>& fetches) {
  while (!run.queues.empty()) {
    sub_queue& each = run.queues.front();
    if (each.chain.count > 0) run.doomed.push_back(each.chain);
    for (resumed_fetch& waiting : each.resumed) fetches.push_back(std::move(waiting.what));
    each.resumed.clear_and_dispose([](resumed_fetch* spent) { delete spent; });  // NOLINT: owned by being listed.
    drop(each);
  }
}

host* frontier::next(time_point now, fetch& into) {
  uncap();
  while (!ready_.empty()) {
    host& at = ready_.front();
    if (at.refuses(now)) {
      ready_.pop_front();
      refusing_.push_back(at);
      continue;
    }
    if (!acquire()) return nullptr;
    ready_.pop_front();
    if (!may_start(at)) {
      capped_.push_back(at);
      release();
      continue;
    }
    if (!may_connect(at)) {
      release();
      continue;
    }
    if (!spares(at, now) || !permits(at, now)) {
      (at.suspect() ? suspect_ : crowded_).push_back(at);
      release();
      continue;
    }
    const std::size_t before = at.in_flight();
    const time_point when = at.take(now, into);
    if (when <= now) {
      started(at, before, now);
      if (at.has_work()) ready_.push_back(at);
      return &at;
    }
    release();
    if (!forget_if_idle(at, now)) park(at, when);
  }
  claim(false);
  return nullptr;
}

bool frontier::next_refused(time_point now, fetch& into, refusal& why) {
  while (!refusing_.empty()) {
    host& at = refusing_.front();
    const bool still = at.has_work() && at.refuses(now);
    if (still) why = at.take_refused(now, into);
    if (still && at.has_work()) return true;
    refusing_.pop_front();
    if (!forget_if_idle(at, now)) wake(at);
    if (still) return true;
  }
  return false;
}

void frontier::hold(host& at, time_point now, seconds pause) {
  at.hold(now, pause);
  if (at.refuses(now)) wake(at);
}

// Reached while the dial went on, it has more to do than it can, and is not gone.
bool frontier::dial_failed(host& at, time_point now, const failure& why, clock::duration took,
                           std::uint32_t reached_before) {
  if (!tells_of_host(why.code, took) || at.times_reached() != reached_before) return false;
  at.dial_failed(now, why.detail);
  if (!at.refuses(now)) return false;
  wake(at);
  return true;
}

bool frontier::again(host& at, lane_kind asking, std::size_t turns, time_point now, fetch& into) {
  if (!at.has_work() || !spares(at, now)) return false;
  if (!asking.connected && !at.connects().permits()) return false;
  const std::size_t standing = at.in_flight() - std::min(at.in_flight(), at.connects().on_their_way());
  if (lanes_.surplus(standing, at.pace(now)) || give_way(at, turns)) return false;
  if (!window_.try_acquire(shard_)) return false;
  ++held_;
  if (at.take(now, into, &asking.verifies) > now) {
    release();
    return false;
  }
  if (at.suspect()) lanes_.spared(now);
  return true;
}

// After its turns in a row a lane stops for others that wait, and what it leaves is theirs: its slot of the window, and
// its place in the lane budget.
bool frontier::give_way(host& at, std::size_t turns) {
  if (turns < turns_in_a_row) return false;
  send_to_back(at, crowded_);
  const bool next_is_poorer = !crowded_.empty() && crowded_.front().in_flight() < at.in_flight();
  if (!next_is_poorer && !others_wait(at)) return false;
  lanes_.passed_on(at.in_flight());
  if (next_is_poorer) {
    host& next = crowded_.front();
    crowded_.pop_front();
    ready_.push_front(next);
  } else {
    send_to_back(at, ready_);
  }
  return true;
}

bool frontier::permits(host& at, time_point now) {
  const std::size_t busy = at.in_flight();
  return lanes_.permits(busy, busy < lane_budget::enough ? host_pace::verdict::unknown : at.pace(now));
}

// One of its connections that idles is at hand; else the end of one that is on its way is news (connect_ended()).
bool frontier::may_connect(host& at) { return at.connects().permits() || at.idles_for_next(); }

bool frontier::connect_ended(host& at) {
  if (!at.connects().ended()) return false;
  wake(at);
  return true;
}

bool frontier::spares(const host& at, time_point now) const { return !at.suspect() || lanes_.spares(now); }

void frontier::started(host& at, std::size_t in_flight_before, time_point now) {
  lanes_.started(in_flight_before);
  if (at.suspect()) lanes_.spared(now);
}

void frontier::look(time_point now, bool slept) {
  lanes_.look(now, slept);
  look_again(crowded_);
  look_again(suspect_);
}

// At some of the hosts that wait for a look, in turn: each of them may have become slow, or poor, or the loop idle.
void frontier::look_again(linked_list<host, by_turn>& waiting) {
  for (std::size_t n = 0; n < lane_budget::step && !waiting.empty(); ++n) {
    host& at = waiting.front();
    waiting.pop_front();
    ready_.push_back(at);
  }
}

bool frontier::others_wait(const host& at) const {
  return others_ready(at, 1) || (!capped_.empty() && !within_share(at)) || over_fair_share();
}

bool frontier::acquire() {
  if (over_fair_share()) {
    window_.wake_when_free(shard_);
    return false;
  }
  const bool got = window_.try_acquire(shard_);
  if (got) ++held_;
  claim((claiming_ || !got) && held_ < window_.fair_share());
  return got;
}

void frontier::release() {
  --held_;
  window_.release();
}

void frontier::claim(bool on) {
  if (std::exchange(claiming_, on) != on) window_.claim(shard_, on);
}

bool frontier::over_fair_share() const { return held_ >= window_.fair_share() && window_.others_claim(shard_); }

void frontier::finished(host& at, task_run& run) {
  at.finished(run);
  if (!at.suspect()) lanes_.served();
  release();
  if (!at.armed() || run.limited) wake(at);
}

// Now and then also for `at` itself and for capped hosts: slots that other shards freed are news to nobody.
bool frontier::others_ready(const host& at, std::size_t turns) const {
  const bool only_itself = ready_.empty() || (&ready_.front() == &at && &ready_.back() == &at);
  return !only_itself || (turns % turns_in_a_row == 0 && !(ready_.empty() && capped_.empty() && crowded_.empty()));
}

void frontier::not_approached(host& at) {
  if (at.limits_settled()) return;
  at.budget().forget_start();
  wake(at);
}

void frontier::wake(host& at) {
  if (!at.has_work() || has_turn(at)) return;
  deadline_queue::disarm(at);
  ready_.push_back(at);
}

void frontier::came_due(host& at, time_point now) {
  if (!forget_if_idle(at, now)) wake(at);
}

bool frontier::forget_if_idle(host& at, time_point now) {
  if (at.has_work() || at.lanes != 0 || at.in_flight() != 0) return false;
  if (at.remembered_until() > now && hosts_.size() <= most_remembered) {
    deadlines_.arm(at, at.remembered_until());
    return false;
  }
  hosts_.erase(hosts_.find(at.origin()));
  return true;
}

void frontier::park(host& at, time_point until) {
  if (until != time_point::max() && at.has_work()) deadlines_.arm(at, until);
}

// The +1: next() holds a slot already when it asks.
bool frontier::within_share(const host& at) const {
  return static_cast<std::int64_t>(at.in_flight()) < share_of_free * (window_.free() + 1);
}

// Nor does a task, through however many hosts that stall; nor do all hosts together that hold something.
bool frontier::may_start(host& at) const {
  const std::int64_t free = window_.free() + 1;
  if (at.in_flight() > 0 && free <= window_.reserve()) return false;
  const auto share = static_cast<std::size_t>(share_of_free * free);
  return within_share(at) && (!at.has_work() || at.bring_forward(share));
}

// One look at the longest waiting capped host a call: each finished fetch calls for one.
void frontier::uncap() {
  if (capped_.empty() || window_.free() <= 0) return;
  host& first = capped_.front();
  capped_.pop_front();
  if (may_start(first))
    ready_.push_back(first);
  else
    capped_.push_back(first);
}

}  // namespace trawl
