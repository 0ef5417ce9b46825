#include "frontier/retry_policy.hpp"

#include <algorithm>

namespace trawl {

bool is_retryable(errc code, std::uint16_t status_code, bool transient) {
  switch (code) {
    case errc::dns_error:
    case errc::proxy_connect_error:
      return transient;
    case errc::dns_timeout:
    case errc::connection_refused:
    case errc::connection_timeout:
    case errc::connection_write_timeout:
    case errc::http_response_timeout:
    case errc::connection_read_timeout:
    case errc::connection_terminated:
    case errc::http_response_incomplete:
    case errc::host_circuit_open:
    case errc::rate_limited:
    case errc::out_of_resources:
    case errc::shutdown:
      return true;
    case errc::http_status:
      return status_code == 408 || status_code == 429 || status_code == 500 ||
             (status_code >= 502 && status_code <= 504);
    default:
      return false;
  }
}

bool is_worth_a_retry(errc code, std::uint16_t status_code, bool transient) {
  return code != errc::rate_limited && code != errc::host_circuit_open && is_retryable(code, status_code, transient);
}

milliseconds retry_delay(std::uint16_t attempts_made, double draw) {
  const unsigned doublings = std::min<unsigned>(attempts_made > 0 ? attempts_made - 1U : 0U, 5U);
  const auto most = std::min<std::int64_t>(std::int64_t{1000} << doublings, 30000);
  return milliseconds(static_cast<std::int64_t>(static_cast<double>(most) * draw));
}

}  // namespace trawl
