// Good and bad servers, each asked twice without and twice with remembered verifications, for tests.
#pragma once

#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include <optional>
#include <string>

#include "connect/tls_fixture.hpp"

namespace trawl::test {

/// Full handshakes of one client: no tickets are kept, so each verifies.
struct full_handshakes : tls_fixture {
  tls_context cold{trust, {.max_sessions = 0, .max_verifications = 0}};
  tls_context warm{trust, {.max_sessions = 0}};

  std::optional<failure> ask(tls_context& by, tls_server& server, const std::string& host) {
    socket_type connection = socket();
    return run(exchange_over(by, connection, {.port = server.port(), .host = host})).failed;
  }
  /// Twice each, so that the second could find what the first left.
  void refused(tls_server& server, const std::string& host, const std::string& why) {
    for (tls_context* by : {&cold, &warm, &cold, &warm}) {
      const auto failed = ask(*by, server, host);
      REQUIRE(failed.has_value());
      CHECK(failed->code == errc::tls_certificate_error);
      CHECK(failed->detail.starts_with(why));
    }
  }
  void accepted(tls_server& server, const std::string& host) {
    for (tls_context* by : {&cold, &warm, &cold, &warm}) CHECK_FALSE(ask(*by, server, host));
  }
  void everything() {
    const authority stranger("Stranger CA");
    tls_server good({.who = ca.issue({})}, say_hello);
    tls_server rsa({.who = ca.issue({.rsa_bits = 2048})}, say_hello);
    tls_server old({.who = ca.issue({}), .max_version = TLS1_2_VERSION}, say_hello);
    tls_server p256({.who = ca.issue({}), .groups = "P-256"}, say_hello);
    tls_server old_p256({.who = ca.issue({.rsa_bits = 2048}), .max_version = TLS1_2_VERSION, .groups = "P-256"},
                        say_hello);
    tls_server p384({.who = ca.issue({}), .groups = "P-384"}, say_hello);
    tls_server weak({.who = ca.issue({.rsa_bits = 1024})}, say_hello);
    tls_server expired({.who = ca.issue({.from = std::chrono::hours(-48), .until = std::chrono::hours(-24)})},
                       say_hello);
    tls_server unknown({.who = stranger.issue({}), .chain = {stranger.self()}}, say_hello);
    for (tls_server* server : {&good, &rsa, &old, &p256, &old_p256, &p384}) {
      accepted(*server, "good.test");
      refused(*server, "other.test", "certificate is not for other.test");
    }
    refused(weak, "good.test", "certificate is weak");
    refused(expired, "good.test", "certificate has expired");
    refused(unknown, "good.test", "certificate has an unknown issuer");
  }
};

}  // namespace trawl::test
