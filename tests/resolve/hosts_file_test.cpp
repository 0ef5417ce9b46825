#include "resolve/hosts_file.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <string>
#include <vector>

#include "base/temp_file.hpp"

using namespace trawl;
using namespace std::chrono_literals;

namespace {

constexpr time_point t0{};

std::vector<std::string> texts(const resolve_outcome* found) {
  std::vector<std::string> all;
  if (found != nullptr)
    for (const auto& address : found->value().addresses) all.push_back(address.to_string());
  return all;
}

using list = std::vector<std::string>;

}  // namespace

TEST_CASE("hosts_file: names and aliases, blanks and comments of every kind") {
  const temp_file file(
      "# comment\n"
      "127.0.0.2 one.test two.test\n"
      "\t127.0.0.3\tthree.test\t# four.test\n"
      "127.0.0.5 five.test#six.test\n"
      "\n"
      "not-an-address seven.test\n"
      "127.0.0.8\n"
      "127.0.0.9 nine.test\r\n"
      "::1 ten.test\n"
      "127.0.0.11 Eleven.TEST.\n"
      "127.0.0.12 last.test");
  hosts_file hosts(file.path());
  CHECK(texts(hosts.find("one.test", t0)) == list{"127.0.0.2"});
  CHECK(texts(hosts.find("two.test", t0)) == list{"127.0.0.2"});
  CHECK(texts(hosts.find("three.test", t0)) == list{"127.0.0.3"});
  CHECK(texts(hosts.find("five.test", t0)) == list{"127.0.0.5"});
  CHECK(texts(hosts.find("nine.test", t0)) == list{"127.0.0.9"});
  CHECK(texts(hosts.find("ten.test", t0)) == list{"::1"});
  CHECK(texts(hosts.find("eleven.test", t0)) == list{"127.0.0.11"});
  CHECK(texts(hosts.find("last.test", t0)) == list{"127.0.0.12"});
  for (const char* name : {"four.test", "six.test", "seven.test", "127.0.0.8", "", "test"})
    CHECK(hosts.find(name, t0) == nullptr);
}

TEST_CASE("hosts_file: a name on several lines has all their addresses, in that order, each once") {
  const temp_file file("127.0.0.3 x.test\n::1 x.test\n127.0.0.2 x.test\n127.0.0.3 x.test\n");
  hosts_file hosts(file.path());
  CHECK(texts(hosts.find("x.test", t0)) == list{"127.0.0.3", "::1", "127.0.0.2"});
}

TEST_CASE("hosts_file: a change is seen within a second, and not looked for more often") {
  const temp_file file("127.0.0.2 x.test\n");
  hosts_file hosts(file.path());
  CHECK(texts(hosts.find("x.test", t0)) == list{"127.0.0.2"});
  file.write("127.0.0.33 x.test\n");  // Another size, so that the file system's clock does not matter.
  CHECK(texts(hosts.find("x.test", t0 + 999ms)) == list{"127.0.0.2"});
  CHECK(texts(hosts.find("x.test", t0 + 1s)) == list{"127.0.0.33"});
}

TEST_CASE("hosts_file: a file that goes away or comes back is followed") {
  const temp_file file("127.0.0.2 x.test\n");
  hosts_file hosts(file.path());
  CHECK(hosts.find("x.test", t0) != nullptr);
  file.remove();
  CHECK(hosts.find("x.test", t0 + 1s) == nullptr);
  file.write("127.0.0.4 x.test\n");
  CHECK(texts(hosts.find("x.test", t0 + 2s)) == list{"127.0.0.4"});
}

TEST_CASE("hosts_file: a missing file names nobody") {
  hosts_file hosts("/nonexistent/hosts");
  CHECK(hosts.find("x.test", t0) == nullptr);
}

TEST_CASE("hosts_file: a folder names nobody") {
  hosts_file hosts("/");
  CHECK(hosts.find("x.test", t0) == nullptr);
}

TEST_CASE("hosts_file: while no descriptor is free it says what it said, and is read again after") {
  const temp_file file("127.0.0.2 x.test\n");
  hosts_file hosts(file.path());
  CHECK(texts(hosts.find("x.test", t0)) == list{"127.0.0.2"});
  file.write("127.0.0.33 x.test\n");
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit none = before;
  none.rlim_cur = 0;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  const list meanwhile = texts(hosts.find("x.test", t0 + 1s));
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(meanwhile == list{"127.0.0.2"});
  CHECK(texts(hosts.find("x.test", t0 + 2s)) == list{"127.0.0.33"});
}
