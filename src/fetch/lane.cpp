#include "fetch/lane.hpp"

#include <boost/asio/post.hpp>
#include <cassert>
#include <cstring>

#include "fetch/redirect.hpp"
#include "fetch/request_head.hpp"
#include "frontier/retry_policy.hpp"

namespace trawl {
namespace {

// So often a dial is looked at while its name waits to be asked for; timeouts are that exact then.
constexpr milliseconds queue_look{100};

// Fetches that need no connection, of a name known not to exist, say, done in one turn of the loop.
constexpr std::size_t fetches_a_turn = 64;

std::int64_t us(clock::duration span) { return std::chrono::duration_cast<microseconds>(span).count(); }

}  // namespace

lane::lane(const lane_services& services, host& at, bool verifies, fetch&& first)
    : services_(services),
      host_(at),
      verifies_(verifies),
      dialer_(services.dial),
      transport_(services.dial.loop),
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
  head_done_ = false;
  body_octets_ = 0;
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
  if (!work_.run->of->options().keep_alive) transport_.close();
  reused_ = transport_.is_open();
  failure what;
  if (!reused_) what = co_await dial();
  if (what.code == errc::none) what = co_await exchange();
  // A kept connection may have died while it was idle; that is nobody's failure.
  if (reused_ && what.code == errc::connection_terminated && !parser_.any_byte()) {
    transport_.close();
    reused_ = false;
    what = co_await dial();
    if (what.code == errc::none) what = co_await exchange();
  }
  co_return what;
}

awaitable<failure> lane::dial() {
  stage_ = stage::dialling;
  const auto connect_timeout = milliseconds(work_.run->of->options().connect_timeout_ms);
  dial_looked_at_ = clock::now();
  dial_until_ = std::min(dial_looked_at_ + connect_timeout, started_ + timeout_left_);
  arm(std::min(dial_until_, dial_looked_at_ + queue_look));
  dial_target where;
  where.hostname = url_.hostname();
  where.is_address = url_.kind() != host_kind::domain;
  where.port = url_.port();
  where.tls = url_.is_https();
  where.verify = verifies_;
  where.redirected_from_public = work_.from_public;
  transport_.close();
  const auto done = co_await dialer_.dial(where, transport_, work_.took);
  if (const auto& address = dialer_.first_address()) {
    remote_ip_ = done ? transport_.remote_ip() : address->to_string();
    services_.owner.dialled(host_, *address);
  } else {
    services_.queue.not_approached(host_);
  }
  if (done) co_return failure{};
  co_return done.error().code == errc::none ? interrupted_failure() : done.error();
}

awaitable<failure> lane::exchange() {
  arm(started_ + timeout_left_);
  stage_ = stage::writing;
  remote_ip_ = transport_.remote_ip();
  parser_.start(work_.method == http_method::head);
  held_ = 0;
  write_request();
  sent_ = clock::now();  // Before: the answer may be there when the write resumes.
  const auto sent = co_await transport_.write(request_);
  if (!sent) co_return broken(sent.error());
  stage_ = stage::awaiting_head;
  co_return co_await read_response();
}

void lane::write_request() {
  request_.clear();
  const task_run& run = *work_.run;
  request_options as;
  as.method = work_.method;
  as.keep_alive = run.of->options().keep_alive;
  as.user_agent = services_.options.user_agent;
  as.fields = work_.hops.empty() || on_submitted_origin() ? &run.own_fields : &run.foreign_fields;
  append_request_head(request_, url_, as);
}

bool lane::on_submitted_origin() {
  if (work_.at.empty()) return true;
  url submitted;
  return submitted.parse(work_.run->of->url(work_.index)) == url_errc::ok && submitted.origin() == url_.origin();
}

awaitable<failure> lane::read_response() {
  if (!block_) block_ = services_.blocks.take_small();
  failure what;
  for (;;) {
    const auto got = co_await transport_.read_some(block_.bytes.get() + held_, block_.size - held_);
    if (!got) co_return broken(got.error());
    if (got.value() == 0) co_return at_eof();
    if (!parser_.any_byte()) note_first_octet();
    if (take_in(std::string_view(block_.bytes.get(), held_ + got.value()), what)) co_return what;
  }
}

