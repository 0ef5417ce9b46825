// The words trawl uses for what went wrong: one code per cause, one phase per place, and the coarse
// word of the original service above them. Everything that fails anywhere in trawl ends as one of these.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace trawl {

/// The precise cause. Tokens are those of RFC 9209 (Proxy-Status error types) where one fits.
/// Fits in 6 bits: the completion log packs it beside the index.
enum class errc : std::uint8_t {
  none = 0,  ///< success
  invalid_url,
  unsupported_scheme,
  destination_ip_prohibited,
  host_circuit_open,
  robots_disallowed,  ///< reserved
  dns_error,
  dns_timeout,
  connection_refused,
  destination_ip_unroutable,
  tls_certificate_error,
  tls_protocol_error,
  tls_alert_received,
  connection_timeout,
  connection_write_timeout,
  http_response_timeout,
  connection_read_timeout,
  http_protocol_error,
  http_response_incomplete,
  http_response_header_section_size,
  http_response_transfer_coding,
  connection_terminated,
  too_many_redirects,
  redirect_loop,
  invalid_redirect,
  http_response_body_size,
  http_response_content_coding,
  proxy_connect_error,
  proxy_auth_required,
  proxy_tls_error,
  rate_limited,
  task_cancelled,
  deadline_exceeded,
  shutdown,
  out_of_resources,
  http_status,  ///< a response was received and its status is >= 400
};
inline constexpr std::size_t errc_count = static_cast<std::size_t>(errc::http_status) + 1;

/// Where in the life of a URL it happened.
enum class phase : std::uint8_t { none = 0, input, policy, queue, dns, connect, tls, ttfb, transfer };

/// The token of the API, e.g. "dns_error"; "" for errc::none.
[[nodiscard]] std::string_view code_token(errc code) noexcept;
/// The code a token names; errc::none when it names none.
[[nodiscard]] errc code_from_token(std::string_view token) noexcept;
/// The original service's word, e.g. "DNS_ERROR". "" for errc::none and errc::http_status: there the
/// status number itself stands in its place.
[[nodiscard]] std::string_view http_word(errc code) noexcept;
/// "input", "policy", ... ; "" for phase::none.
[[nodiscard]] std::string_view phase_name(phase where) noexcept;

}  // namespace trawl
