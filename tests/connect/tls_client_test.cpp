// What a TLS connection does when all is well, and how it ends.
#include "connect/tls_client.hpp"

#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <cstddef>

#include "connect/tls_fixture.hpp"

using namespace trawl;
using test::identity;
using test::say_hello;
using test::tls_exchange;
using test::tls_server;

namespace {

struct client : test::tls_fixture {
  identity good = ca.issue({});
  tls_exchange hello(tls_server& server, std::string host = "good.test", bool verify = true) {
    const auto out = talk({.port = server.port(), .host = std::move(host), .verify = verify});
    CHECK_MESSAGE(!out.failed, (out.failed ? out.failed->detail : ""));
    CHECK(out.reply == "hello");
    return out;
  }
};

/// Data segments a client sends to connect, shake hands and write a request.
awaitable<std::uint32_t> count_segments(tls_context& context, socket_type& socket, unsigned short port) {
  co_await socket.async_connect({asio::ip::address_v4::loopback(), port}, use_awaitable);
  tls_client client(context, socket, "good.test", port, false, true);
  const auto shaken = co_await client.handshake();
  REQUIRE(shaken);
  const auto sent = co_await client.write("GET / HTTP/1.1\r\n\r\n");
  REQUIRE(sent);
  co_return test::data_segments_sent(socket.native_handle());
}

/// Sends `size` bytes and reads the answer.
awaitable<std::string> upload(tls_context& context, socket_type& socket, unsigned short port, std::size_t size) {
  co_await socket.async_connect({asio::ip::address_v4::loopback(), port}, use_awaitable);
  socket.set_option(asio::socket_base::send_buffer_size(8192));
  tls_client client(context, socket, "good.test", port, false, true);
  const auto shaken = co_await client.handshake();
  REQUIRE(shaken);
  const std::string body(size, 'u');
  const auto sent = co_await client.write(body);
  REQUIRE(sent);
  std::string answer(32, '\0');
  const auto got = co_await client.read_some(answer.data(), answer.size());
  REQUIRE(got);
  answer.resize(*got);
  co_return answer;
}

void cork(SSL* ssl, bool on) {
  const int value = on ? 1 : 0;
  ::setsockopt(SSL_get_fd(ssl), IPPROTO_TCP, TCP_CORK, &value, sizeof value);
}

struct reads {
  bool pending_after_first = false;
  bool pending_at_end = true;
  failure interrupted;
  std::string text;
};

/// Reads byte by byte, gives up a wait once, and goes on reading.
awaitable<reads> read_slowly(tls_context& context, socket_type& socket, unsigned short port) {
  reads out;
  co_await socket.async_connect({asio::ip::address_v4::loopback(), port}, use_awaitable);
  tls_client client(context, socket, "good.test", port, false, true);
  const auto shaken = co_await client.handshake();
  REQUIRE(shaken);
  const auto first = co_await client.write("go\r\n\r\n");
  REQUIRE(first);
  char byte = 0;
  for (int i = 0; i < 2; ++i) {
    const auto got = co_await client.read_some(&byte, 1);
    REQUIRE(got);
    out.text += byte;
    if (i == 0) out.pending_after_first = client.pending();
  }
  out.pending_at_end = client.pending();
  asio::post(socket.get_executor(), [&] { asio::post(socket.get_executor(), [&] { client.interrupt(); }); });
  const auto stopped = co_await client.read_some(&byte, 1);
  if (!stopped) out.interrupted = stopped.error();
  const auto again = co_await client.write("more\r\n\r\n");
  REQUIRE(again);
  const auto rest = co_await client.read_some(&byte, 1);
  REQUIRE(rest);
  out.text += byte;
  co_return out;
}

}  // namespace

