#include "shard/crawler.hpp"

#include <boost/asio/post.hpp>
#include <iterator>
#include <new>

#include "base/log.hpp"
#include "shard/shard_set.hpp"

namespace trawl {
namespace {

void log_accepted(const task& which, std::string_view request) {
  log_event(log_level::info, "task accepted",
            {{"task", which.id()}, {"request", request}, {"urls", std::int64_t{which.total()}}});
}

void log_ended(const tracked_task& which) {
  const auto took = std::chrono::duration_cast<milliseconds>(which.duration());
  log_event(log_level::info, "task ended",
            {{"task", which.get().id()},
             {"status", status_name(which.status())},
             {"urls", std::int64_t{which.get().total()}},
             {"ok", std::int64_t{which.counts().ok}},
             {"failed", std::int64_t{which.counts().failed()}},
             {"duration_ms", std::int64_t{took.count()}}});
}

}  // namespace

crawler::crawler(const engine_options& options, executor_type home)
    : home_(home), ticker_(home), self_(std::make_shared<crawler*>(this)) {
  auto tell_home = [home, self = self_](std::shared_ptr<task> which) {
    asio::post(home, [self, which = std::move(which)] {
      if (*self != nullptr) (*self)->look_at(*which);
    });
  };
  shards_ = std::make_unique<shard_set>(options, std::move(tell_home));
}

crawler::~crawler() {
  *self_ = nullptr;
  for (const auto& [key, each] : running_) each.of->forget();
}

std::size_t crawler::shards() const { return shards_->size(); }
std::size_t crawler::max_in_flight() const { return shards_->max_in_flight(); }
std::size_t crawler::left_to_others() const { return shards_->left_to_others(); }

std::shared_ptr<tracked_task> crawler::submit(std::shared_ptr<task> built, std::string_view request) {
  return start(std::move(built), true, request);
}

std::shared_ptr<tracked_task> crawler::submit_unlisted(std::shared_ptr<task> built) {
  return start(std::move(built), false, {});
}

std::shared_ptr<tracked_task> crawler::start(std::shared_ptr<task> built, bool listed, std::string_view request) {
  auto tracked = std::make_shared<tracked_task>(built, home_);
  try {
    if (listed) registry_.add(tracked);
    running_.emplace(built.get(), running_task{built, tracked, listed});
    if (built->total() > 0) shards_->submit(built);
  } catch (const std::bad_alloc&) {  // Not half a task. Shards that have it see that it is over.
    built->forget();
    built->stop(errc::task_cancelled);
    running_.erase(built.get());
    registry_.remove(built->id());
    throw;
  }
  if (listed) {
    log_accepted(*built, request);
    ++submitted_tasks_;
    submitted_urls_ += built->total();
  }
  if (built->total() == 0) look_at(*built);
  schedule_tick();
  return tracked;
}

void crawler::cancel(tracked_task& which) {
  if (const auto at = running_.find(&which.get()); at != running_.end()) stop(at->second.of, errc::task_cancelled);
}

bool crawler::remove(std::string_view id) {
  const auto tracked = registry_.remove(id);
  if (!tracked) return false;
  const auto at = running_.find(&tracked->get());
  if (at == running_.end()) {
    ended_bytes_ -= tracked->get().bytes();
    return true;
  }
  const std::shared_ptr<task> ours = std::move(at->second.of);
  running_.erase(at);
  ours->forget();
  stop(ours, errc::task_cancelled);
  log_event(log_level::info, "task removed while running",
            {{"task", ours->id()}, {"done", std::int64_t{tracked->counts().done}}});
  return true;
}

crawler_load crawler::load() const {
  crawler_load sum;
  sum.task_bytes = ended_bytes_;
  for (const auto& [key, each] : running_) {
    sum.waiting += each.of->total() - each.tracked->counts().done;
    sum.task_bytes += each.of->bytes();
  }
  return sum;
}

engine_totals crawler::totals() const {
  engine_totals sum = shards_->totals();
  tick_delay_.add_to(sum.home_delay);
  sum.submitted_tasks = submitted_tasks_;
  sum.submitted_urls = submitted_urls_;
  return sum;
}

awaitable<void> crawler::shut_down(milliseconds drain) {
  for (const auto& [key, each] : running_) {
    each.of->stop(errc::shutdown);
    shards_->stop(each.of, false);
  }
  co_await wait_for_all(drain);
  for (const auto& [key, each] : running_) shards_->stop(each.of, true);
  co_await wait_for_all(seconds(1));
}

awaitable<void> crawler::wait_for_all(milliseconds at_most) {
  constexpr milliseconds between_looks{5};
  const time_point until = clock::now() + at_most;
  timer_type pause(home_);
  for (look(clock::now()); !running_.empty() && clock::now() < until; look(clock::now())) {
    pause.expires_after(between_looks);
    co_await pause.async_wait(use_tuple);
  }
}

void crawler::stop(const std::shared_ptr<task>& which, errc why) {
  which->stop(why);
  shards_->stop(which, true);
}

void crawler::schedule_tick() {
  if (running_.empty() || std::exchange(ticking_, true)) return;
  ticker_.expires_after(tick_interval);
  ticker_.async_wait([self = self_](error_code ec) {
    if (!ec && *self != nullptr) (*self)->tick();
  });
}

void crawler::tick() {
  ticking_ = false;
  const time_point now = clock::now();
  tick_delay_.observe_us(static_cast<std::uint64_t>((now - ticker_.expiry()) / microseconds(1)));
  try {
    look(now);
  } catch (const std::bad_alloc&) {  // What it found no memory for, the next one does.
  }
  schedule_tick();
}

void crawler::look(time_point now) {
  for (auto at = running_.begin(); at != running_.end();) {
    const running_task& each = at->second;
    each.tracked->advance(now);
    check_deadline(each, now);
    at = each.tracked->running() ? std::next(at) : settle(at);
  }
}

// Of one task alone: with thousands of them running, each end would otherwise cost a look at all.
void crawler::look_at(const task& which) {
  const auto at = running_.find(&which);
  if (at == running_.end()) return;
  at->second.tracked->hear();
  if (!at->second.tracked->running()) settle(at);
}

crawler::running_tasks::iterator crawler::settle(running_tasks::iterator at) {
  if (!at->second.listed) return running_.erase(at);
  log_ended(*at->second.tracked);
  ended_bytes_ += at->second.of->bytes();
  const std::shared_ptr<tracked_task> tracked = std::move(at->second.tracked);
  at = running_.erase(at);
  if (on_ended_) on_ended_(tracked);
  return at;
}

void crawler::check_deadline(const running_task& which, time_point now) {
  const auto deadline = which.of->options().deadline_s;
  if (!deadline || which.of->stopped() != errc::none || now < which.of->accepted_at() + seconds(*deadline)) return;
  stop(which.of, errc::deadline_exceeded);
}

}  // namespace trawl
