#include "resolve/local_names.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/start_error.hpp"
#include "base/temp_file.hpp"

using namespace trawl;

namespace {

constexpr time_point t0{};
using list = std::vector<std::string>;

list texts(const resolve_outcome* found) {
  list all;
  if (found != nullptr)
    for (const auto& address : found->value().addresses) all.push_back(address.to_string());
  return all;
}

}  // namespace

TEST_CASE("local_names: address literals are their own answer") {
  local_names names({}, "");
  CHECK(texts(names.find("127.0.0.9", 80, t0)) == list{"127.0.0.9"});
  CHECK(texts(names.find("[::1]", 80, t0)) == list{"::1"});
  CHECK(texts(names.find("2001:db8::a", 80, t0)) == list{"2001:db8::a"});
  for (const char* name : {"1.2.3.test", "1.2.3", "host1", "[::1", "", "256.1.1.1"}) {
    CAPTURE(name);
    CHECK(names.find(name, 80, t0) == nullptr);
  }
}

TEST_CASE("local_names: localhost and all under it are loopback, whatever the files say") {
  const temp_file hosts("127.0.0.2 localhost x.localhost\n");
  local_names names({}, hosts.path());
  CHECK(texts(names.find("localhost", 80, t0)) == list{"127.0.0.1", "::1"});
  CHECK(texts(names.find("x.localhost", 80, t0)) == list{"127.0.0.1", "::1"});
}

TEST_CASE("local_names: an override holds for its host and port, before localhost and the hosts file") {
  const temp_file hosts("127.0.0.2 x.test\n");
  local_names names({{"X.test.", 443, "127.0.0.7"}, {"x.test", 443, "[::1]"}, {"localhost", 80, "127.0.0.8"}},
                    hosts.path());
  CHECK(texts(names.find("x.test", 443, t0)) == list{"127.0.0.7", "::1"});
  CHECK(texts(names.find("x.test", 80, t0)) == list{"127.0.0.2"});
  CHECK(texts(names.find("localhost", 80, t0)) == list{"127.0.0.8"});
}

TEST_CASE("local_names: every override without an address is named at start") {
  try {
    local_names names({{"a.test", 80, "nope"}, {"b.test", 80, "127.0.0.1"}, {"c.test", 80, ""}}, "");
    FAIL("accepted");
  } catch (const start_error& e) {
    CHECK(e.problems().size() == 2);
    CHECK(e.problems().front() == "--resolve a.test: \"nope\" is not an IP address");
  }
}