TEST_CASE_FIXTURE(client, "tls: a good exchange, and what is known of the connection") {
  tls_server server({.who = good}, say_hello);
  const auto out = hello(server);
  CHECK(out.facts.version == "TLSv1.3");
  CHECK(out.facts.cipher.starts_with("TLS_"));
  CHECK(out.facts.not_after > epoch_seconds() + 29 * 86400);
  CHECK(out.facts.not_after < epoch_seconds() + 31 * 86400);
  CHECK_FALSE(out.facts.resumed);
  CHECK(out.facts.verify_note.empty());
  CHECK_FALSE(out.truncated);
}

TEST_CASE_FIXTURE(client, "tls: the same with TLS 1.2") {
  tls_server server({.who = good, .max_version = TLS1_2_VERSION}, say_hello);
  const auto out = hello(server);
  CHECK(out.facts.version == "TLSv1.2");
  CHECK(out.facts.cipher == "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
}

TEST_CASE_FIXTURE(client, "tls: an old server with nothing but RSA key exchange is still spoken to") {
  tls_server server({.who = ca.issue({.rsa_bits = 2048}), .max_version = TLS1_2_VERSION, .ciphers_tls12 = "AES128-SHA"},
                    say_hello);
  CHECK(hello(server).facts.cipher == "TLS_RSA_WITH_AES_128_CBC_SHA");
}

TEST_CASE_FIXTURE(client, "tls: a server that agrees on a key by one group only is still spoken to") {
  for (const char* only : {"P-256", "P-384", "P-521", "X448", "ffdhe2048", "ffdhe3072"}) {
    tls_server server({.who = good, .groups = only}, say_hello);
    CHECK(hello(server).facts.version == "TLSv1.3");
  }
}

TEST_CASE_FIXTURE(client,
                  "tls: the server is told the name, without trailing dot, and HTTP/1.1; an address is no name") {
  tls_server server({.who = ca.issue({.names = {"DNS:good.test", "IP:127.0.0.1", "IP:::1"}})}, say_hello);
  hello(server);
  hello(server, "good.test.");
  for (const char* address : {"127.0.0.1", "::1", "[::1]"})
    CHECK(talk({.port = server.port(), .host = address, .is_ip = true}).reply == "hello");
  const auto seen = server.connections();
  REQUIRE(seen.size() == 5);
  CHECK(seen[0].server_name == "good.test");
  CHECK(seen[1].server_name == "good.test");
  CHECK(seen[1].resumed);  // One host, with and without the dot.
  CHECK(seen[2].server_name.empty());
  CHECK(seen[0].alpn == "http/1.1");
}

TEST_CASE_FIXTURE(client, "tls: a wildcard speaks for one label, in any case") {
  tls_server wild({.who = ca.issue({.names = {"DNS:*.good.test"}})}, say_hello);
  hello(wild, "www.good.test");
  hello(wild, "WWW.Good.Test");
}

TEST_CASE_FIXTURE(client, "tls: a second connection resumes the first, for TLS 1.3 and 1.2") {
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    tls_server server({.who = good, .max_version = version}, say_hello);
    CHECK_FALSE(hello(server).facts.resumed);
    for (int i = 0; i < 3; ++i) {
      const auto again = hello(server);
      CHECK(again.facts.resumed);
      CHECK(again.facts.not_after > 0);
    }
    const auto seen = server.connections();
    CHECK(seen.back().resumed);
  }
}

TEST_CASE_FIXTURE(client, "tls: a session is resumed only for its host, its port and its kind of verification") {
  const identity two = ca.issue({.names = {"DNS:good.test", "DNS:also.test"}});
  tls_server server({.who = two}, say_hello), neighbour({.who = two}, say_hello);
  hello(server);
  CHECK_FALSE(hello(server, "also.test").facts.resumed);
  CHECK_FALSE(hello(server, "good.test", false).facts.resumed);
  CHECK_FALSE(hello(neighbour).facts.resumed);
  CHECK(hello(server).facts.resumed);
  CHECK(hello(server, "good.test", false).facts.resumed);
}

