#include "resolve/ares_servers.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "base/start_error.hpp"
#include "base/temp_file.hpp"

using namespace trawl;
using namespace std::chrono_literals;

namespace {

constexpr time_point t0{};
using list = std::vector<std::string>;

list texts(const std::vector<asio::ip::udp::endpoint>& servers) {
  list all;
  for (const auto& each : servers) all.push_back(each.address().to_string() + " " + std::to_string(each.port()));
  return all;
}

void nothing() {}

struct three_servers {
  asio::io_context loop{1};
  ares_servers servers{loop.get_executor(), parse_dns_servers({"127.0.0.1", "127.0.0.2", "127.0.0.3"}), 100ms, nothing};
};

}  // namespace

TEST_CASE("parse_dns_servers: addresses with and without port, of both families") {
  CHECK(texts(parse_dns_servers({"127.0.0.1", "127.0.0.1:5353", "::1", "[::1]:54", "[::1]"})) ==
        list{"127.0.0.1 53", "127.0.0.1 5353", "::1 53", "::1 54", "::1 53"});
}

TEST_CASE("parse_dns_servers: everything that is none is named at once") {
  const list bad{"",   "dns.test", "dns.test:53", "127.0.0.1:",     "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:5x",
                 "[]", "[::1",     "[127.0.0.1]", "[127.0.0.1]:53", ":53",         "[::1]:"};
  try {
    (void)parse_dns_servers(bad);
    FAIL("accepted");
  } catch (const start_error& e) {
    CHECK(e.problems().size() == bad.size());
    CHECK(e.problems()[1] == "--dns-server \"dns.test\" is not ADDR or ADDR:PORT");
  }
}

TEST_CASE("system_dns_servers: what resolv.conf says, and this machine where it says nothing") {
  const temp_file conf("# made by hand\nnameserver 127.0.0.53\nsearch test\noptions ndots:5\nnameserver ::1\n");
  CHECK(texts(system_dns_servers(conf.path())) == list{"127.0.0.53 53", "::1 53"});
  conf.write("search test\n");
  CHECK(texts(system_dns_servers(conf.path())) == list{"127.0.0.1 53"});
  CHECK(texts(system_dns_servers("/nonexistent/resolv.conf")) == list{"127.0.0.1 53"});
}

TEST_CASE("ares_servers: names are spread over the servers, and one name meets each of them once") {
  three_servers three;
  std::set<std::size_t> first_choices;
  for (int i = 0; i < 3; ++i) {
    std::uint32_t asked = 0;
    first_choices.insert(three.servers.pick(asked, t0));
    for (int k = 0; k < 2; ++k) (void)three.servers.pick(asked, t0);
    CHECK(asked == 7);
  }
  CHECK(first_choices.size() == 3);
}

TEST_CASE("ares_servers: one that was silent is asked last for ten seconds") {
  three_servers three;
  three.servers.overdue(1, t0, t0);
  for (int i = 0; i < 6; ++i) {
    std::uint32_t asked = 0;
    CHECK(three.servers.pick(asked, t0 + 9999ms) != 1);
    CHECK(three.servers.pick(asked, t0 + 9999ms) != 1);
    CHECK(three.servers.pick(asked, t0 + 9999ms) == 1);
  }
  std::set<std::size_t> first_choices;
  for (int i = 0; i < 3; ++i) {
    std::uint32_t asked = 0;
    first_choices.insert(three.servers.pick(asked, t0 + 10s));
  }
  CHECK(first_choices.size() == 3);
}

TEST_CASE("ares_servers: a lost packet of a server that answers others is not held against it") {
  three_servers three;
  three.servers.answered(1, t0 + 1s);
  three.servers.overdue(1, t0, t0 + 2s);
  three.servers.overdue(2, t0, t0 + 2s);
  three.servers.answered(2, t0 + 3s);
  std::set<std::size_t> first_choices;
  for (int i = 0; i < 3; ++i) {
    std::uint32_t asked = 0;
    first_choices.insert(three.servers.pick(asked, t0 + 3s));
  }
  CHECK(first_choices.size() == 3);
}
