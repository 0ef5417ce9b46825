#include "fetch/tunnel_answer.hpp"

#include "frontier/retry_policy.hpp"

namespace trawl {
namespace {

// 407 (RFC 9110 15.5.8); but tinyproxy calls wrong credentials 401. The server cannot have said it: it is not there
// yet.
bool wants_credentials(std::uint16_t status) { return status == 407 || status == 401; }

}  // namespace

bool tunnel_answer::take_in(std::string_view octets) {
  unread_ += octets;
  std::string_view input = unread_;
  switch (parser_.next(input)) {
    case parse_event::need_more:
      unread_.erase(0, unread_.size() - input.size());
      return false;
    case parse_event::failed:
      refuse(false);
      return true;
    default:  // The head: the first event of every response.
      judge_head(!input.empty());
      return true;
  }
}

void tunnel_answer::at_eof() {
  (void)parser_.at_eof();
  refuse(true);
}

void tunnel_answer::judge_head(bool more_follows) {
  const std::uint16_t status = parser_.head().status;
  const bool opened = status >= 200 && status < 300;
  if (opened && !more_follows) return;
  if (opened) {
    outcome_ = failure{errc::proxy_connect_error, phase::connect, "sent octets into the tunnel before TLS began"};
  } else if (wants_credentials(status)) {
    outcome_ = refused_credentials(status, credentials_sent_, phase::connect);
  } else {
    const bool transient = is_retryable(errc::http_status, status, false);
    outcome_ = failure{errc::proxy_connect_error, phase::connect, "answered CONNECT with " + std::to_string(status),
                       transient};
  }
}

void tunnel_answer::refuse(bool transient) {
  outcome_ = failure{errc::proxy_connect_error, phase::connect,
                     "did not answer CONNECT: " + std::string(parser_.error_detail()), transient};
}

failure refused_credentials(std::uint16_t status, bool credentials_sent, phase where) {
  const std::string words = credentials_sent ? "does not take the credentials it was given" : "wants credentials";
  return {errc::proxy_auth_required, where, words + " (" + std::to_string(status) + ")"};
}

}  // namespace trawl
