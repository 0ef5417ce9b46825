#include "frontier/connect_limit.hpp"

#include <doctest/doctest.h>

using namespace trawl;
using namespace std::chrono_literals;

namespace {

constexpr time_point t0{1h};

/// As many as may begin now.
std::size_t begin_all(connect_limit& connects) {
  std::size_t begun = 0;
  for (; connects.permits(); ++begun) connects.began();
  return begun;
}

void connect(connect_limit& connects, std::size_t count, clock::duration took = connect_limit::near) {
  for (; count > 0; --count) {
    connects.connected(t0, took);
    static_cast<void>(connects.ended());
  }
}

}  // namespace

TEST_CASE("connect_limit: 32 may begin to a host that is near") {
  connect_limit connects;
  CHECK(begin_all(connects) == 32);
  connect(connects, 20, connect_limit::near - 1ns);
  CHECK(begin_all(connects) == 20);
}

TEST_CASE("connect_limit: 32 may begin to one that is far, and one more for each that came about") {
  connect_limit connects;
  CHECK(begin_all(connects) == 32);
  connect(connects, 1);
  CHECK(begin_all(connects) == 2);
  connect(connects, 33);
  CHECK(begin_all(connects) == 66);
}

TEST_CASE("connect_limit: one that failed makes room for another, and no more") {
  connect_limit connects;
  CHECK(begin_all(connects) == 32);
  CHECK(connects.ended());
  CHECK(begin_all(connects) == 1);
}

TEST_CASE("connect_limit: the end of one is told only where another was held back") {
  connect_limit connects;
  for (int n = 0; n < 32; ++n) connects.began();
  CHECK_FALSE(connects.ended());
  connects.began();
  CHECK_FALSE(connects.permits());
  CHECK(connects.ended());
}

TEST_CASE("connect_limit: after a lost SYN it is 32 again, and grows by one for as many as there may be") {
  connect_limit connects;
  CHECK(begin_all(connects) == 32);
  connect(connects, 32);
  CHECK(begin_all(connects) == 64);
  connect(connects, 1, connect_limit::sent_again);
  CHECK(begin_all(connects) == 0);
  connect(connects, 31, connect_limit::sent_again - 1ns);
  CHECK(begin_all(connects) == 0);  // 32 still on their way.
  connect(connects, 1);             // The 32nd since.
  CHECK(begin_all(connects) == 2);
}

TEST_CASE("connect_limit: more on their way than may be only wait until they are fewer") {
  connect_limit connects;
  CHECK(begin_all(connects) == 32);
  connect(connects, 32);
  CHECK(begin_all(connects) == 64);
  connects.connected(t0, 2s);
  CHECK_FALSE(connects.permits());
  for (int n = 0; n < 32; ++n) CHECK_FALSE(connects.ended());
  CHECK(connects.ended());
}

TEST_CASE("connect_limit: a host that lost a SYN and answers others at once is overrun, for a minute") {
  connect_limit connects;
  connects.answered(1ms);
  CHECK_FALSE(connects.overrun(t0));
  connects.connected(t0, connect_limit::sent_again);
  CHECK_FALSE(connects.overrun(t0));  // That answer was before.
  connects.answered(connect_limit::at_once + 1ns);
  CHECK_FALSE(connects.overrun(t0));
  connects.answered(connect_limit::at_once);
  CHECK(connects.overrun(t0));
  connects.connected(t0 + 30s, 1s);
  CHECK(connects.overrun(t0 + 90s - 1ns));
  CHECK_FALSE(connects.overrun(t0 + 90s));
  connects.connected(t0 + 100s, 1s);
  CHECK_FALSE(connects.overrun(t0 + 100s));  // How it answers since then is not known yet.
}
