// A loop, an authority it trusts, and one exchange over our TLS client, for tests.
#pragma once

#include <boost/asio/connect.hpp>
#include <memory>
#include <optional>
#include <string>

#include "base/temp_file.hpp"
#include "connect/loop_fixture.hpp"
#include "connect/test_certificates.hpp"
#include "connect/tls_client.hpp"
#include "connect/tls_test_server.hpp"

// GCC 12 takes Asio's operator new and delete of a coroutine frame for a mismatch once it inlines one of them.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace trawl::test {

struct tls_exchange {
  std::optional<failure> failed;  ///< Of the first step that did.
  tls_facts facts;
  std::string reply;
  bool truncated = false;
};

struct tls_target {
  unsigned short port;
  std::string host = "good.test";
  bool is_ip = false;
  bool verify = true;
  std::string request = "GET / HTTP/1.1\r\n\r\n";
};

inline awaitable<tls_exchange> exchange_over(tls_context& context, socket_type& socket, tls_target to) {
  tls_exchange out;
  co_await socket.async_connect({asio::ip::address_v4::loopback(), to.port}, use_awaitable);
  tls_client client(context, socket, to.host, to.port, to.is_ip, to.verify);
  auto step = co_await client.handshake();
  out.facts = client.facts();
  if (step) step = co_await client.write(to.request);
  if (!step) out.failed = step.error();
  std::string block(16384, '\0');
  while (step) {
    auto got = co_await client.read_some(block.data(), block.size());
    if (!got) out.failed = got.error();
    if (!got || *got == 0) break;
    out.reply.append(block, 0, *got);
  }
  out.truncated = client.truncated();
  co_return out;
}

struct tls_fixture : loop_fixture {
  authority ca;
  temp_file ca_file{pem(ca.self())};
  tls_trust trust{{.ca_file = ca_file.path()}};
  tls_context context{trust};

  tls_exchange talk(const tls_target& to) {
    socket_type connection = socket();
    return run(exchange_over(context, connection, to));
  }
};

}  // namespace trawl::test
