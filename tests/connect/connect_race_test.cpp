#include "connect/connect_race.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/post.hpp>
#include <vector>

#include "connect/loop_fixture.hpp"

using namespace trawl;
using endpoints = std::vector<tcp::endpoint>;

namespace {

tcp::endpoint loopback(unsigned short port = 0) { return {asio::ip::address_v4::loopback(), port}; }

/// Accepts by listening: the kernel completes the handshake.
struct listening : test::loop_fixture {
  acceptor_type acceptor{executor(), loopback()};
  tcp::endpoint good() { return acceptor.local_endpoint(); }
  connect_race race{executor(), deadlines};
  socket_type socket{executor()};

  result<tcp::endpoint> connect(const endpoints& to, bool no_delay = false) {
    return run(race.run(to, socket, no_delay));
  }
};

/// A port nobody listens on: taken by a socket that is bound and does not listen.
struct refusing {
  acceptor_type bound;
  explicit refusing(executor_type loop) : bound(loop, tcp::v4()) { bound.bind(loopback()); }
  tcp::endpoint at() { return bound.local_endpoint(); }
};

/// Drops SYNs: its queue of one is full.
struct black_hole {
  acceptor_type bound;
  std::vector<socket_type> fillers;
  explicit black_hole(executor_type loop) : bound(loop, tcp::v4()) {
    bound.bind(loopback());
    bound.listen(0);
    for (int i = 0; i < 3; ++i) {
      socket_type& filler = fillers.emplace_back(loop);
      filler.open(tcp::v4());
      filler.non_blocking(true);
      const tcp::endpoint to = at();
      static_cast<void>(::connect(filler.native_handle(), to.data(), static_cast<socklen_t>(to.size())));
    }
  }
  tcp::endpoint at() { return bound.local_endpoint(); }
};

template <class Action>
void after_turns(listening& at, int turns, Action action) {
  asio::post(at.executor(), [&at, turns, action] { turns == 0 ? action() : after_turns(at, turns - 1, action); });
}

}  // namespace

TEST_CASE_FIXTURE(listening, "connect_race: one address that accepts gives an open, non-blocking socket") {
  const auto connected = connect({good()}, true);
  REQUIRE(connected);
  CHECK(*connected == good());
  CHECK(socket.remote_endpoint() == good());
  tcp::no_delay option;
  socket.get_option(option);
  CHECK(option.value());
  char none;
  CHECK(::recv(socket.native_handle(), &none, 1, 0) == -1);
  CHECK(errno == EAGAIN);
}

TEST_CASE_FIXTURE(listening, "connect_race: TCP_NODELAY only where it is asked for") {
  REQUIRE(connect({good()}));
  tcp::no_delay option;
  socket.get_option(option);
  CHECK_FALSE(option.value());
}

TEST_CASE_FIXTURE(listening, "connect_race: one address that refuses is connection_refused, with its address") {
  refusing closed(executor());
  const auto connected = connect({closed.at()});
  REQUIRE_FALSE(connected);
  CHECK(connected.error().code == errc::connection_refused);
  CHECK(connected.error().where == phase::connect);
  CHECK(connected.error().detail == "127.0.0.1:" + std::to_string(closed.at().port()) + ": connection refused");
  CHECK_FALSE(socket.is_open());
}

TEST_CASE_FIXTURE(listening, "connect_race: when the first refuses the second is tried at once") {
  refusing closed(executor());
  const time_point start = clock::now();
  const auto connected = connect({closed.at(), good()}, true);
  REQUIRE(connected);
  CHECK(*connected == good());
  CHECK(socket.remote_endpoint() == good());
  CHECK(clock::now() - start < connect_race::attempt_delay);
}

TEST_CASE_FIXTURE(listening, "connect_race: an address that swallows everything costs the stagger, no more") {
  black_hole hole(executor());
  const time_point start = clock::now();
  const auto connected = connect({hole.at(), good()});
  REQUIRE(connected);
  CHECK(*connected == good());
  CHECK(clock::now() - start >= connect_race::attempt_delay);
  CHECK(deadlines.size() <= 1);
}

TEST_CASE_FIXTURE(listening, "connect_race: the first that accepts wins although more wait") {
  black_hole hole(executor());
  const auto connected = connect({good(), hole.at(), hole.at()});
  REQUIRE(connected);
  CHECK(*connected == good());
}

TEST_CASE_FIXTURE(listening, "connect_race: when all refuse, the last refusal and the count are told") {
  refusing one(executor()), two(executor());
  const auto connected = connect({one.at(), two.at()});
  REQUIRE_FALSE(connected);
  CHECK(connected.error().code == errc::connection_refused);
  CHECK(connected.error().detail ==
        "127.0.0.1:" + std::to_string(two.at().port()) + ": connection refused (2 addresses tried)");
}

TEST_CASE_FIXTURE(listening, "connect_race: a refusal tells more than an address without a route") {
  refusing closed(executor());
  const tcp::endpoint broadcast(asio::ip::address_v4::broadcast(), 81);
  const auto connected = connect({closed.at(), broadcast});
  REQUIRE_FALSE(connected);
  CHECK(connected.error().code == errc::connection_refused);
  CHECK(connect({broadcast}).error().code == errc::destination_ip_unroutable);
}

TEST_CASE_FIXTURE(listening, "connect_race: out of descriptors is out_of_resources, and passes") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit none{0, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  const auto alone = connect({good()});
  const auto both = connect({good(), good()});
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(alone.error().code == errc::out_of_resources);
  CHECK(both.error().code == errc::out_of_resources);
  CHECK(connect({good()}).has_value());
}

TEST_CASE_FIXTURE(listening,
                  "connect_race: cancelled while it waits, alone or in a race, it says so and can be used again") {
  black_hole hole(executor());
  for (const endpoints& to : {endpoints{hole.at()}, endpoints{hole.at(), hole.at()}}) {
    after_turns(*this, 5, [this] { race.cancel(); });
    const auto connected = connect(to);
    REQUIRE_FALSE(connected);
    CHECK(connected.error().code == errc::none);
    CHECK(connected.error().where == phase::connect);
    CHECK_FALSE(socket.is_open());
  }
  CHECK(connect({good()}).has_value());
}

TEST_CASE_FIXTURE(listening, "connect_race: cancel at any turn of the loop ends in one clean answer") {
  refusing closed(executor());
  for (int turn = 0; turn < 12; ++turn) {
    after_turns(*this, turn, [this] { race.cancel(); });
    const auto connected = connect({closed.at(), good()});
    CHECK((connected.has_value() || connected.error().code == errc::none));
    CHECK(socket.is_open() == connected.has_value());
    socket.close();
  }
}

TEST_CASE_FIXTURE(listening, "connect_race: cancel when nothing runs does not touch the next run") {
  race.cancel();
  CHECK(connect({good()}).has_value());
}

TEST_CASE_FIXTURE(listening, "connect_race: a socket closed under it reads as cancelled") {
  black_hole hole(executor());
  after_turns(*this, 5, [this] { socket.close(); });
  CHECK(connect({hole.at()}).error().code == errc::none);
}
