#include "frontier/retry_policy.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace trawl;

TEST_CASE("retry_policy: exactly the codes that may end otherwise a little later are worth another attempt") {
  const std::set<errc> worth{errc::dns_timeout,           errc::connection_refused,
                             errc::connection_timeout,    errc::connection_write_timeout,
                             errc::http_response_timeout, errc::connection_read_timeout,
                             errc::connection_terminated, errc::http_response_incomplete,
                             errc::host_circuit_open,     errc::rate_limited,
                             errc::out_of_resources,      errc::shutdown};
  for (std::size_t n = 0; n < errc_count; ++n) {
    const errc code = static_cast<errc>(n);
    if (code == errc::http_status) continue;
    CAPTURE(code_token(code));
    CHECK(is_retryable(code, 0, false) == (worth.count(code) == 1));
  }
}

TEST_CASE("retry_policy: a name is asked for again when its server failed, not when it does not exist") {
  CHECK(is_retryable(errc::dns_error, 0, true));
  CHECK_FALSE(is_retryable(errc::dns_error, 0, false));
}

TEST_CASE("retry_policy: of the error statuses six are worth another attempt") {
  const std::set<int> worth{408, 429, 500, 502, 503, 504};
  for (int status = 400; status <= 599; ++status) {
    CAPTURE(status);
    CHECK(is_retryable(errc::http_status, static_cast<std::uint16_t>(status), false) == (worth.count(status) == 1));
  }
}

TEST_CASE("retry_policy: the delay is anything up to a bound that doubles from 1 s to 30 s") {
  const int bounds_ms[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000};
  std::uint16_t attempts = 1;
  for (const int bound : bounds_ms) {
    CAPTURE(attempts);
    CHECK(retry_delay(attempts, 0).count() == 0);
    CHECK(retry_delay(attempts, 0.5).count() == bound / 2);
    CHECK(retry_delay(attempts, 0.9999).count() < bound);
    CHECK(retry_delay(attempts, 0.9999).count() > bound * 99 / 100);
    ++attempts;
  }
  CHECK(retry_delay(65535, 0.5).count() == 15000);
}
