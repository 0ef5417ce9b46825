#include "connect/dialer.hpp"

namespace trawl {
namespace {

std::int64_t us_since(time_point start, clock::duration without = {}) {
  return std::chrono::duration_cast<microseconds>(clock::now() - start - without).count();
}

// The next of whom we dial.
std::string_view next_name(const dial_target& where) { return where.via ? where.via->hostname : where.hostname; }
std::uint16_t next_port(const dial_target& where) { return where.via ? where.via->port : where.port; }

// What keeps us from the proxy is its failure, not the server's. How long we wait, and for what of ours, stays as it
// is.
failure of_proxy(const dial_target& where, failure why) {
  if (!where.via || why.code == errc::none || why.code == errc::out_of_resources) return why;
  why.detail = "proxy " + why.detail;
  if (why.code == errc::connection_timeout || why.code == errc::dns_timeout) return why;
  if (why.code != errc::dns_error) why.transient = why.code != errc::destination_ip_unroutable;
  why.code = errc::proxy_connect_error;
  return why;
}

}  // namespace

awaitable<result<void>> dialer::dial(const dial_target& where, transport& into, timings& took) {
  first_address_.reset();
  cancelled_ = false;
  queued_ = {};
  into.start_over();
  auto step = co_await resolve(where, took);
  if (step && !cancelled_) step = co_await connect(where, into, took);
  if (step && !cancelled_ && where.tls && where.via) step = co_await open_tunnel(where, into, took);
  if (step && !cancelled_ && where.tls) step = co_await shake_hands(where, into, took);
  if (step && cancelled_) step = failure{errc::none, step_, "cancelled"};
  if (!step) into.close();
  co_return step;
}

void dialer::cancel(transport& into) {
  cancelled_ = true;  // What it waited for may have come about already, and only its coroutine not yet resumed.
  lookup_.cancel();
  race_.cancel();
  into.close();
}

awaitable<result<void>> dialer::resolve(const dial_target& where, timings& took) {
  step_ = phase::dns;
  const time_point start = clock::now();
  if (const auto* known = services_.resolver.cached(next_name(where), next_port(where), start)) {
    if (!*known) co_return of_proxy(where, known->error());
    co_return admit(where, known->value());
  }
  std::string name(next_name(where));
  const auto answer = co_await services_.resolver.resolve(std::move(name), next_port(where), lookup_);
  took.add(timing::dns, us_since(start, queued_));
  if (!answer) co_return of_proxy(where, answer.error());
  co_return admit(where, answer.value());
}

result<void> dialer::admit(const dial_target& where, const address_answer& answer) {
  step_ = phase::policy;
  endpoints_.clear();
  if (where.via) {
    for (const asio::ip::address& each : answer.addresses) endpoints_.emplace_back(each, where.via->port);
    first_address_ = endpoints_.front().address();
    return {};
  }
  std::string refused;
  const address_policy::hop hop{.redirected_from_public = where.redirected_from_public,
                                .through_proxy = where.submitted_through_proxy};
  for (const asio::ip::address& each : answer.addresses) {
    if (auto why = services_.policy.refuse(each, hop))
      refused = std::move(*why);
    else
      endpoints_.emplace_back(each, where.port);
  }
  if (endpoints_.empty()) return failure{errc::destination_ip_prohibited, phase::policy, std::move(refused)};
  first_address_ = endpoints_.front().address();
  return {};
}

awaitable<result<void>> dialer::connect(const dial_target& where, transport& into, timings& took) {
  step_ = phase::connect;
  const time_point start = clock::now();
  const auto remote = co_await race_.run(endpoints_, into.socket(), where.tls || where.via);
  took.add(timing::connect, us_since(start));
  if (!remote) co_return of_proxy(where, remote.error());
  into.opened(remote.value());
  if (watcher_ != nullptr) watcher_->connected(clock::now() - start);
  co_return result<void>{};
}

awaitable<result<void>> dialer::open_tunnel(const dial_target& where, transport& into, timings& took) {
  const time_point start = clock::now();
  auto opened = co_await services_.tunnels->open(into, where, *where.via);
  took.add(timing::connect, us_since(start));
  if (opened) co_return opened;
  failure why = opened.error();
  why.detail = "proxy " + where.via->name() + " " + why.detail;
  co_return why;
}

awaitable<result<void>> dialer::shake_hands(const dial_target& where, transport& into, timings& took) {
  step_ = phase::tls;
  const time_point start = clock::now();
  tls_client& client = into.start_tls(std::make_unique<tls_client>(services_.tls, into.socket(), where.hostname,
                                                                   where.port, where.is_address, where.verify));
  const auto done = co_await client.handshake();
  took.add(timing::tls, us_since(start));
  co_return done;
}

}  // namespace trawl
