#include <trawl/error.hpp>

#include <array>
#include <cstddef>

namespace trawl {
namespace {

struct words {
  std::string_view token;
  std::string_view http;
};

// In the order of errc.
constexpr std::array<words, errc_count> table{{
    {"", ""},
    {"invalid_url", "INVALID_URL"},
    {"unsupported_scheme", "INVALID_URL"},
    {"destination_ip_prohibited", "BLOCKED"},
    {"host_circuit_open", "BLOCKED"},
    {"robots_disallowed", "BLOCKED"},
    {"dns_error", "DNS_ERROR"},
    {"dns_timeout", "DNS_ERROR"},
    {"connection_refused", "CONNECT_ERROR"},
    {"destination_ip_unroutable", "CONNECT_ERROR"},
    {"tls_certificate_error", "SSL_ERROR"},
    {"tls_protocol_error", "SSL_ERROR"},
    {"tls_alert_received", "SSL_ERROR"},
    {"connection_timeout", "TIMEOUT"},
    {"connection_write_timeout", "TIMEOUT"},
    {"http_response_timeout", "TIMEOUT"},
    {"connection_read_timeout", "TIMEOUT"},
    {"http_protocol_error", "PROTOCOL_ERROR"},
    {"http_response_incomplete", "PROTOCOL_ERROR"},
    {"http_response_header_section_size", "PROTOCOL_ERROR"},
    {"http_response_transfer_coding", "PROTOCOL_ERROR"},
    {"connection_terminated", "PROTOCOL_ERROR"},
    {"too_many_redirects", "REDIRECT_ERROR"},
    {"redirect_loop", "REDIRECT_ERROR"},
    {"invalid_redirect", "REDIRECT_ERROR"},
    {"http_response_body_size", "BODY_ERROR"},
    {"http_response_content_coding", "BODY_ERROR"},
    {"proxy_connect_error", "PROXY_ERROR"},
    {"proxy_auth_required", "PROXY_ERROR"},
    {"proxy_tls_error", "PROXY_ERROR"},
    {"rate_limited", "RATE_LIMITED"},
    {"task_cancelled", "CANCELLED"},
    {"deadline_exceeded", "CANCELLED"},
    {"shutdown", "CANCELLED"},
    {"out_of_resources", "INTERNAL_ERROR"},
    {"http_status", ""},
}};

constexpr std::array<std::string_view, 9> phases{"",        "input", "policy", "queue",   "dns",
                                                 "connect", "tls",   "ttfb",   "transfer"};

}  // namespace

std::string_view code_token(errc code) noexcept { return table[static_cast<std::size_t>(code)].token; }

errc code_from_token(std::string_view token) noexcept {
  if (token.empty()) return errc::none;
  for (std::size_t i = 1; i < table.size(); ++i)
    if (table[i].token == token) return static_cast<errc>(i);
  return errc::none;
}

std::string_view http_word(errc code) noexcept { return table[static_cast<std::size_t>(code)].http; }
std::string_view phase_name(phase where) noexcept { return phases[static_cast<std::size_t>(where)]; }

}  // namespace trawl