void lane::note_first_octet() {
  first_octet_ = clock::now();
  work_.took.add(timing::ttfb, us(first_octet_ - sent_));
}

// True when the response is over, in one way or another.
bool lane::take_in(std::string_view input, failure& what) {
  for (;;) {
    switch (parser_.next(input)) {
      case parse_event::need_more:
        keep(input);
        return false;
      case parse_event::head:
        if (take_in_head(what)) return true;
        break;
      case parse_event::body:
        if (take_in_body(what)) return true;
        break;
      case parse_event::done:
        held_ = input.size();
        return true;
      case parse_event::failed:
        what = {parser_.error(), head_done_ ? phase::transfer : phase::ttfb, std::string(parser_.error_detail())};
        return true;
    }
  }
}

bool lane::take_in_head(failure& what) {
  head_done_ = true;
  stage_ = stage::reading_body;
  const std::uint64_t limit = work_.run->of->options().max_body_bytes;
  const response_head& head = parser_.head();
  if (head.framing != body_framing::length || head.content_length.value_or(0) <= limit) return false;
  what = {errc::http_response_body_size, phase::transfer,
          std::to_string(*head.content_length) + " octets are announced; max_body_bytes is " + std::to_string(limit)};
  return true;
}

bool lane::take_in_body(failure& what) {
  const std::uint64_t limit = work_.run->of->options().max_body_bytes;
  body_octets_ += parser_.body().size();
  if (body_octets_ <= limit) return false;
  body_octets_ = limit;
  what = {errc::http_response_body_size, phase::transfer,
          "the body is longer than max_body_bytes, " + std::to_string(limit)};
  return true;
}

// What the parser has not used yet goes to the front of the block, and a block that was filled is
// exchanged for a larger one.
void lane::keep(std::string_view left) {
  const bool was_full = left.data() + left.size() == block_.bytes.get() + block_.size;
  held_ = left.size();
  if (was_full && block_.size == block_pool::small_bytes) {
    block_pool::block larger = services_.blocks.take_large();
    std::memcpy(larger.bytes.get(), left.data(), left.size());
    services_.blocks.give_back(std::exchange(block_, std::move(larger)));
  } else if (!left.empty()) {
    std::memmove(block_.bytes.get(), left.data(), left.size());
  }
}

failure lane::at_eof() {
  const bool until_close = parser_.closes_at_eof();
  const phase where = head_done_ ? phase::transfer : phase::ttfb;
  if (until_close && transport_.truncated())
    return {errc::http_response_incomplete, where, "the connection was cut without TLS close_notify"};
  if (parser_.at_eof() == parse_event::done) return {};
  if (interrupted_ != errc::none) return interrupted_failure();  // Both at once: it must not be dialled again.
  return {parser_.error(), where, std::string(parser_.error_detail())};
}

// ---- its end -------------------------------------------------------------------------------------

void lane::conclude(failure what) {
  release(what);
  if (what.code == errc::none && (fall_back_to_get() || follow(what))) return;
  if (what.code == errc::none && parser_.head().status >= 400)
    what = {errc::http_status, phase::transfer, "the server answered " + std::to_string(parser_.head().status)};
  if (!wait_for_resources(what) && !try_again(what)) finish(what);
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
  if (head_done_) work_.took.add(timing::transfer, us(now - first_octet_));
  work_.took.add(timing::total, us(now - started_));
  work_.spent += now - started_;
  const bool reusable = what.code == errc::none && parser_.reusable() && held_ == 0 && !transport_.truncated() &&
                        !transport_.unread() && work_.run->of->options().keep_alive && interrupted_ == errc::none;
  if (!reusable) transport_.close();
  held_ = 0;
  services_.blocks.give_back(std::move(block_));
  static_cast<list_hook<by_task>&>(*this).unlink();
  services_.queue.finished(host_, *work_.run);
}

bool lane::fall_back_to_get() {
  const std::uint16_t status = parser_.head().status;
  if (work_.method != http_method::head || (status != 405 && status != 501)) return false;
  work_.method = http_method::get;
  work_.head_refused = true;
  services_.owner.resume(std::move(work_), milliseconds(0));
  return true;
}

