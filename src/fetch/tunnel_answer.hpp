// What a proxy answers to CONNECT (RFC 9110 9.3.6), without I/O: octets in, and at the end whether the tunnel
// stands. Any 2xx opens it; whatever comes behind that head belongs to the server, which over TLS never speaks first,
// so there must be nothing. Of a refusal only the head is read.
#pragma once

#include <string>
#include <string_view>

#include "fetch/response_parser.hpp"
#include "outcome/failure.hpp"

namespace trawl {

class tunnel_answer {
 public:
  /// `credentials_sent`: a 407 then says that they were not good enough.
  explicit tunnel_answer(bool credentials_sent) : credentials_sent_(credentials_sent) { parser_.start_connect(); }

  /// The next octets; true when the answer is over. Keeps less than 64 KiB of them.
  [[nodiscard]] bool take_in(std::string_view octets);
  /// The proxy has closed: the answer is over.
  void at_eof();
  /// Once it is over. Fails with proxy_auth_required or proxy_connect_error; `detail` goes on after "the proxy".
  [[nodiscard]] const result<void>& outcome() const { return outcome_; }

 private:
  void judge_head(bool more_follows);
  void refuse(bool transient);

  const bool credentials_sent_;
  response_parser parser_;
  std::string unread_;
  result<void> outcome_;
};

/// What `status`, 407, means for a request through a proxy, in the same words; `detail` goes on after "the proxy".
[[nodiscard]] failure refused_credentials(std::uint16_t status, bool credentials_sent, phase where);

}  // namespace trawl
