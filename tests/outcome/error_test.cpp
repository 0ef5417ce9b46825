#include <trawl/error.hpp>

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace trawl;

TEST_CASE("error: every code has a token of its own, and the token leads back to it") {
  std::set<std::string_view> seen;
  for (std::size_t i = 1; i < errc_count; ++i) {
    const auto code = static_cast<errc>(i);
    CHECK_MESSAGE(seen.insert(code_token(code)).second, std::string(code_token(code)));
    CHECK(code_from_token(code_token(code)) == code);
  }
  CHECK(code_token(errc::none).empty());
  CHECK(code_from_token("no such code") == errc::none);
  CHECK(code_from_token("") == errc::none);
}

TEST_CASE("error: the original service's word stands above each code, but for a received status") {
  CHECK(http_word(errc::dns_timeout) == "DNS_ERROR");
  CHECK(http_word(errc::tls_alert_received) == "SSL_ERROR");
  CHECK(http_word(errc::out_of_resources) == "INTERNAL_ERROR");
  CHECK(http_word(errc::http_status).empty());
  for (std::size_t i = 1; i + 1 < errc_count; ++i) CHECK_FALSE(http_word(static_cast<errc>(i)).empty());
}

TEST_CASE("error: phases are named as in the API") {
  CHECK(phase_name(phase::none).empty());
  CHECK(phase_name(phase::input) == "input");
  CHECK(phase_name(phase::ttfb) == "ttfb");
  CHECK(phase_name(phase::transfer) == "transfer");
}