TEST_CASE_FIXTURE(client,
                  "tls: what was taken unverified is refused when verification is asked for, and its note is kept") {
  tls_server server({.who = test::make_self_signed({})}, say_hello);
  const auto first = hello(server, "good.test", false);
  const auto second = hello(server, "good.test", false);
  CHECK(second.facts.resumed);
  CHECK(second.facts.verify_note == first.facts.verify_note);
  CHECK(second.facts.verify_note.starts_with("certificate is self-signed"));
  const auto refused = talk({.port = server.port()});
  REQUIRE(refused.failed.has_value());
  CHECK(refused.failed->code == errc::tls_certificate_error);
}

TEST_CASE_FIXTURE(client, "tls: a server that forgot its sessions gets a full handshake") {
  tls_server before({.who = good}, say_hello);
  hello(before);
  tls_server after({.who = good}, say_hello);
  saved_session stale =
      context.sessions().take("good.test " + std::to_string(before.port()) + " verified http/1.1", epoch_seconds());
  REQUIRE(stale.session);
  context.sessions().put("good.test " + std::to_string(after.port()) + " verified http/1.1", std::move(stale.session));
  CHECK_FALSE(hello(after).facts.resumed);
  CHECK(hello(after).facts.resumed);
}

TEST_CASE_FIXTURE(client, "tls: two segments leave: the ClientHello, and the Finished with the request") {
  tls_server server({.who = good}, say_hello);
  socket_type connection = socket();
  CHECK(run(count_segments(context, connection, server.port())) == 2);
}

TEST_CASE_FIXTURE(client, "tls: large transfers both ways, through a small socket buffer") {
  constexpr std::size_t size = 3'000'001;
  const std::string body(size, 'd');
  tls_server down({.who = good}, [&](SSL* ssl) {
    test::read_request(ssl);
    test::write_all(ssl, body);
    test::end_cleanly(ssl);
  });
  const auto out = talk({.port = down.port()});
  CHECK_MESSAGE(!out.failed, (out.failed ? out.failed->detail : ""));
  CHECK_FALSE(out.truncated);
  CHECK(out.reply == body);

  tls_server up({.who = good}, [&](SSL* ssl) {
    std::size_t total = 0, got = 0;
    char block[4096];
    while (total < size && SSL_read_ex(ssl, block, sizeof block, &got) == 1) total += got;
    test::write_all(ssl, std::to_string(total));
    test::end_cleanly(ssl);
  });
  socket_type connection = socket();
  CHECK(run(upload(context, connection, up.port(), size)) == std::to_string(size));
}

TEST_CASE_FIXTURE(client, "tls: a stream cut without close_notify is told from one that ended") {
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    tls_server server({.who = good, .max_version = version}, [](SSL* ssl) {
      test::read_request(ssl);
      test::write_all(ssl, "hel");
    });
    const auto out = talk({.port = server.port()});
    CHECK_MESSAGE(!out.failed, (out.failed ? out.failed->detail : ""));
    CHECK(out.reply == "hel");
    CHECK(out.truncated);
  }
}

