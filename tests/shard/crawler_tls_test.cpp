// The engine over TLS: connections that are kept, told apart by verification, and described.
#include <doctest/doctest.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>

#include "base/temp_file.hpp"
#include "connect/test_certificates.hpp"
#include "connect/tls_test_server.hpp"
#include "engine_fixture.hpp"

using namespace trawl;
using namespace trawl::test;

namespace {

const std::string page = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// Answers `count` requests of a connection.
void answer(SSL* ssl, int count) {
  for (int i = 0; i < count && !read_request(ssl).empty(); ++i) write_all(ssl, page);
}

void cork(SSL* ssl, int on) { ::setsockopt(SSL_get_fd(ssl), IPPROTO_TCP, TCP_CORK, &on, sizeof on); }

struct tls_engine {
  explicit tls_engine(const tls_server& server) : port(server.port()) {}
  engine_options options() const {
    engine_options made = two_shards_in_haste(1);
    made.ca_file = ca_file.path();
    made.resolve = {{"good.test", port, "127.0.0.1"}};
    return made;
  }
  std::string url(int n = 0) const { return "https://good.test:" + std::to_string(port) + "/" + std::to_string(n); }
  std::uint16_t port;
  static inline const authority ca{"trawl test CA"};
  static inline const temp_file ca_file{pem(ca.self())};
};

tls_server_options trusted() { return {.who = tls_engine::ca.issue({})}; }

task_options unverified() {
  task_options options;
  options.verify_tls = false;
  return options;
}

}  // namespace

TEST_CASE("crawler: a TLS connection is kept from fetch to fetch and from task to task") {
  tls_server server(trusted(), [](SSL* ssl) { answer(ssl, 100); });
  {
    const tls_engine https(server);
    engine_fixture engine(https.options());
    const std::string prefix = https.url().substr(0, https.url().size() - 1);
    for (int round = 0; round < 5; ++round) {
      const auto task = engine.run(numbered(prefix, 4));
      CHECK(task->counts().ok == 4);
      CHECK(record_of(task, 3).tls_version == "TLSv1.3");
      CHECK(record_of(task, 3).tls_cipher.starts_with("TLS_"));
      CHECK(record_of(task, 3).tls_not_after > epoch_seconds());
      CHECK(record_of(task, 0).took.has(timing::tls) == (round == 0));
      CHECK_FALSE(record_of(task, 3).took.has(timing::tls));
    }
  }
  CHECK(server.connections().size() == 1);
}

TEST_CASE("crawler: a certificate nobody vouches for ends a fetch, unless nobody asked") {
  tls_server server({.who = authority("somebody").issue({})}, [](SSL* ssl) { answer(ssl, 1); });
  const tls_engine https(server);
  engine_fixture engine(https.options());
  const record refused = record_of(engine.run({https.url()}));
  CHECK(refused.code == errc::tls_certificate_error);
  CHECK(refused.where == phase::tls);
  CHECK(refused.attempts == 1);
  CHECK_FALSE(refused.retryable);
  CHECK(refused.tls_version.empty());
  const record taken = record_of(engine.run({https.url()}, unverified()));
  CHECK(taken.ok());
  CHECK_FALSE(taken.tls_verify_note.empty());
}

TEST_CASE("crawler: a fetch that verifies certificates never rides on a connection that did not") {
  tls_server server(trusted(), [](SSL* ssl) { answer(ssl, 2); });
  {
    const tls_engine https(server);
    engine_fixture engine(https.options());
    CHECK(engine.run({https.url(0), https.url(1)}, unverified())->counts().ok == 2);
    CHECK(engine.run({https.url(2), https.url(3)})->counts().ok == 2);
  }
  CHECK(server.connections().size() == 2);
}

TEST_CASE("crawler: a TLS connection with octets after the response is not used again") {
  const std::string wrong = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong";
  tls_server server(trusted(), [&](SSL* ssl) {
    if (read_request(ssl).empty()) return;
    cork(ssl, true);  // Two records, one segment.
    write_all(ssl, page);
    write_all(ssl, wrong);
    cork(ssl, false);
    answer(ssl, 1);
  });
  {
    const tls_engine https(server);
    engine_fixture engine(https.options());
    CHECK(engine.run({https.url(0), https.url(1), https.url(2)})->counts().ok == 3);
  }
  CHECK(server.connections().size() == 3);
}

TEST_CASE("crawler: a body that ends with a cut TLS connection is not taken for whole") {
  tls_server server(trusted(), [](SSL* ssl) {
    const bool whole = read_request(ssl).find("/1 ") != std::string::npos;
    write_all(ssl, "HTTP/1.1 200 OK\r\n\r\nas far as it goes");
    if (whole) end_cleanly(ssl);
  });
  const tls_engine https(server);
  engine_fixture engine(https.options());
  const auto task = engine.run({https.url(0), https.url(1)}, without_retries());
  CHECK(record_of(task, 0).code == errc::http_response_incomplete);
  CHECK(record_of(task, 1).ok());
}
