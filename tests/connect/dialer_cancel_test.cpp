// A dial that is cancelled ends, however late that comes: also when what it waited for has come about already.
#include <doctest/doctest.h>

#include "connect/dial_parts.hpp"
#include "connect/dialer.hpp"
#include "connect/loop_fixture.hpp"
#include "resolve/scripted_dns.hpp"

using namespace trawl;

namespace {

struct cancel_fixture : test::loop_fixture {
  cancel_fixture() {
    dns.on_question = [this](const dns_question& asked) {
      dns.send(asked, asked.is_a() ? asked.reply(0, {dns_wire::a(asked.name, "127.0.0.1")}) : asked.reply(0));
    };
  }
  static resolver_options asking(const std::string& server) {
    resolver_options options;
    options.servers = {server};
    return options;
  }
  awaitable<result<void>> dial() {
    dial_target where;
    where.hostname = "name.test";
    where.port = acceptor.local_endpoint().port();
    auto done = co_await dialling.dial(where, into, took);
    resolver.close();  // Nothing is left for the loop to wait for.
    dns.close();
    co_return done;
  }
  /// Waits for the same name, asked for before, and so is resumed before the dial.
  awaitable<void> cancel_when_resolved(lookup& handle) {
    const auto found = co_await resolver.resolve("name.test", 80, handle);
    CHECK(found.has_value());
    dialling.cancel(into);
  }

  scripted_dns dns{io};
  acceptor_type acceptor{executor(), tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  address_policy policy{true, {}};
  tls_trust trust{test::no_trust()};
  tls_context tls{trust};
  ares_resolver resolver{executor(), deadlines, asking(dns.address())};
  dial_services services{executor(), deadlines, resolver, policy, tls};
  dialer dialling{services};
  transport into{executor()};
  timings took;
};

}  // namespace

TEST_CASE_FIXTURE(cancel_fixture, "dialer: cancelled in the turn its name was found, it does not connect") {
  lookup handle;
  asio::co_spawn(io, cancel_when_resolved(handle), [](std::exception_ptr) {});
  const result<void> done = run(dial());
  REQUIRE_FALSE(done);
  CHECK(done.error().code == errc::none);
  CHECK_FALSE(into.is_open());
}

TEST_CASE_FIXTURE(cancel_fixture, "dialer: cancelled while it waits for its name, it ends") {
  dns.on_question = [this](const dns_question&) { dialling.cancel(into); };
  const result<void> done = run(dial());
  REQUIRE_FALSE(done);
  CHECK(done.error().code == errc::none);
  CHECK(dialling.step() == phase::dns);
}

TEST_CASE_FIXTURE(cancel_fixture, "dialer: once cancelled it may dial again") {
  dialling.cancel(into);
  CHECK(run(dial()));
  CHECK(into.is_open());
}
