// The dialer through proxies of every temper: one that listens on loopback and says what a test tells it to.
#include "fetch/connect_tunnel.hpp"

#include <doctest/doctest.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "connect/dial_parts.hpp"
#include "connect/loop_fixture.hpp"

using namespace trawl;

namespace {

struct proxied_fixture : test::loop_fixture {
  explicit proxied_fixture(std::string answer = "") : answer(std::move(answer)) {}

  /// Takes one connection, one head, and answers; then waits for the client to go when `stays`.
  awaitable<void> serve_one() {
    auto [failed, socket] = co_await acceptor.async_accept(use_tuple);
    if (failed) co_return;
    const auto [cut, size] =
        co_await asio::async_read_until(socket, asio::dynamic_buffer(heard), "\r\n\r\n", use_tuple);
    if (cut) co_return;
    const auto [broken, sent] = co_await asio::async_write(socket, asio::buffer(answer), use_tuple);
    if (broken || !stays) co_return;
    char octet = 0;
    const auto [ec, got] = co_await socket.async_read_some(asio::buffer(&octet, 1), use_tuple);
    next_octet = got == 0 ? 0 : octet;
  }
  result<void> dial(dial_target where) {
    asio::co_spawn(io, serve_one(), [](std::exception_ptr) {});
    auto done = run(finish(where));
    return done;
  }
  awaitable<result<void>> finish(dial_target where) {
    auto done = co_await dialling.dial(where, into, took);
    acceptor.close();
    into.close();
    co_return done;
  }
  dial_target https_at(std::string_view hostname) {
    dial_target where;
    where.hostname = hostname;
    where.port = 443;
    where.tls = true;
    where.via = &by;
    return where;
  }
  proxy here() {
    proxy made;
    made.hostname = "127.0.0.1";
    made.is_address = true;
    made.port = acceptor.local_endpoint().port();
    return made;
  }

  std::string answer;
  bool stays = true;
  std::string heard;
  char next_octet = 0;  ///< The first behind the head; 0: the client closed.
  acceptor_type acceptor{executor(), tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  proxy by = here();
  connect_tunnel tunnels{"trawl/test"};
  address_policy policy{false, {}};  // Nothing but public addresses: a proxy need not be one.
  tls_trust trust{test::no_trust()};
  tls_context tls{trust};
  ares_resolver resolver{executor(), deadlines, test::only_names({{"inside.test", 3128, "127.0.0.9"}})};
  dial_services services{executor(), deadlines, resolver, policy, tls, nullptr, &tunnels};
  dialer dialling{services};
  transport into{executor()};
  timings took;
};

struct refusing_fixture : proxied_fixture {
  void check_refused(errc code, std::string_view words) {
    const auto refused = dial(https_at("server.test"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == code);
    CHECK(refused.error().where == phase::connect);
    CHECK_MESSAGE(refused.error().detail.find(words) != std::string::npos, refused.error().detail);
    CHECK(refused.error().detail.find(by.name()) != std::string::npos);
    CHECK_FALSE(into.is_open());
    CHECK_FALSE(took.has(timing::tls));
    CHECK(next_octet == 0);
  }
};

}  // namespace

TEST_CASE_FIXTURE(proxied_fixture, "connect_tunnel: asks for the server by name, and speaks TLS when it may") {
  answer = "HTTP/1.1 200 Connection established\r\n\r\n";
  const auto done = dial(https_at("server.test"));
  CHECK(heard == "CONNECT server.test:443 HTTP/1.1\r\nHost: server.test:443\r\nUser-Agent: trawl/test\r\n\r\n");
  CHECK(next_octet == 0x16);  // A TLS handshake record.
  REQUIRE_FALSE(done);        // This proxy leads nowhere.
  CHECK(done.error().where == phase::tls);
  CHECK(took.has(timing::connect));
  CHECK_FALSE(took.has(timing::dns));
  CHECK(dialling.first_address() == asio::ip::address(asio::ip::address_v4::loopback()));
  CHECK(into.remote_ip() == "127.0.0.1");
}

TEST_CASE("connect_tunnel: the request names addresses as authorities do, and carries credentials") {
  dial_target where;
  where.hostname = "::1";
  where.is_address = true;
  where.port = 8443;
  proxy by;
  by.authorization = "Basic dTpw";
  CHECK(connect_request(where, by, "") ==
        "CONNECT [::1]:8443 HTTP/1.1\r\nHost: [::1]:8443\r\nProxy-Authorization: Basic dTpw\r\n\r\n");
}

TEST_CASE_FIXTURE(refusing_fixture, "connect_tunnel: a proxy that wants credentials is told from one that refuses") {
  SUBCASE("407") {
    answer = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
    check_refused(errc::proxy_auth_required, "wants credentials");
  }
  SUBCASE("403") {
    answer = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    check_refused(errc::proxy_connect_error, "answered CONNECT with 403");
  }
  SUBCASE("no HTTP") {
    answer = "220 mail.test ESMTP\r\n";
    check_refused(errc::proxy_connect_error, "did not answer CONNECT");
  }
  SUBCASE("it closes") {
    stays = false;
    check_refused(errc::proxy_connect_error, "closed without a response");
  }
  SUBCASE("it speaks first") {
    answer = "HTTP/1.1 200 OK\r\n\r\nhello";
    check_refused(errc::proxy_connect_error, "before TLS");
  }
}

TEST_CASE_FIXTURE(proxied_fixture, "connect_tunnel: a proxy that is not there is no failure of the server") {
  acceptor.close();
  const auto refused = dial(https_at("server.test"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::proxy_connect_error);
  CHECK(refused.error().where == phase::connect);
  CHECK(refused.error().transient);
  CHECK(refused.error().detail == "proxy " + by.name() + ": connection refused");
}

TEST_CASE_FIXTURE(proxied_fixture, "connect_tunnel: a proxy without an address is told as such, in phase dns") {
  by.hostname = "no name at all";
  by.is_address = false;
  const auto refused = dial(https_at("server.test"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::proxy_connect_error);
  CHECK(refused.error().where == phase::dns);
  CHECK_FALSE(refused.error().transient);
  CHECK(refused.error().detail.starts_with("proxy no name at all"));
}

TEST_CASE_FIXTURE(proxied_fixture, "connect_tunnel: an http target needs none, and no policy is asked for either") {
  dial_target where = https_at("169.254.169.254");
  where.is_address = true;
  where.tls = false;
  where.redirected_from_public = true;
  CHECK(dial(where));
  CHECK(heard.empty());
}

TEST_CASE_FIXTURE(proxied_fixture, "connect_tunnel: cancelled while the proxy thinks, the dial ends") {
  answer = "HTTP/1.1 200 O";
  timer_type soon(io);
  soon.expires_after(milliseconds(20));
  soon.async_wait([&](error_code) { dialling.cancel(into); });
  const auto done = dial(https_at("server.test"));
  REQUIRE_FALSE(done);
  CHECK(done.error().code == errc::none);
  CHECK(dialling.step() == phase::connect);
}
