#include "fetch/lane.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cassert>

#include "fetch/redirect.hpp"
#include "fetch/report.hpp"
#include "fetch/request_head.hpp"
#include "fetch/retry_after.hpp"
#include "fetch/tunnel_answer.hpp"
#include "frontier/retry_policy.hpp"

namespace trawl {
namespace {

// So often a dial is looked at while its name waits to be asked for; timeouts are that exact then.
constexpr milliseconds queue_look{100};

// Fetches that need no connection, of a name known not to exist, say, done in one turn of the loop.
constexpr std::size_t fetches_a_turn = 64;

std::int64_t us(clock::duration span) { return std::chrono::duration_cast<microseconds>(span).count(); }

errc timeout_of(exchange::step waited_for) {
  switch (waited_for) {
    case exchange::step::none:
    case exchange::step::writing:
      return errc::connection_write_timeout;
    case exchange::step::awaiting_head:
      return errc::http_response_timeout;
    case exchange::step::reading_body:
      break;
  }
  return errc::connection_read_timeout;
}

}  // namespace

lane::lane(const lane_services& services, host& at, bool verifies, fetch&& first)
    : services_(services),
      host_(at),
      verifies_(verifies),
      dialer_(services.dial, this),
      transport_(services.dial.loop),
      exchange_(services.blocks, services.decoders),
      work_(std::move(first)) {
  ++host_.lanes;
}

lane::~lane() { deadline_queue::remove(*this); }

awaitable<void> lane::run() {
  for (bool more = true; more;) {
    failure what;
    if (begin(what)) what = co_await fetch_once();
    conclude(std::move(what));
    more = pull_next();
    if (more && turns_ % fetches_a_turn == 0) co_await asio::post(services_.dial.loop, use_awaitable);
    if (!more) more = co_await idle();  // Not `pull_next() || co_await`: GCC 12.2 awaits first, then pulls.
  }
}

// ---- one fetch -----------------------------------------------------------------------------------

bool lane::begin(failure& refused) {
  has_work_ = false;
  started_ = clock::now();
  interrupted_ = errc::none;
  exchange_.reset();
  remote_ip_.clear();
  work_.run->in_flight.push_back(*this);
  work_.took.add(timing::queue, us(started_ - work_.waiting_since));
  const task& of = *work_.run->of;
  if (of.stopped() != errc::none) {
    refused = {of.stopped(), phase::queue, "ended before it was fetched"};
    return false;
  }
  if (std::exchange(work_.new_attempt, false)) ++work_.attempts;
  timeout_left_ = milliseconds(of.options().timeout_ms) - work_.spent;
  const url_errc parsed = url_.parse(work_.url_text());
  if (parsed != url_errc::ok) refused = {errc::invalid_url, phase::input, std::string(url_errc_text(parsed))};
  return parsed == url_errc::ok;
}

awaitable<failure> lane::fetch_once() {
  if (!may_reuse()) transport_.close();
  reused_ = transport_.is_open();
  if (reused_) services_.counts.reused.add();
  const timings before = work_.took;
  failure what;
  if (!reused_) what = co_await dial();
  if (what.code == errc::none) what = co_await converse();
  // A kept connection may have died while it was idle, or carry more than the fetch before asked for; that is no
  // failure of this one.
  const bool spoilt = what.code == errc::connection_terminated || what.code == errc::http_protocol_error;
  if (reused_ && spoilt && exchange_.unanswered()) {
    work_.took = before;
    transport_.close();
    reused_ = false;
    what = co_await dial();
    if (what.code == errc::none) what = co_await converse();
  }
  co_return what;
}

// The address was admitted for the fetch that dialled it, and this one may have come from farther away: by a redirect
// from a public address, or in a task from behind a proxy. Then it is dialled anew, and the policy asked.
bool lane::may_reuse() const {
  const task& of = *work_.run->of;
  if (!of.options().keep_alive) return false;
  const address_policy::hop hop{.redirected_from_public = work_.from_public, .through_proxy = of.through_proxy()};
  const bool from_afar = hop.redirected_from_public || hop.through_proxy;
  return !from_afar || via_ != nullptr || !transport_.is_open() ||
         !services_.dial.policy.refuse(transport_.remote(), hop);
}

awaitable<failure> lane::dial() {
  stage_ = stage::dialling;
  const auto connect_timeout = milliseconds(work_.run->of->options().connect_timeout_ms);
  dial_began_ = dial_looked_at_ = clock::now();
  dial_until_ = std::min(dial_looked_at_ + connect_timeout, started_ + timeout_left_);
  arm(std::min(dial_until_, dial_looked_at_ + queue_look));
  const dial_target where = aim();
  const std::uint32_t reached_before = host_.times_reached();
  transport_.close();
  connecting_ = via_ == nullptr;  // A proxy's backlog is not the host's.
  if (connecting_) host_.connects().began();
  const auto done = co_await dialer_.dial(where, transport_, work_.took);
  stop_connecting();
  count_dial(static_cast<bool>(done));
  if (const auto& address = dialer_.first_address()) {
    remote_ip_ = done ? transport_.remote_ip() : address->to_string();
    if (via_ == nullptr) services_.owner.dialled(host_, *address);  // Else it is the proxy's, and tells nothing.
  } else {
    services_.queue.not_approached(host_);
  }
  if (done) {
    host_.reached();
    co_return failure{};
  }
  failure what = done.error().code == errc::none ? interrupted_failure() : done.error();
  if (via_ != nullptr && dialer_.step() != phase::tls) co_return what;  // Nobody knows yet how the host is.
  if (shows_host(what.code)) host_.handshake_failed();
  const time_point now = clock::now();
  if (services_.queue.dial_failed(host_, now, what, now - dial_began_, reached_before)) services_.owner.stir();
  co_return what;
}

void lane::connected(clock::duration took) {
  if (connecting_) host_.connects().connected(clock::now(), took);
  stop_connecting();
}

void lane::stop_connecting() {
  if (std::exchange(connecting_, false) && services_.queue.connect_ended(host_)) services_.owner.stir();
}

// Chooses the proxy, too.
dial_target lane::aim() {
  dial_target where;
  where.hostname = url_.hostname();
  where.is_address = url_.kind() != host_kind::domain;
  where.port = url_.port();
  where.tls = url_.is_https();
  where.verify = verifies_;
  where.redirected_from_public = work_.from_public;
  where.submitted_through_proxy = work_.run->of->through_proxy();
  via_ = services_.dial.proxies ? services_.dial.proxies->choose(where.tls, where.hostname, where.port) : nullptr;
  where.via = via_;
  return where;
}

void lane::count_dial(bool connected) {
  lane_counts& counts = services_.counts;
  if (!connected) return counts.failed_dials.add();
  counts.opened.add();
  if (const tls_client* const secured = transport_.tls())
    (secured->facts().resumed ? counts.resumed_tls : counts.full_tls).add();
}

awaitable<failure> lane::converse() {
  const task_options& options = work_.run->of->options();
  arm(started_ + timeout_left_);
  stage_ = stage::conversing;
  remote_ip_ = transport_.remote_ip();
  write_request();
  body_rules rules;
  rules.limit = options.max_body_bytes;
  rules.follows_redirects = options.max_redirects > 0;
  const std::int64_t ttfb_before = std::max<std::int64_t>(0, work_.took.get(timing::ttfb));  // Of earlier hops.
  auto done = co_await exchange_.run(transport_, work_.method, rules, work_.took);
  if (done) {
    host_.connects().answered(microseconds(work_.took.get(timing::ttfb) - ttfb_before));
    co_return failure{};
  }
  if (interrupted_ != errc::none) co_return interrupted_failure();  // Also with both at once: no second dial.
  co_return std::move(done.error());
}

void lane::write_request() {
  exchange_.request().clear();
  const task_run& run = *work_.run;
  request_options as;
  as.method = work_.method;
  as.keep_alive = run.of->options().keep_alive;
  as.user_agent = services_.options.user_agent;
  if (!url_.is_https()) as.via = via_;
  url submitted;
  const bool at_home = work_.hops.empty() || (submitted.parse(run.of->url(work_.index)) == url_errc::ok &&
                                              submitted.origin() == url_.origin());
  if (at_home && !work_.hops.empty()) as.submitted = &submitted;
  as.fields = fields_to_send(at_home);
  as.body = run.of->body();
  append_request_head(exchange_.request(), url_, as);
}

const std::string* lane::fields_to_send(bool at_home) {
  const task_run& run = *work_.run;
  const std::string& of_task = at_home ? run.own_fields : run.foreign_fields;
  const std::string_view of_input = run.of->fields(work_.index);
  if (of_input.empty()) return &of_task;
  own_fields_ = merged_fields(of_task, of_input, at_home ? field_scope::own_origin : field_scope::other_origin);
  return &own_fields_;
}

// ---- its end -------------------------------------------------------------------------------------

void lane::conclude(failure what) {
  if (exchange_.has_head()) host_.reached();
  release(what);
  if (what.code == errc::none && (fall_back_to_get() || follow(what))) return;
  if (what.code == errc::none && exchange_.status() >= 400) what = judge_status();
  if (!wait_for_resources(what) && !try_again(what)) finish(what);
}

// 429 and 503 may ask for a pause, which the whole host then gets.
failure lane::judge_status() {
  const std::uint16_t status = exchange_.status();
  if (status == 407 && via_ != nullptr && !url_.is_https()) return refused_by_proxy();
  failure what{errc::http_status, phase::transfer, "the server answered " + std::to_string(status)};
  if (status != 429 && status != 503) return what;
  const std::int64_t now = epoch_seconds();
  const auto pause = parse_retry_after(exchange_.head().retry_after, now);
  if (!pause || pause->count() == 0) return what;
  services_.queue.hold(host_, clock::now(), *pause);
  if (*pause <= host_hold::longest_wait) return what;
  what.code = errc::rate_limited;
  what.detail += " and asks for a pause of " + std::to_string(pause->count()) + " s, longer than trawl waits";
  what.retry_at = now + pause->count();
  services_.owner.stir();
  return what;
}

failure lane::refused_by_proxy() {
  failure what = refused_credentials(407, !via_->authorization.empty(), phase::transfer);
  what.detail = "proxy " + via_->name() + " " + what.detail;
  return what;
}

// Running out of descriptors or ports is ours to wait for, not the URL's failure, nor an attempt.
bool lane::wait_for_resources(const failure& what) {
  constexpr milliseconds pause{250};
  if (what.code != errc::out_of_resources || work_.run->of->stopped() != errc::none) return false;
  services_.owner.resume(std::move(work_), pause);
  return true;
}

// Gives back what only a fetch in flight may hold.
void lane::release(const failure& what) {
  const time_point now = clock::now();
  stage_ = stage::between;
  deadline_queue::disarm(*this);
  const bool reusable = what.code == errc::none && exchange_.reusable() && !transport_.truncated() &&
                        !transport_.unread() && work_.run->of->options().keep_alive && interrupted_ == errc::none;
  if (!reusable) transport_.close();
  exchange_.end(now, work_.took);
  work_.took.add(timing::total, us(now - started_));
  work_.spent += now - started_;
  static_cast<list_hook<by_task>&>(*this).unlink();
  services_.queue.finished(host_, *work_.run);
}

bool lane::fall_back_to_get() {
  const std::uint16_t status = exchange_.status();
  if (work_.method != http_method::head || (status != 405 && status != 501)) return false;
  work_.method = http_method::get;
  work_.head_refused = true;
  services_.owner.resume(std::move(work_), milliseconds(0));
  return true;
}

// True when the fetch goes on elsewhere. False: the response was the answer, or `what` says why not.
bool lane::follow(failure& what) {
  if (!exchange_.has_head()) return false;
  const response_head& head = exchange_.head();
  redirect_request asked;
  asked.from = &url_;
  asked.method = work_.method;
  asked.status = head.status;
  asked.location = head.location;
  asked.location_conflicts = head.location_conflicts;
  asked.hops = work_.hops;
  asked.max_redirects = work_.run->of->options().max_redirects;
  redirect_decision next = decide_redirect(asked);
  if (next.kind == redirect_kind::refuse) what = std::move(next.why);
  if (next.kind != redirect_kind::follow) return false;
  work_.hops.push_back({head.status, work_.method, std::string(url_.href())});
  work_.method = next.method;
  work_.at = std::move(next.to);
  // From behind a proxy: nobody knows from which address, so it counts as public.
  work_.from_public =
      work_.from_public || via_ != nullptr || classify(transport_.remote()).category == address_class::public_;
  services_.owner.resume(std::move(work_), milliseconds(0));
  return true;
}

bool lane::try_again(const failure& what) {
  const task& of = *work_.run->of;
  if (what.code == errc::none || work_.attempts > of.options().retries || of.stopped() != errc::none) return false;
  if (!is_worth_a_retry(what.code, exchange_.status(), what.transient)) return false;
  // What its host makes wait, or end, needs no delay of its own.
  const bool host_decides = host_.held(clock::now()) || host_.refuses(clock::now());
  const milliseconds delay = host_decides ? milliseconds(0) : retry_delay(work_.attempts, services_.owner.draw());
  work_.restart();
  services_.owner.resume(std::move(work_), delay);
  return true;
}

void lane::finish(const failure& what) {
  make_record({work_, what, exchange_, remote_ip_, transport_.tls()}, record_);
  services_.owner.publish(work_, record_);
}

// ---- between fetches -----------------------------------------------------------------------------

bool lane::pull_next() {
  has_work_ = services_.queue.again(host_, {.verifies = verifies_, .connected = transport_.is_open()}, ++turns_,
                                    clock::now(), work_);
  if (!has_work_) turns_ = 0;
  if (services_.queue.others_ready(host_, turns_)) services_.owner.stir();
  return has_work_;
}

// True when it was given work; its connection may be gone by then.
awaitable<bool> lane::idle() {
  if (!transport_.is_open() || !services_.owner.may_idle(*this)) co_return false;
  stage_ = stage::idle;
  host_.idle().push_front(*this);
  arm(clock::now() + idle_time);
  const bool alive = co_await transport_.stay_idle();
  stage_ = stage::between;
  deadline_queue::disarm(*this);
  auto& listed = static_cast<list_hook<by_host>&>(*this);
  if (listed.is_linked()) listed.unlink();
  services_.owner.stopped_idling(*this);
  if (!alive) transport_.close();
  co_return has_work_;
}

void lane::give(fetch&& work) {
  work_ = std::move(work);
  has_work_ = true;
  turns_ = 0;
  stage_ = stage::between;
  deadline_queue::disarm(*this);
  services_.owner.stopped_idling(*this);
  transport_.stop_waiting();
}

void lane::dismiss() {
  auto& listed = static_cast<list_hook<by_host>&>(*this);
  if (listed.is_linked()) listed.unlink();  // Nobody gives it work any more.
  transport_.close();
}

void lane::shut() {
  if (stage_ == stage::idle)
    dismiss();
  else
    interrupt(errc::shutdown);
}

// ---- interruption --------------------------------------------------------------------------------

// While the name waits in the resolver's queue no timeout runs: that is looked at now and then.
bool lane::stands_still(time_point now) {
  const auto since = now - std::exchange(dial_looked_at_, now);
  const bool queued = dialer_.queued();
  if (queued) {
    dialer_.note_queued(since);
    work_.took.add(timing::queue, us(since));
    started_ += since;
    dial_began_ += since;
    dial_until_ += since;
  }
  if (now >= dial_until_) return false;
  arm(queued ? std::min(dial_until_, now + queue_look) : dial_until_);
  return true;
}

void lane::expired(time_point now) {
  switch (stage_) {
    case stage::between:
      return;
    case stage::idle:
      return dismiss();
    case stage::dialling:
      if (stands_still(now)) return;
      return interrupt(dialer_.step() == phase::dns ? errc::dns_timeout : errc::connection_timeout);
    case stage::conversing:
      return interrupt(timeout_of(exchange_.at()));
  }
}

void lane::interrupt(errc why) {
  if (interrupted_ != errc::none) return;
  interrupted_ = why;
  interrupted_in_ = where_it_is();
  if (stage_ == stage::dialling)
    dialer_.cancel(transport_);
  else
    transport_.close();
}

phase lane::where_it_is() const {
  if (stage_ == stage::dialling) return dialer_.step();
  return exchange_.has_head() ? phase::transfer : phase::ttfb;
}

failure lane::interrupted_failure() const {
  const task_options& options = work_.run->of->options();
  switch (interrupted_) {
    case errc::task_cancelled:
    case errc::deadline_exceeded:
    case errc::shutdown:
      return {interrupted_, interrupted_in_, "aborted in flight"};
    default:
      break;
  }
  const bool whole = clock::now() >= started_ + timeout_left_;
  std::string limit = whole ? "timeout_ms, " + std::to_string(options.timeout_ms)
                            : "connect_timeout_ms, " + std::to_string(options.connect_timeout_ms);
  const bool at_proxy = interrupted_in_ == phase::dns || interrupted_in_ == phase::connect;
  if (via_ != nullptr && at_proxy) limit += ", by the proxy " + via_->name();
  return {interrupted_, interrupted_in_, "not done within " + std::move(limit)};
}

}  // namespace trawl
