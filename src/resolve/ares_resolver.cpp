#include "resolve/ares_resolver.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/ip/udp.hpp>
#include <utility>

#include "resolve/dns_name.hpp"

namespace trawl {
namespace {

// Only to give back what abandoned queries hold; nobody waits for it.
constexpr milliseconds reap_interval{250};

constexpr milliseconds burst_span{300};

failure cancelled() { return {errc::none, phase::dns, "cancelled"}; }

std::string span_in_words(milliseconds span) {
  if (span % seconds(1) == milliseconds(0)) return std::to_string(span / seconds(1)) + " s";
  return std::to_string(span.count()) + " ms";
}

std::string words_for(const dns_answer& answer, milliseconds patience) {
  switch (answer.kind) {
    case dns_reply::no_such_name:
      return "no such name";
    case dns_reply::addresses:
    case dns_reply::no_data:
      return answer.only_aliases ? "an alias that leads to no address" : "no addresses";
    case dns_reply::server_failure:
      return "server failure (SERVFAIL)";
    case dns_reply::refused:
      return "the DNS server refused to answer (REFUSED)";
    case dns_reply::not_implemented:
      return "the DNS server cannot answer (NOTIMP)";
    case dns_reply::format_error:
      return "the DNS server did not understand (FORMERR)";
    case dns_reply::other_rcode:
      return "the DNS server answered with rcode " + std::to_string(answer.rcode);
    case dns_reply::malformed:
      return "malformed answer";
    case dns_reply::no_tcp:
      return "the answer is too long for UDP, and the DNS server gave none over TCP";
    case dns_reply::unreachable:
      return "no DNS server could be reached";
    case dns_reply::no_answer:
    case dns_reply::out_of_resources:
      break;
  }
  return "no answer within " + span_in_words(patience);
}

bool is_negative(const dns_answer& answer) {
  return answer.kind == dns_reply::no_such_name || answer.kind == dns_reply::no_data;
}

failure failure_of(const std::string& name, const inquiry& asked) {
  const dns_answer& why = asked.why_none();
  const bool silent = why.kind == dns_reply::no_answer || why.kind == dns_reply::out_of_resources;
  failure f{silent ? errc::dns_timeout : errc::dns_error, phase::dns, name + ": " + words_for(why, asked.patience())};
  f.transient = !is_negative(why);
  return f;
}

}  // namespace

// A name that is being asked for, or waits to be. Kept alive by pending_ and by each query that is open for it.
struct pending_name final : deadline, std::enable_shared_from_this<pending_name> {
  pending_name(ares_resolver& owner, std::string what, const inquiry_options& rules)
      : resolver(owner), name(std::move(what)), asked(rules) {}
  void expired(time_point now) override {
    const auto alive = shared_from_this();
    resolver.advance(*this, now);
    resolver.drain();
  }
  void wake_all(const resolve_outcome& outcome);

