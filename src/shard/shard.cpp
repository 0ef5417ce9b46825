#include "shard/shard.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <cassert>

#include "base/memory_shortage.hpp"
#include "base/start_error.hpp"
#include "fetch/report.hpp"
#include "fetch/request_head.hpp"
#include "shard/host_limits_of.hpp"

namespace trawl {
namespace {

// How much of a list one turn of the loop goes through, so that nobody else waits for long: a fetch of
// another task, a deadline, a poll.
constexpr std::size_t chains_a_turn = 128;
constexpr std::size_t burials_a_turn = 1024;
constexpr std::size_t starts_a_turn = 32;  // 25 to 40 us each when it has to dial.
// Hosts one task may have queued on a shard at a time. The rest of its chains wait as they came, eight
// bytes each, so that a task of a million hosts does not make a million hosts at once.
constexpr std::size_t queued_hosts_of_a_task = 4096;

// Of the decoders of all shards: ten thousand gzip bodies at once need 400 MiB. Who finds none left waits for some.
constexpr std::size_t decoder_memory = std::size_t{512} << 20;

std::int64_t epoch_at(time_point when, time_point now) {
  return epoch_seconds() + std::chrono::ceil<seconds>(when - now).count();
}

// An exception that leaves a lane is a bug, and silence would hide it.
void rethrow(const std::exception_ptr& bug) {
  if (bug) std::rethrow_exception(bug);
}

awaitable<void> live(std::unique_ptr<lane> alive, lane_owner& owner) {
  co_await alive->run();
  owner.left(*alive);
}

}  // namespace

/// A fetch that backs off before its next attempt.
class shard::delayed_fetch final : public deadline, public list_hook<by_shard> {
 public:
  delayed_fetch(fetch&& waiting, shard& of) : what(std::move(waiting)), shard_(of) {}
  fetch what;

