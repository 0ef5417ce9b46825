#include "connect/connect_failure.hpp"

#include <doctest/doctest.h>
#include <boost/asio/ip/address.hpp>
#include <cerrno>

using namespace trawl;

namespace {

const tcp::endpoint here(asio::ip::make_address("127.0.0.1"), 81);

failure of(int error, const tcp::endpoint& to = here) {
  return connect_failure(error_code(error, boost::system::system_category()), to);
}

}  // namespace

TEST_CASE("connect_failure: the address stands in the detail, an IPv6 one in brackets") {
  CHECK(of(ECONNREFUSED).detail == "127.0.0.1:81: connection refused");
  CHECK(of(ECONNREFUSED, {asio::ip::make_address("::1"), 81}).detail == "[::1]:81: connection refused");
  CHECK(of(ECONNREFUSED).where == phase::connect);
}

TEST_CASE("connect_failure: each error of connect() has its word") {
  // [api 4.21]
  CHECK(of(ECONNREFUSED).code == errc::connection_refused);
  for (int error : {ENETUNREACH, EHOSTUNREACH, EACCES, EPERM, ENETDOWN, EAFNOSUPPORT, EINVAL})
    CHECK(of(error).code == errc::destination_ip_unroutable);
  for (int error : {ECONNRESET, ECONNABORTED}) CHECK(of(error).code == errc::connection_terminated);
  for (int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM, ENOSPC, EAGAIN}) CHECK(of(error).code == errc::out_of_resources);
  CHECK(of(ETIMEDOUT).code == errc::connection_timeout);
}

TEST_CASE("connect_failure: without a free port there is still a route; without a source address there is none") {
  CHECK(of(EADDRNOTAVAIL).code == errc::out_of_resources);
  CHECK(of(EADDRNOTAVAIL).detail == "127.0.0.1:81: no free local port");
}