TEST_CASE_FIXTURE(client, "tls: a reset after the handshake is connection_terminated, in no phase of ours") {
  tls_server server({.who = good}, [](SSL* ssl) {
    test::read_request(ssl);
    const linger at_once{1, 0};
    ::setsockopt(SSL_get_fd(ssl), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  });
  const auto out = talk({.port = server.port()});
  REQUIRE(out.failed.has_value());
  CHECK(out.failed->code == errc::connection_terminated);
  CHECK(out.failed->where == phase::none);
  CHECK(out.failed->detail == "connection reset by peer");
}

TEST_CASE_FIXTURE(client, "tls: a record that does not decrypt is tls_protocol_error") {
  tls_server server({.who = good}, [](SSL* ssl) {
    test::read_request(ssl);
    const std::string forged = std::string("\x17\x03\x03\x00\x40", 5) + std::string(0x40, 'x');
    static_cast<void>(::send(SSL_get_fd(ssl), forged.data(), forged.size(), MSG_NOSIGNAL));
    test::end_cleanly(ssl);
  });
  const auto out = talk({.port = server.port()});
  REQUIRE(out.failed.has_value());
  CHECK(out.failed->code == errc::tls_protocol_error);
  CHECK(out.failed->where == phase::none);
}

TEST_CASE_FIXTURE(client,
                  "tls: a client certificate that is asked for is not sent; one that is demanded ends in an alert") {
  tls_server asks({.who = good, .ask_client = true}, say_hello);
  hello(asks);
  tls_server demands({.who = good, .demand_client = true}, say_hello);
  const auto late = talk({.port = demands.port()});
  REQUIRE(late.failed.has_value());
  CHECK(late.failed->code == errc::tls_alert_received);
  CHECK(late.failed->where == phase::tls);
  CHECK(late.failed->detail ==
        "the server sent the TLS alert certificate_required: it asked for a client certificate, and trawl has none");
  tls_server old({.who = good, .max_version = TLS1_2_VERSION, .demand_client = true}, say_hello);
  const auto early = talk({.port = old.port()});
  REQUIRE(early.failed.has_value());
  CHECK(early.failed->code == errc::tls_alert_received);
  CHECK(early.failed->where == phase::tls);
  CHECK(early.failed->detail ==
        "the server sent the TLS alert handshake_failure: it asked for a client certificate, and trawl has none");
}

TEST_CASE_FIXTURE(client, "tls: keys may change in the middle of a TLS 1.3 stream, on both sides") {
  tls_server server({.who = good}, [](SSL* ssl) {
    test::read_request(ssl);
    for (const int kind : {SSL_KEY_UPDATE_NOT_REQUESTED, SSL_KEY_UPDATE_REQUESTED}) {
      test::write_all(ssl, "hel");
      SSL_key_update(ssl, kind);
      test::write_all(ssl, "lo");
    }
    test::end_cleanly(ssl);
  });
  const auto out = talk({.port = server.port()});
  CHECK_FALSE(out.failed.has_value());
  CHECK(out.reply == "hellohello");
}

TEST_CASE_FIXTURE(client, "tls: a TLS 1.2 server that wants to shake hands again is told no, and may go on") {
  tls_server server({.who = good, .max_version = TLS1_2_VERSION}, [](SSL* ssl) {
    test::read_request(ssl);
    SSL_renegotiate(ssl);
    static_cast<void>(SSL_do_handshake(ssl));  // Sends the HelloRequest.
    test::write_all(ssl, "hello");
    test::end_cleanly(ssl);
  });
  const auto out = talk({.port = server.port()});
  CHECK_FALSE(out.failed.has_value());
  CHECK(out.reply == "hello");
}

TEST_CASE_FIXTURE(client,
                  "tls: pending() sees bytes nobody read, but not session tickets; interrupt() leaves it usable") {
  tls_server server({.who = good}, [](SSL* ssl) {
    test::read_request(ssl);
    cork(ssl, true);  // Two records, one segment.
    test::write_all(ssl, "a");
    test::write_all(ssl, "b");
    cork(ssl, false);
    test::read_request(ssl);
    test::write_all(ssl, "c");
    test::end_cleanly(ssl);
  });
  socket_type connection = socket();
  const reads out = run(read_slowly(context, connection, server.port()));
  CHECK(out.pending_after_first);
  CHECK_FALSE(out.pending_at_end);
  CHECK(out.interrupted.code == errc::none);
  CHECK(out.interrupted.detail == "cancelled");
  CHECK(out.text == "abc");
}

TEST_CASE_FIXTURE(client, "tls: errors another connection left in OpenSSL's queue are not taken for ours") {
  tls_server server({.who = good}, say_hello);
  ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
  hello(server);
  ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
  hello(server);
  CHECK(ERR_peek_error() == 0);
}