 private:
  void expired(time_point) override {
    fetch due = std::move(what);
    shard& of = shard_;
    delete this;  // NOLINT: owned by being listed.
    of.queue(std::move(due));
    of.stir();
  }
  shard& shard_;
};

shard::shard(std::size_t number, shard_commons& commons, shard_peers& peers)
    : number_(number),
      commons_(commons),
      peers_(peers),
      busy_(loop_.get_executor()),
      timer_(loop_.get_executor(), deadlines_, [this] { pump(); }),
      frontier_(number, commons.slots, deadlines_, public_limits(commons.options)),
      resolver_(std::in_place, loop_.get_executor(), deadlines_, commons.resolver),
      tls_(*commons.trust),
      tunnels_(commons.options.user_agent),
      decoders_(decoder_memory / std::max<std::size_t>(1, commons.options.threads)),
      services_{{loop_.get_executor(), deadlines_, *resolver_, commons.policy, tls_, &commons.proxies, &tunnels_},
                frontier_,
                blocks_,
                decoders_,
                commons.options,
                *this,
                counts_.lanes} {}

shard::~shard() { assert(!thread_.joinable() && "close() it first"); }

void shard::start() {
  thread_ = std::thread([this] {
    wait_out_memory_shortages_for_ever();
    loop_.run();
  });
}

void shard::post_submit(std::shared_ptr<task> accepted) {
  asio::post(loop_, [this, accepted = std::move(accepted)] { submit(accepted); });
}

void shard::post_stop(std::shared_ptr<task> stopped, bool in_flight_too) {
  asio::post(loop_, [this, stopped = std::move(stopped), in_flight_too] { stop(stopped, in_flight_too); });
}

void shard::post_fetch(std::shared_ptr<task> of, fetch&& what) {
  asio::post(loop_, [this, of = std::move(of), what = std::move(what)]() mutable {
    if (closing_) return;
    task_run& run = run_of(of);
    ++run.pending;
    what.run = &run;
    queue(std::move(what));
    stir();
  });
}

void shard::add_to(engine_totals& sum) const { sum.add(counts_, resolver_->counts()); }

void shard::post_wake() {
  asio::post(loop_, [this] { pump(); });
}

void shard::begin_close() {
  asio::post(loop_, [this] { close_here(); });
}

void shard::close() {
  if (thread_.joinable()) thread_.join();
}

// ---- tasks ---------------------------------------------------------------------------------------

task_run& shard::run_of(const std::shared_ptr<task>& of) {
  auto& run = runs_[of.get()];
  if (run) return *run;
  run = std::make_unique<task_run>(of, next_serial_++);
  const task_options& options = of->options();
  run->own_fields = request_fields(options.headers, field_scope::own_origin);
  run->foreign_fields = request_fields(options.headers, field_scope::other_origin);
  run->limits = {options.host_concurrency.value_or(0), milliseconds(options.host_delay_ms.value_or(0))};
  run->limited = !run->limits.unlimited();
  return *run;
}

void shard::submit(const std::shared_ptr<task>& accepted) {
  if (closing_) return;
  const bool takes_invalid = accepted->invalid().count > 0 && number_ == 0;
  if (accepted->chains(number_).empty() && !takes_invalid) return;
  task_run& run = run_of(accepted);
  for (const host_chain& each : accepted->chains(number_)) run.pending += each.count;
  if (takes_invalid) {
    run.pending += accepted->invalid().count;
    run.next_invalid = accepted->invalid().head;
  }
  run.in_intake = true;
  intake_.push_back(&run);
  take_in_chains();
  stir();
}

// One slice for each task in turn.
void shard::take_in_chains() {
  intake_posted_ = false;
  bool more = false;
  for (std::size_t left = intake_.size(); left > 0; --left) {
    task_run& run = *intake_.front();
    intake_.pop_front();
    const std::size_t before = run.next_chain;
    const std::uint32_t invalid_before = run.next_invalid;
    if (take_in_some(run)) {
      run.in_intake = false;
      settle(run, 0);
      continue;
    }
    intake_.push_back(&run);
    more = more || run.next_chain != before || run.next_invalid != invalid_before;
  }
  if (more) post_intake();
}

void shard::post_intake() {
  if (std::exchange(intake_posted_, true)) return;
  asio::post(loop_, [this] { take_in_chains(); });
}

// True when nothing is left to take in.
bool shard::take_in_some(task_run& run) {
  if (!record_invalid(run)) return false;
  const auto chains = run.of->chains(number_);
  for (std::size_t n = 0; n < chains_a_turn && run.next_chain < chains.size(); ++n) {
    if (run.queued_hosts >= queued_hosts_of_a_task) return false;
    const host_chain& chain = chains[run.next_chain++];
    const url_errc parsed = parsed_.parse(run.of->url(chain.head));
    assert(parsed == url_errc::ok && "the builder chained it");
    static_cast<void>(parsed);
    frontier_.add(frontier_.find_or_make(parsed_.origin()), run, chain);
  }
  stir();
  return run.next_chain == chains.size();
}

// Inputs that are no URL we fetch get their record first. True when all have one.
bool shard::record_invalid(task_run& run) {
  for (std::size_t n = 0; run.next_invalid != no_index; ++n) {
    if (n == burials_a_turn) return false;
    const std::uint32_t index = run.next_invalid;
    run.next_invalid = run.of->next(index);
    const url_errc wrong = parsed_.parse(run.of->url(index));
    const errc code = wrong == url_errc::unsupported_scheme ? errc::unsupported_scheme : errc::invalid_url;
    record_unfetched(run, index, {code, phase::input, std::string(url_errc_text(wrong))});
  }
  return true;
}

void shard::stop(const std::shared_ptr<task>& stopped, bool in_flight_too) {
  const auto found = runs_.find(stopped.get());
  if (found == runs_.end() || closing_) return;
  task_run& run = *found->second;
  const auto chains = stopped->chains(number_);
  for (; run.next_chain < chains.size(); ++run.next_chain) run.doomed.push_back(chains[run.next_chain]);
  std::vector<fetch> withdrawn;
  frontier_.withdraw(run, withdrawn);
  for (auto at = delayed_.begin(); at != delayed_.end();) {
    delayed_fetch& each = *at++;
    if (each.what.run != &run) continue;
    withdrawn.push_back(std::move(each.what));
    delete &each;  // NOLINT: owned by being listed.
  }
  if (in_flight_too)
    for (auto at = run.in_flight.begin(); at != run.in_flight.end();) (at++)->abort(stopped->stopped());
  if (!std::exchange(run.in_burial, true)) dying_.push_back(&run);
  for (fetch& each : withdrawn) end_without_turn(each);
  bury();
  stir();  // Hosts left without work are forgotten, and other tasks may have their turn.
}

// Records, in slices, what a stopped task had waiting here.
void shard::bury() {
  burial_posted_ = false;
  for (std::size_t left = dying_.size(); left > 0; --left) {
    task_run& run = *dying_.front();
    dying_.pop_front();
    if (bury_some(run)) {
      run.in_burial = false;
      settle(run, 0);
    } else {
      dying_.push_back(&run);
    }
  }
  if (!dying_.empty() && !std::exchange(burial_posted_, true)) asio::post(loop_, [this] { bury(); });
}

bool shard::bury_some(task_run& run) {
  const failure why{run.of->stopped(), phase::queue, "ended before it was fetched"};
  for (std::size_t n = 0; n < burials_a_turn && !run.doomed.empty(); ++n) {
    host_chain& chain = run.doomed.back();
    if (run.of->forgotten()) {
      run.pending -= chain.count;
      run.doomed.pop_back();
      continue;
    }
    const std::uint32_t index = chain.head;
    chain.head = run.of->next(index);
    if (--chain.count == 0) run.doomed.pop_back();
    record_unfetched(run, index, why);
  }
  return run.doomed.empty();
}

void shard::record_unfetched(task_run& run, std::uint32_t index, const failure& why) {
  fetch over;
  over.reset(run, index, run.of->accepted_at());
  record_failure(over, why);
}

void shard::record_failure(fetch& over, const failure& why) {
  record ended;
  make_unsent_record(over, why, ended);
  publish(over, ended);
}

void shard::end_without_turn(fetch& over) {
  record_failure(over, {over.run->of->stopped(), phase::queue, "ended before its next turn"});
}

// `over` more fetches of the run are no longer this shard's; forgets the run with its last.
void shard::settle(task_run& run, std::uint64_t over) {
  run.pending -= over;
  if (run.pending != 0 || run.in_intake || run.in_burial) return;
  const bool stopped = run.of->stopped() != errc::none;
  runs_.erase(run.of.get());
  if (stopped) close_idle_of_quiet_hosts();
}

// ---- fetches -------------------------------------------------------------------------------------

void shard::queue(fetch&& waiting) {
  if (waiting.run->of->stopped() != errc::none) return end_without_turn(waiting);
  const url_errc parsed = parsed_.parse(waiting.url_text());
  assert(parsed == url_errc::ok && "whoever queues it has parsed it");
  static_cast<void>(parsed);
  const std::size_t owner = peers_.owner_of(parsed_);
  if (owner == number_) return frontier_.add(frontier_.find_or_make(parsed_.origin()), std::move(waiting));
  task_run& run = *waiting.run;
  peers_.hand_over(owner, run.of, std::move(waiting));
  settle(run, 1);
}

void shard::resume(fetch&& again, milliseconds after) {
  again.waiting_since = clock::now();
  if (after.count() == 0 || again.run->of->stopped() != errc::none) {
    queue(std::move(again));
    return stir();
  }
  auto* const waiting = new delayed_fetch(std::move(again), *this);  // NOLINT: owned by being listed.
  delayed_.push_back(*waiting);
  deadlines_.arm(*waiting, waiting->what.waiting_since + after);
}

void shard::pump() {
  if (closing_) return;
  const time_point now = clock::now();
  look_around(now);
  timer_.look(now);
  std::size_t started = 0;
  for (host* at = nullptr; started < starts_a_turn && (at = frontier_.next(now, next_)) != nullptr; ++started)
    start(*at, std::move(next_));
  if (started == starts_a_turn || !end_refused(now)) stir();
  if (!intake_.empty()) post_intake();
  counts_.hosts.set(frontier_.hosts());
  if (const time_point next = frontier_.next_look(); !alarm_.armed() && next != time_point::max())
    deadlines_.arm(alarm_, next);
}

// How long this turn of the loop took is known when the handler that stir() had put last in line runs.
void shard::look_around(time_point now) {
  if (std::exchange(pump_posted_, false)) {
    frontier_.turned(now - stirred_);
    counts_.turn.observe_us(static_cast<std::uint64_t>((now - stirred_) / microseconds(1)));
  }
  if (frontier_.look_due(now)) frontier_.look(now, sleeps_.slept());
}

// What waits at hosts that cannot be reached, or want to be left alone, in slices. True when none is left.
bool shard::end_refused(time_point now) {
  refusal why;
  for (std::size_t n = 0; n < burials_a_turn; ++n) {
    if (!frontier_.next_refused(now, next_, why)) return true;
    if (why.why.code == errc::rate_limited) why.why.retry_at = epoch_at(why.until, now);
    record_failure(next_, why.why);
  }
  return false;
}

void shard::start(host& at, fetch&& work) {
  const bool verifies = work.run->of->options().verify_tls;
  if (idle_lane* const kept = at.idle_of(verifies)) {
    at.idle().erase(at.idle().iterator_to(*kept));
    return kept->give(std::move(work));
  }
  auto opened = std::make_unique<lane>(services_, at, verifies, std::move(work));
  lanes_.push_back(*opened);
  asio::co_spawn(loop_.get_executor(), live(std::move(opened), *this), rethrow);
}

void shard::stir() {
  if (closing_ || std::exchange(pump_posted_, true)) return;
  stirred_ = clock::now();
  asio::post(loop_, [this] { pump(); });
}

void shard::publish(fetch& over, const record& finished) {
  counts_.count(finished);
  task_run& run = *over.run;
  const std::shared_ptr<task>& of = run.of;
  if (!of->forgotten() && of->publish(number_, finished)) peers_.tell_home(of);
  settle(run, 1);
}

double shard::draw() { return std::uniform_real_distribution<double>(0, 1)(random_); }

void shard::dialled(host& at, const asio::ip::address& address) {
  if (at.limits_settled()) return;
  at.settle_limits(limits_at(commons_.options, commons_.policy.is_operators_own(address)));
  frontier_.wake(at);
  stir();
}

// ---- connections ---------------------------------------------------------------------------------

bool shard::may_idle(lane& which) {
  if (closing_) return false;
  if (idle_count_ >= commons_.idle_connections) {
    lane& oldest = idle_.front();
    stopped_idling(oldest);
    oldest.dismiss();
  }
  idle_.push_back(which);
  counts_.idle_connections.set(++idle_count_);
  return true;
}

void shard::stopped_idling(lane& which) {
  auto& listed = static_cast<list_hook<by_idle_age>&>(which);
  if (!listed.is_linked()) return;
  listed.unlink();
  counts_.idle_connections.set(--idle_count_);
}

void shard::left(lane& which) {
  host& at = which.at();
  static_cast<list_hook<by_shard>&>(which).unlink();
  --at.lanes;
  frontier_.forget_if_idle(at, clock::now());
  if (closing_ && lanes_.empty()) close_here();
}

// What a stopped task leaves behind: connections nobody else has a use for.
void shard::close_idle_of_quiet_hosts() {
  for (lane& each : idle_)
    if (!each.at().has_work() && each.at().in_flight() == 0) each.dismiss();
}

// Handlers that were posted before may still run: they find nothing to do.
void shard::drop_what_waits() {
  intake_.clear();
  dying_.clear();
  delayed_.clear_and_dispose([](delayed_fetch* each) { delete each; });  // NOLINT: owned by being listed.
  std::vector<fetch> dropped;
  for (auto& [of, run] : runs_) {
    run->of->stop(errc::shutdown);
    frontier_.withdraw(*run, dropped);
  }
}

// Once when asked to, and again when the last lane has left.
void shard::close_here() {
  closing_ = true;
  drop_what_waits();
  for (auto at = lanes_.begin(); at != lanes_.end();) (at++)->shut();
  if (!lanes_.empty()) return;
  runs_.clear();
  timer_.stop();
  resolver_->close();
  busy_.reset();
}

}  // namespace trawl
