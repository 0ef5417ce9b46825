#include "resolve/inquiry.hpp"

#include <algorithm>
#include <utility>

namespace trawl {
namespace {

constexpr milliseconds resolution_delay{50};      // RFC 8305 8.
constexpr milliseconds wait_for_descriptor{100};  // Fetches end and free some.

bool is_final(dns_reply kind) { return kind <= dns_reply::no_data; }

}  // namespace

void inquiry::start(time_point now) {
  started_ = now;
  ask(of(dns_family::a));
  if (options_.plan != family_plan::a_then_aaaa) ask(of(dns_family::aaaa));
}

void inquiry::ask(question& which) { which.asked = which.due = true; }

std::optional<dns_family> inquiry::next_query(time_point now) {
  if (finished(now)) return std::nullopt;
  for (const dns_family family : {dns_family::a, dns_family::aaaa}) {
    question& q = of(family);
    if (!q.asked || q.settled || (!q.due && now < q.again_at)) continue;
    q.due = starved_ = false;
    ++q.sent;
    const bool last = q.sent >= std::max<std::size_t>(static_cast<std::size_t>(options_.tries), options_.servers);
    q.again_at = last ? time_point::max() : now + options_.query_timeout;
    return family;
  }
  return std::nullopt;
}

void inquiry::answered(dns_family family, dns_answer answer, time_point now) {
  question& q = of(family);
  if (q.settled && is_final(q.answer.kind)) return;
  if (!is_final(answer.kind)) return failed(q, std::move(answer), now);
  q.settled = true;
  q.answer = std::move(answer);
  if (q.answer.kind == dns_reply::addresses) settle_at_ = std::min(settle_at_, now + resolution_delay);
  if (family == dns_family::a && q.answer.kind == dns_reply::no_data && !of(dns_family::aaaa).asked)
    ask(of(dns_family::aaaa));
}

void inquiry::failed(question& which, dns_answer answer, time_point now) {
  const dns_reply kind = answer.kind;
  if (kind == dns_reply::out_of_resources) return wait_for_resources(which, now);
  if (kind < which.answer.kind) which.answer = std::move(answer);
  if (kind == dns_reply::no_answer) return;
  // After a FORMERR c-ares speaks to that server without EDNS, so one more try may succeed.
  const std::size_t enough = options_.servers + (kind == dns_reply::format_error ? 1 : 0);
  if (++which.failed < enough)
    which.due = true;
  else
    which.settled = true;
}

// As if it had not been sent: that we are short of descriptors is nobody's failure.
void inquiry::wait_for_resources(question& which, time_point now) {
  --which.sent;
  starved_ = true;
  started_ = now;
  which.again_at = now + wait_for_descriptor;
}

time_point inquiry::wake_at() const {
  time_point at = std::min(gives_up_at(), settle_at_);
  for (const question& q : questions_)
    if (q.asked && !q.settled) at = std::min(at, q.due ? started_ : q.again_at);
  return at;
}

// A name that does not exist has no family (RFC 8020), but some servers say so of AAAA alone (RFC 4074 4.2),
// so only A's word ends it.
bool inquiry::finished(time_point now) const {
  if (now >= gives_up_at() || now >= settle_at_) return true;
  if (of(dns_family::a).answer.kind == dns_reply::no_such_name) return true;
  return std::all_of(questions_.begin(), questions_.end(), [](const question& q) { return !q.asked || q.settled; });
}

bool inquiry::has_addresses() const {
  return std::any_of(questions_.begin(), questions_.end(),
                     [](const question& q) { return !q.answer.addresses.empty(); });
}

address_answer inquiry::addresses() const {
  const bool aaaa_first = options_.plan == family_plan::both_prefer_aaaa;
  const auto& first = of(aaaa_first ? dns_family::aaaa : dns_family::a).answer.addresses;
  const auto& second = of(aaaa_first ? dns_family::a : dns_family::aaaa).answer.addresses;
  address_answer mixed;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) mixed.addresses.push_back(first[i]);
    if (i < second.size()) mixed.addresses.push_back(second[i]);
  }
  return mixed;
}

seconds inquiry::ttl() const {
  seconds least = seconds::max();
  for (const question& q : questions_)
    if (!q.answer.addresses.empty()) least = std::min(least, q.answer.ttl);
  return least;
}

// A server that failed may have hidden an address; that is told before "no data".
const dns_answer& inquiry::why_none() const {
  const question& a = of(dns_family::a);
  const question& aaaa = of(dns_family::aaaa);
  if (a.answer.kind != dns_reply::no_data || !aaaa.asked || aaaa.answer.kind == dns_reply::no_such_name)
    return a.answer;
  return aaaa.answer;
}

}  // namespace trawl
