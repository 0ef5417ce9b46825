#include "connect/dialer.hpp"

#include <doctest/doctest.h>

#include <boost/asio/basic_socket_acceptor.hpp>

#include "connect/dial_parts.hpp"
#include "connect/loop_fixture.hpp"

using namespace trawl;

namespace {

struct dial_fixture : test::loop_fixture {
  explicit dial_fixture(std::vector<resolve_override> names, bool listeners_are_loopback = true)
      : policy(listeners_are_loopback, {}), resolver(executor(), deadlines, test::only_names(std::move(names))) {}

  result<void> dial(dial_target where) { return run(dialling.dial(where, into, took)); }
  dial_target plain(std::string_view name) {
    dial_target where;
    where.hostname = name;
    where.port = acceptor.local_endpoint().port();
    return where;
  }

  acceptor_type acceptor{executor(), tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  address_policy policy;
  tls_trust trust{test::no_trust()};
  tls_context tls{trust};
  ares_resolver resolver;
  dial_services services{executor(), deadlines, resolver, policy, tls};
  dialer dialling{services};
  transport into{executor()};
  timings took;
};

}  // namespace

TEST_CASE("dialer: a name that is known is connected to, and only what took place has a time") {
  dial_fixture at({});
  CHECK(at.dial(at.plain("localhost")));
  CHECK(at.into.is_open());
  CHECK(at.into.remote_ip() == "127.0.0.1");
  CHECK(at.took.has(timing::connect));
  CHECK_FALSE(at.took.has(timing::dns));
  CHECK_FALSE(at.took.has(timing::tls));
}

TEST_CASE("dialer: an address the policy refuses is never dialled, by name or by number") {
  dial_fixture at({{"inside.test", 80, "169.254.169.254"}});
  dial_target named;
  named.hostname = "inside.test";
  named.port = 80;
  dial_target numbered = named;
  numbered.hostname = "169.254.169.254";
  numbered.is_address = true;
  for (const dial_target& where : {named, numbered}) {
    const auto refused = at.dial(where);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::destination_ip_prohibited);
    CHECK(refused.error().where == phase::policy);
    CHECK(refused.error().detail.find("169.254.169.254") != std::string::npos);
    CHECK_FALSE(at.into.is_open());
    CHECK_FALSE(at.dialling.first_address());
    CHECK_FALSE(at.took.has(timing::connect));
  }
}

TEST_CASE("dialer: loopback is refused to a redirect that came from a public address") {
  dial_fixture at({});
  dial_target where = at.plain("localhost");
  where.redirected_from_public = true;
  const auto refused = at.dial(where);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::destination_ip_prohibited);
}

TEST_CASE("dialer: a service that listens beyond loopback does not fetch from it") {
  dial_fixture at({}, false);
  CHECK(at.dial(at.plain("localhost")).error().code == errc::destination_ip_prohibited);
}

TEST_CASE("dialer: a refused connection is told as such, and leaves the transport closed") {
  dial_fixture at({});
  dial_target where = at.plain("localhost");
  at.acceptor.close();
  const auto refused = at.dial(where);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::connection_refused);
  CHECK(refused.error().where == phase::connect);
  CHECK_FALSE(at.into.is_open());
}
