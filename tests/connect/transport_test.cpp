#include "connect/transport.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <string>

#include "connect/tls_fixture.hpp"

using namespace trawl;
using namespace trawl::test;

namespace {

struct idle_end {
  bool alive = false;
  bool open = false;
  std::string next;  ///< What was read when it was used again.
};

struct connection : tls_fixture {
  transport over{io.get_executor()};
  identity good = ca.issue({});

  /// Opens `over`, by TLS if `tls`, and exchanges "go" for `octets` octets.
  awaitable<void> warm_up(std::uint16_t port, bool tls, std::size_t octets) {
    const tcp::endpoint remote(asio::ip::address_v4::loopback(), port);
    co_await over.socket().async_connect(remote, use_awaitable);
    over.opened(remote);
    if (tls) {
      auto client = std::make_unique<tls_client>(context, over.socket(), "good.test", port, false, true);
      const auto shaken = co_await over.start_tls(std::move(client)).handshake();
      REQUIRE(shaken);
    }
    const auto sent = co_await over.write("go\r\n\r\n");
    REQUIRE(sent);
    std::string block(16384, '\0');
    for (std::size_t got = 0; got < octets;) {
      const auto more = co_await over.read_some(block.data(), block.size());
      REQUIRE(more);
      got += *more;
    }
  }
  /// Idles until it is told to stop, if `told`, or the peer ends it; then uses the connection again.
  awaitable<idle_end> idle(bool told) {
    if (told) asio::post(io, [this] { over.stop_waiting(); });
    idle_end out;
    out.alive = co_await over.stay_idle();
    out.open = over.is_open();
    if (!out.alive) co_return out;
    const auto sent = co_await over.write("more\r\n\r\n");
    REQUIRE(sent);
    char octet = 0;
    const auto got = co_await over.read_some(&octet, 1);
    if (got && *got == 1) out.next = octet;
    co_return out;
  }
  awaitable<idle_end> warm_up_and_idle(std::uint16_t port, bool tls, std::size_t octets, bool told) {
    co_await warm_up(port, tls, octets);
    auto resting = idle(told);
    const idle_end out = co_await std::move(resting);
    co_return out;
  }
};

void read_request(int descriptor) {
  std::string input;
  char octet = 0;
  while (!input.ends_with("\r\n\r\n") && ::read(descriptor, &octet, 1) == 1) input += octet;
}

void write_all(int descriptor, const std::string& data) {
  REQUIRE(::send(descriptor, data.data(), data.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(data.size()));
}

}  // namespace

TEST_CASE_FIXTURE(connection, "transport: an idle connection that is wanted again carries on") {
  raw_server server([](int descriptor) {
    read_request(descriptor);
    write_all(descriptor, "a");
    read_request(descriptor);
    write_all(descriptor, "b");
  });
  const idle_end end = run(warm_up_and_idle(server.port(), false, 1, true));
  CHECK(end.alive);
  CHECK(end.next == "b");
  over.close();
}

TEST_CASE_FIXTURE(connection, "transport: an idle connection is spent when its peer says anything or closes") {
  raw_server talks([](int descriptor) {
    read_request(descriptor);
    write_all(descriptor, "a");
    write_all(descriptor, "HTTP/1.1 408 Request Timeout\r\n\r\n");
  });
  CHECK_FALSE(run(warm_up_and_idle(talks.port(), false, 1, false)).alive);
  over.start_over();
  raw_server closes([](int descriptor) {
    read_request(descriptor);
    write_all(descriptor, "a");
  });
  CHECK_FALSE(run(warm_up_and_idle(closes.port(), false, 1, false)).alive);
}

TEST_CASE_FIXTURE(connection, "transport: an idle TLS connection that is wanted again carries on") {
  tls_server server({.who = good}, [](SSL* ssl) {
    test::read_request(ssl);
    test::write_all(ssl, "a");
    test::read_request(ssl);
    test::write_all(ssl, "b");
    test::end_cleanly(ssl);
  });
  const idle_end end = run(warm_up_and_idle(server.port(), true, 1, true));
  CHECK(end.alive);
  CHECK(end.next == "b");
  over.close();
}

TEST_CASE_FIXTURE(connection, "transport: wanted again before a TLS connection has come to wait, it carries on") {
  constexpr std::size_t more_than_a_turn = 256 * 1024;  // After so much read_some() lets others go first.
  tls_server server({.who = good}, [](SSL* ssl) {
    test::read_request(ssl);
    test::write_all(ssl, std::string(more_than_a_turn, 'x'));
    test::read_request(ssl);
    test::write_all(ssl, "b");
    test::end_cleanly(ssl);
  });
  for (int round = 0; round < 10; ++round) {
    const idle_end end = run(warm_up_and_idle(server.port(), true, more_than_a_turn, true));
    CHECK(end.alive);
    CHECK(end.next == "b");
    over.start_over();
  }
}

TEST_CASE_FIXTURE(connection, "transport: closed while it idles, it is spent") {
  raw_server server([](int descriptor) {
    read_request(descriptor);
    write_all(descriptor, "a");
    read_request(descriptor);
  });
  asio::co_spawn(io, warm_up(server.port(), false, 1), [](std::exception_ptr) {});
  drive();
  asio::post(io, [this] { asio::post(io, [this] { over.close(); }); });
  const idle_end end = run(idle(false));
  CHECK_FALSE(end.alive);
  CHECK_FALSE(end.open);
}

TEST_CASE_FIXTURE(connection, "transport: before a new dial all is forgotten that was known of the last") {
  tls_server server({.who = good}, [](SSL* ssl) {
    test::read_request(ssl);
    test::write_all(ssl, "a");
    test::end_cleanly(ssl);
  });
  asio::co_spawn(io, warm_up(server.port(), true, 1), [](std::exception_ptr) {});
  drive();
  CHECK(over.remote_ip() == "127.0.0.1");
  over.close();
  CHECK(over.remote_ip() == "127.0.0.1");
  CHECK(over.tls() != nullptr);
  over.start_over();
  CHECK(over.tls() == nullptr);
  CHECK(over.remote_ip().empty());
}

TEST_CASE_FIXTURE(connection, "transport: the address of the peer is told in its usual form") {
  for (const char* text : {"0.0.0.0", "127.0.0.1", "10.99.100.255", "255.255.255.255", "::1", "2001:db8::a:0:1"}) {
    over.opened({asio::ip::make_address(text), 443});
    CHECK(over.remote_ip() == text);
  }
}
