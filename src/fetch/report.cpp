#include "fetch/report.hpp"

#include <utility>

#include "frontier/retry_policy.hpp"

namespace trawl {
namespace {

void add_response(const exchange& last, record& into) {
  const response_head& head = last.head();
  into.status_code = head.status;
  into.http_version = head.http_minor == 0 ? 10 : 11;
  into.content_type = head.content_type;
  into.has_body = true;
  into.content_length = last.body_octets();
}

void add_tls(const tls_facts& facts, record& into) {
  into.tls_version = facts.version;
  into.tls_cipher = facts.cipher;
  into.tls_not_after = facts.not_after;
  into.tls_verify_note = facts.verify_note;
}

void add_redirects(const fetch& over, record& into) {
  if (over.hops.empty()) return;
  for (const hop_taken& hop : over.hops) into.redirects.push_back({hop.status_code, hop.url});
  into.final_url = over.at;
  into.status_code = over.hops.back().status_code;
}

void begin_record(const fetch& over, const failure& what, record& into) {
  auto redirects = std::move(into.redirects);
  redirects.clear();
  into = record{};
  into.redirects = std::move(redirects);
  into.index = over.index;
  into.timestamp = epoch_seconds();
  into.code = what.code;
  into.where = what.where;
  into.detail = what.detail;
  into.retry_at = what.retry_at;
  into.attempts = over.attempts;
  into.took = over.took;
  add_redirects(over, into);
}

void judge_retry(const failure& what, record& into) {
  into.retryable = what.code != errc::none && is_retryable(what.code, into.status_code, what.transient);
}

}  // namespace

void make_record(const fetch_facts& facts, record& into) {
  begin_record(facts.over, facts.what, into);
  into.remote_ip = facts.remote_ip;
  if (facts.last.has_head()) add_response(facts.last, into);
  if (facts.tls != nullptr && !facts.remote_ip.empty()) add_tls(facts.tls->facts(), into);
  judge_retry(facts.what, into);
}

void make_unsent_record(const fetch& over, const failure& why, record& into) {
  begin_record(over, why, into);
  if (why.where != phase::input)
    into.took.add(timing::queue, std::chrono::duration_cast<microseconds>(clock::now() - over.waiting_since).count());
  judge_retry(why, into);
}

}  // namespace trawl
