#include "connect/session_cache.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <ctime>

namespace trawl {

namespace {

bool good_at(SSL_SESSION* session, std::int64_t now) {
  if (SSL_SESSION_is_resumable(session) != 1) return false;
  if (now >= SSL_SESSION_get_time(session) + SSL_SESSION_get_timeout(session)) return false;
  // A resumed handshake does not look at the certificate again, so we do.
  X509* const peer = SSL_SESSION_get0_peer(session);
  std::time_t at = static_cast<std::time_t>(now);
  return peer == nullptr || X509_cmp_time(X509_get0_notAfter(peer), &at) > 0;
}

bool single_use(const SSL_SESSION* session) { return SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION; }

}  // namespace

void free_session::operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }

void session_cache::put(std::string_view host_key, session_ptr session, std::string_view verify_note) {
  if (max_sessions_ == 0) return;
  host_sessions& host = find_or_add(host_key);
  if (host.count == max_per_host) {
    std::rotate(host.stack.begin(), host.stack.begin() + 1, host.stack.end());
    --host.count, --sessions_;
  }
  host.stack[host.count++] = std::move(session);
  host.verify_note = verify_note;
  ++sessions_;
  while (sessions_ > max_sessions_ && hosts_.size() > 1) erase(std::prev(hosts_.end()));
}

saved_session session_cache::take(std::string_view host_key, std::int64_t now) {
  const auto found = by_key_.find(host_key);
  if (found == by_key_.end()) return {};
  const place host = found->second;
  hosts_.splice(hosts_.begin(), hosts_, host);
  saved_session taken{nullptr, host->verify_note};
  while (host->count > 0 && !taken.session) {
    session_ptr& newest = host->stack[host->count - 1];
    const bool good = good_at(newest.get(), now);
    if (good && !single_use(newest.get())) {
      SSL_SESSION_up_ref(newest.get());
      taken.session.reset(newest.get());
      break;
    }
    if (good) taken.session = std::move(newest);
    newest.reset();
    --host->count, --sessions_;
  }
  if (host->count == 0) erase(host);
  return taken;
}

void session_cache::forget(std::string_view host_key) {
  if (const auto found = by_key_.find(host_key); found != by_key_.end()) erase(found->second);
}

session_cache::host_sessions& session_cache::find_or_add(std::string_view host_key) {
  if (const auto found = by_key_.find(host_key); found != by_key_.end()) {
    hosts_.splice(hosts_.begin(), hosts_, found->second);
  } else {
    hosts_.emplace_front().key = host_key;
    by_key_.emplace(hosts_.front().key, hosts_.begin());
  }
  return hosts_.front();
}

void session_cache::erase(place host) {
  sessions_ -= host->count;
  by_key_.erase(host->key);
  hosts_.erase(host);
}

}  // namespace trawl