// True when the fetch goes on elsewhere. False: the response was the answer, or `what` says why not.
bool lane::follow(failure& what) {
  const response_head& head = parser_.head();
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
  work_.from_public = work_.from_public || classify(transport_.remote()).category == address_class::public_;
  services_.owner.resume(std::move(work_), milliseconds(0));
  return true;
}

bool lane::try_again(const failure& what) {
  const task& of = *work_.run->of;
  if (what.code == errc::none || work_.attempts > of.options().retries || of.stopped() != errc::none) return false;
  if (!is_retryable(what.code, head_done_ ? parser_.head().status : std::uint16_t{0}, what.transient)) return false;
  const milliseconds delay = retry_delay(work_.attempts, services_.owner.draw());
  work_.restart();
  services_.owner.resume(std::move(work_), delay);
  return true;
}

void lane::finish(const failure& what) {
  auto redirects = std::move(record_.redirects);
  redirects.clear();
  for (const hop_taken& hop : work_.hops) redirects.push_back({hop.status_code, hop.url});
  record_ = record{};
  record_.redirects = std::move(redirects);
  record_.index = work_.index;
  record_.timestamp = epoch_seconds();
  record_.code = what.code;
  record_.where = what.where;
  record_.detail = what.detail;
  record_.attempts = work_.attempts;
  record_.took = work_.took;
  record_.remote_ip = remote_ip_;
  if (!work_.hops.empty()) {
    record_.final_url = work_.at;
    record_.status_code = work_.hops.back().status_code;
  }
  if (head_done_) add_response_facts();
  if (transport_.tls() != nullptr && !remote_ip_.empty()) add_tls_facts();
  record_.retryable = what.code != errc::none && is_retryable(what.code, record_.status_code, what.transient);
  services_.owner.publish(work_, record_);
}

void lane::add_response_facts() {
  const response_head& head = parser_.head();
  record_.status_code = head.status;
  record_.http_version = head.http_minor == 0 ? 10 : 11;
  record_.content_type = head.content_type;
  record_.has_body = true;
  record_.content_length = body_octets_;
}

void lane::add_tls_facts() {
  const tls_facts& facts = transport_.tls()->facts();
  record_.tls_version = facts.version;
  record_.tls_cipher = facts.cipher;
  record_.tls_not_after = facts.not_after;
  record_.tls_verify_note = facts.verify_note;
}

// ---- between fetches -----------------------------------------------------------------------------

bool lane::pull_next() {
  has_work_ = services_.queue.again(host_, verifies_, ++turns_, clock::now(), work_);
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
    case stage::writing:
      return interrupt(errc::connection_write_timeout);
    case stage::awaiting_head:
      return interrupt(errc::http_response_timeout);
    case stage::reading_body:
      return interrupt(errc::connection_read_timeout);
  }
}

void lane::interrupt(errc why) {
  if (interrupted_ != errc::none) return;
  interrupted_ = why;
  interrupted_in_ = stage_;
  if (stage_ == stage::dialling)
    dialer_.cancel(transport_);
  else
    transport_.close();
}

failure lane::interrupted_failure() const {
  phase where = phase::transfer;
  if (interrupted_in_ == stage::dialling) where = dialer_.step();
  if (interrupted_in_ == stage::writing || (interrupted_in_ == stage::awaiting_head && !parser_.any_byte()))
    where = phase::ttfb;
  const task_options& options = work_.run->of->options();
  switch (interrupted_) {
    case errc::task_cancelled:
    case errc::deadline_exceeded:
    case errc::shutdown:
      return {interrupted_, where, "aborted in flight"};
    default:
      break;
  }
  const bool whole = clock::now() >= started_ + timeout_left_;
  std::string limit = whole ? "timeout_ms, " + std::to_string(options.timeout_ms)
                            : "connect_timeout_ms, " + std::to_string(options.connect_timeout_ms);
  return {interrupted_, where, "not done within " + std::move(limit)};
}

// What reading or writing reported, told as what it means for this fetch.
failure lane::broken(failure io) const {
  if (io.code == errc::none || interrupted_ != errc::none) return interrupted_failure();
  io.where = head_done_ ? phase::transfer : phase::ttfb;
  if (parser_.any_byte()) io.code = io.code == errc::connection_terminated ? errc::http_response_incomplete : io.code;
  return io;
}

}  // namespace trawl
