// NO_PROXY lists as people keep them.
#include "connect/proxy_exceptions.hpp"

#include <doctest/doctest.h>

using namespace trawl;

namespace {

proxy_exceptions read(std::string_view list) {
  proxy_exceptions made;
  std::vector<std::string> problems;
  made.add(list, problems);
  CHECK_MESSAGE(problems.empty(), list);
  return made;
}

struct question {
  std::string_view list, hostname;
  std::uint16_t port;
  bool direct;
};

void check(std::initializer_list<question> questions) {
  for (const question& each : questions)
    CHECK_MESSAGE(read(each.list).contain(each.hostname, each.port) == each.direct, each.list, " | ", each.hostname,
                  ":", each.port);
}

}  // namespace

TEST_CASE("proxy_exceptions: a name stands for itself and all below it, however it is written") {
  for (const std::string_view list : {"a.test", ".a.test", "*.a.test", "A.Test", "a.test.", "x,a.test", "x a.test y"})
    check({{list, "a.test", 80, true},
           {list, "b.a.test", 80, true},
           {list, "c.b.a.test", 443, true},
           {list, "a.test.", 80, true},
           {list, "ba.test", 80, false},
           {list, "a.test.x2", 80, false},
           {list, "test", 80, false}});
}

TEST_CASE("proxy_exceptions: an address stands for itself, a block for all in it") {
  check({{"127.0.0.1", "127.0.0.1", 80, true},
         {"127.0.0.1", "127.0.0.2", 80, false},
         {"10.0.0.0/8", "10.255.0.1", 80, true},
         {"10.0.0.0/8", "11.0.0.1", 80, false},
         {"10.0.0.0/8", "::ffff:10.0.0.1", 80, true},
         {"0.0.0.0/0", "8.8.8.8", 80, true},
         {"::1", "::1", 80, true},
         {"[::1]", "::1", 80, true},
         {"0:0::1", "::1", 80, true},
         {"fd00::/8", "fd12::1", 80, true},
         {"fd00::/8", "fe80::1", 80, false},
         {"::1", "127.0.0.1", 80, false}});
}

TEST_CASE("proxy_exceptions: with a port only that port is meant") {
  check({{"a.test:80", "a.test", 80, true},
         {"a.test:80", "a.test", 81, false},
         {".a.test:80", "b.a.test", 80, true},
         {"127.0.0.1:80", "127.0.0.1", 80, true},
         {"127.0.0.1:80", "127.0.0.1", 443, false},
         {"[::1]:80", "::1", 80, true},
         {"[::1]:80", "::1", 81, false},
         {"a.test:80,a.test:81", "a.test", 81, true}});
}

TEST_CASE("proxy_exceptions: a star is everything, an empty list nothing") {
  check({{"*", "a.test", 80, true},
         {"a.test, *", "8.8.8.8", 80, true},
         {"", "a.test", 80, false},
         {" ,, ", "a.test", 80, false},
         {"", "127.0.0.1", 80, false},
         {"", "localhost", 80, false}});
}

TEST_CASE("proxy_exceptions: names and addresses are never mixed up") {
  check({{"test", "10.0.0.1", 80, false}, {"10.0.0.0/8", "ten.test", 80, false}});
}

TEST_CASE("proxy_exceptions: what means nothing is told, each by its words") {
  proxy_exceptions made;
  std::vector<std::string> problems;
  made.add("10.0.0.0/33, ok.test a.test:0 a.test:x,a.test:65536 10.* 192.168. <local> fd00::/129 . *.", problems);
  REQUIRE(problems.size() == 10);
  CHECK(problems[0].find("'10.0.0.0/33'") != std::string::npos);
  CHECK(problems[4].find("'10.*'") != std::string::npos);
  CHECK(made.contain("ok.test", 80));
}