  ares_resolver& resolver;
  const std::string name;
  inquiry asked;
  bool started = false;
  bool finished = false;
  bool in_burst = false;
  time_point started_at{};
  time_point burst_until{};
  std::vector<lookup*> waiting;
  struct per_family {
    std::uint32_t servers = 0;  ///< Asked so far, as bits.
    std::optional<std::size_t> last_server;
    time_point last_sent{};
  };
  std::array<per_family, 2> families;
};

void pending_name::wake_all(const resolve_outcome& outcome) {
  for (lookup* each : std::exchange(waiting, {})) {
    each->at_ = nullptr;
    each->outcome_ = outcome;
    each->wake_->wake();
  }
}

lookup::~lookup() {
  if (at_ != nullptr) std::erase(at_->waiting, this);
}

void lookup::cancel() {
  if (at_ == nullptr) return;
  std::erase(std::exchange(at_, nullptr)->waiting, this);
  outcome_ = cancelled();
  wake_->wake();
}

bool lookup::queued() const { return at_ != nullptr && (!at_->started || at_->asked.starved()); }

// One query in c-ares' hands; notes its answer for drain().
struct ares_resolver::name_query final : dns_query {
  name_query(std::shared_ptr<pending_name> which, dns_family what, std::size_t whom, time_point now)
      : name(std::move(which)), family(what), server(whom), sent(now) {}
  void answered(dns_answer answer) override {
    name->resolver.ended_.push_back({name, family, server, sent, std::move(answer)});
  }
  std::shared_ptr<pending_name> name;
  dns_family family;
  std::size_t server;
  time_point sent;
};

ares_resolver::ares_resolver(executor_type loop, deadline_queue& deadlines, const resolver_options& options)
    : loop_(loop),
      deadlines_(deadlines),
      rules_{options.families.value_or(plan_for_this_machine()), options.query_timeout, options.tries, 1},
      max_in_flight_(options.max_in_flight),
      max_burst_(options.max_burst),
      local_(options.overrides, options.hosts_file),
      servers_(std::move(loop),
               options.servers.empty() ? system_dns_servers(options.resolv_conf) : parse_dns_servers(options.servers),
               options.tries * options.query_timeout, [this] { drain(); }),
      reap_timer_(*this) {
  rules_.servers = servers_.size();
}

ares_resolver::~ares_resolver() { close(); }

const resolve_outcome* ares_resolver::cached(std::string_view name, std::uint16_t port, time_point now) {
  if (!is_canonical(name)) return cached(canonical_name(name), port, now);
  if (const resolve_outcome* known = local_.find(name, port, now)) return known;
  if (const resolve_outcome* known = cache_.find(name, now)) {
    counts_.from_cache.add();
    return known;
  }
  const auto why = why_not_asked(name);
  if (!why) return nullptr;
  refused_ = failure{errc::dns_error, phase::dns, std::string(name.substr(0, 253)) + ": " + std::string(*why)};
  return &refused_;
}

awaitable<resolve_outcome> ares_resolver::resolve(std::string name, std::uint16_t port, lookup& handle) {
  if (!is_canonical(name)) name = canonical_name(name);
  if (const resolve_outcome* known = cached(name, port, clock::now())) co_return *known;
  if (closed_) co_return cancelled();
  handle.wake_.emplace(loop_);
  join(std::move(name), handle);
  while (!handle.outcome_) co_await handle.wake_->wait();
  resolve_outcome outcome = std::move(*handle.outcome_);
  handle.outcome_.reset();
  handle.wake_.reset();
  co_return outcome;
}

void ares_resolver::join(std::string name, lookup& handle) {
  pending_name* which = nullptr;
  if (const auto found = pending_.find(name); found != pending_.end()) {
    which = found->second.get();
    counts_.joined.add();
  } else {
    queue_.push_back(std::make_shared<pending_name>(*this, std::move(name), rules_));
    which = queue_.back().get();
    pending_.emplace(which->name, queue_.back());
    counts_.asked.add();
  }
  handle.at_ = which;
  which->waiting.push_back(&handle);
  drain();
}

void ares_resolver::start_waiting(time_point now) {
  while (!queue_.empty() && in_flight_ < max_in_flight_ && burst_ < max_burst_) {
    const auto next = std::move(queue_.front());
    queue_.pop_front();
    if (next->waiting.empty()) {  // All of them were cancelled, and nobody has been asked.
      pending_.erase(next->name);
      continue;
    }
    ++in_flight_;
    ++burst_;
    next->started = next->in_burst = true;
    next->started_at = now;
    next->burst_until = now + burst_span;
    next->asked.start(now);
    advance(*next, now);
  }
}

// Sends what is due, and ends the lookup or sets its next deadline.
void ares_resolver::advance(pending_name& which, time_point now) {
  if (which.finished) return;
  while (const auto family = which.asked.next_query(now)) send(which, *family, now);
  if (which.asked.finished(now)) return finish(which, now);
  if (now >= which.burst_until) leave_burst(which);
  deadlines_.arm(which, which.in_burst ? std::min(which.burst_until, which.asked.wake_at()) : which.asked.wake_at());
}

void ares_resolver::leave_burst(pending_name& which) {
  if (std::exchange(which.in_burst, false)) --burst_;
}

void ares_resolver::send(pending_name& which, dns_family family, time_point now) {
  auto& state = which.families[static_cast<std::size_t>(family)];
  if (state.last_server) servers_.overdue(*state.last_server, state.last_sent, now);
  const std::size_t server = servers_.pick(state.servers, now);
  state.last_server = server;
  state.last_sent = now;
  servers_.ask(server, which.name, family, std::make_unique<name_query>(which.shared_from_this(), family, server, now));
  if (!reap_timer_.armed()) deadlines_.arm(reap_timer_, now + reap_interval);
}

// c-ares has returned: what it told is acted upon, and whoever may now start starts. That may end queries at once.
void ares_resolver::drain() {
  do {
    const time_point now = clock::now();
    for (ended_query& each : std::exchange(ended_, {})) take(each, now);
    start_waiting(now);
  } while (!ended_.empty());
}

void ares_resolver::take(ended_query& ended, time_point now) {
  const dns_reply kind = ended.answer.kind;
  const bool spoke = kind < dns_reply::unreachable;
  if (spoke) servers_.answered(ended.server, now);
  // Also of a lookup that had enough with its other family: else such a server would go on costing each its 50 ms.
  if (kind == dns_reply::no_answer) servers_.overdue(ended.server, ended.sent, now);
  pending_name& which = *ended.name;
  which.asked.answered(ended.family, std::move(ended.answer), now);
  if (!which.finished) return advance(which, now);
  if (kind == dns_reply::addresses) remember(which, now);  // Late, but true.
}

void ares_resolver::remember(pending_name& which, time_point now) {
  if (which.asked.has_addresses())
    cache_.put(which.name, which.asked.addresses(), which.asked.ttl(), now);
  else if (is_negative(which.asked.why_none()))
    cache_.put_negative(which.name, failure_of(which.name, which.asked), now);
}

void ares_resolver::finish(pending_name& which, time_point now) {
  const auto alive = which.shared_from_this();
  which.finished = true;
  deadline_queue::remove(which);
  pending_.erase(which.name);
  --in_flight_;
  leave_burst(which);
  counts_.took.observe_us(static_cast<std::uint64_t>((now - which.started_at) / microseconds(1)));
  remember(which, now);
  if (!which.asked.has_addresses()) return which.wake_all(failure_of(which.name, which.asked));
  address_answer answer = which.asked.addresses();
  answer.queried = true;
  which.wake_all(std::move(answer));
}

void ares_resolver::reap(time_point now) {
  servers_.reap();
  if (servers_.busy()) deadlines_.arm(reap_timer_, now + reap_interval);
}

void ares_resolver::close() {
  closed_ = true;
  deadline_queue::remove(reap_timer_);
  queue_.clear();
  for (auto& [name, which] : std::exchange(pending_, {})) {
    which->finished = true;
    deadline_queue::remove(*which);
    which->wake_all(cancelled());
  }
  in_flight_ = burst_ = 0;
  servers_.close();
  ended_.clear();
}

family_plan plan_for_this_machine() {
  asio::io_context none;
  asio::ip::udp::socket probe(none);
  error_code ec;
  // Connecting a UDP socket looks the route up and sends nothing. The address is of a root server.
  const asio::ip::udp::endpoint far(asio::ip::make_address("2001:503:ba3e::2:30"), 53);
  probe.open(asio::ip::udp::v6(), ec);
  if (!ec) probe.connect(far, ec);
  if (ec) return family_plan::a_then_aaaa;
  // RFC 6724 5, rule 5: from a unique local address IPv4 is the better way to a public host.
  const auto own = probe.local_endpoint(ec);
  const bool global = !ec && (own.address().to_v6().to_bytes()[0] & 0xe0) == 0x20;
  return global ? family_plan::both_prefer_aaaa : family_plan::both_prefer_a;
}

}  // namespace trawl
