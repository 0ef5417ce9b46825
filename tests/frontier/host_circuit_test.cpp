#include "frontier/host_circuit.hpp"

#include <doctest/doctest.h>

using namespace trawl;
using namespace std::chrono_literals;

namespace {

const time_point t0 = time_point{} + 1h;

void fail(host_circuit& circuit, int times, time_point now = t0) {
  for (int i = 0; i < times; ++i) circuit.failed(now, "refused");
}

}  // namespace

TEST_CASE("host_circuit: the tenth failed dial in a row opens it, for half a minute") {
  host_circuit circuit;
  fail(circuit, 9);
  CHECK_FALSE(circuit.open(t0));
  CHECK(circuit.ready_at() <= t0);
  fail(circuit, 1);
  CHECK(circuit.open(t0));
  CHECK(circuit.open(t0 + 30s - 1ns));
  CHECK_FALSE(circuit.open(t0 + 30s));
  CHECK(circuit.ready_at() == t0 + 30s);
}

TEST_CASE("host_circuit: one success in between and the row begins anew") {
  host_circuit circuit;
  fail(circuit, 9);
  circuit.reached();
  fail(circuit, 9);
  CHECK_FALSE(circuit.open(t0));
}

TEST_CASE("host_circuit: after it was open one fetch probes, and nothing else starts until it has told") {
  host_circuit circuit;
  fail(circuit, 10);
  circuit.start();
  CHECK(circuit.ready_at() == time_point::max());
  SUBCASE("reached: closed") {
    circuit.reached();
    CHECK(circuit.ready_at() == time_point{});
    CHECK(circuit.failures() == 0);
  }
  SUBCASE("failed: open again") {
    circuit.failed(t0 + 40s, "still refused");
    CHECK(circuit.open(t0 + 70s - 1ns));
    CHECK(circuit.last_error() == "still refused");
  }
  SUBCASE("ended without a dial: the next one probes") {
    circuit.finished();
    CHECK(circuit.ready_at() == t0 + 30s);
  }
}

TEST_CASE("host_circuit: fetches of a host that only failed now and then are no probes") {
  host_circuit circuit;
  fail(circuit, 3);
  circuit.start();
  CHECK(circuit.ready_at() <= t0);
}

TEST_CASE("host_circuit: it is remembered for a minute after the last failure, and not at all once reached") {
  host_circuit circuit;
  fail(circuit, 1);
  CHECK(circuit.forget_at() == t0 + 60s);
  circuit.reached();
  CHECK(circuit.forget_at() == time_point{});
}

TEST_CASE("host_circuit: only what tells of the host counts") {
  CHECK(tells_of_host(errc::connection_refused, 0s));
  CHECK(tells_of_host(errc::destination_ip_unroutable, 0s));
  CHECK(tells_of_host(errc::connection_terminated, 0s));
  CHECK(tells_of_host(errc::connection_timeout, 5s));
  CHECK_FALSE(tells_of_host(errc::connection_timeout, 5s - 1ns));
  for (const errc other : {errc::dns_error, errc::dns_timeout, errc::tls_certificate_error, errc::task_cancelled,
                           errc::out_of_resources, errc::destination_ip_prohibited})
    CHECK_FALSE(tells_of_host(other, 1h));
}

TEST_CASE("host_circuit: a host that speaks is there, whatever is wrong with what it says") {
  for (const errc spoke : {errc::tls_certificate_error, errc::tls_protocol_error, errc::tls_alert_received})
    CHECK(shows_host(spoke));
  for (const errc other : {errc::connection_refused, errc::connection_terminated, errc::connection_timeout,
                           errc::dns_error, errc::out_of_resources, errc::none})
    CHECK_FALSE(shows_host(other));
}
