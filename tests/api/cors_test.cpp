#include "api/door/cors.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace trawl;

namespace {

const cors listed({"https://a.example", "http://localhost:3000"});

request from(std::string origin) {
  request asked;
  asked.fields.emplace_back("origin", std::move(origin));
  return asked;
}

std::string field(const answer& told, std::string_view name) {
  const auto found = std::ranges::find(told.fields, name, [](const auto& each) { return each.first; });
  return found == told.fields.end() ? "" : found->second;
}

answer told_to(const cors& policy, const request& asked) {
  answer told;
  policy.add_to(told, asked);
  policy.add_preflight(told, asked, "GET, OPTIONS");
  return told;
}

}  // namespace

TEST_CASE("cors: a listed origin may read the answer, exactly as it is written; each answer varies by it") {
  const answer told = told_to(listed, from("https://a.example"));
  CHECK(field(told, "Access-Control-Allow-Origin") == "https://a.example");
  CHECK(field(told, "Vary") == "Origin");
  CHECK(field(told, "Access-Control-Expose-Headers").find("X-Request-Id") != std::string::npos);
  CHECK(field(told, "Access-Control-Allow-Credentials").empty());
  for (const char* other : {"https://b.example", "http://a.example", "https://a.example:8443", "https://a.example.evil",
                            "https://sub.a.example", "HTTPS://A.EXAMPLE", "null", "*", ""}) {
    const answer refused = told_to(listed, from(other));
    CHECK(field(refused, "Access-Control-Allow-Origin").empty());
    CHECK(field(refused, "Vary") == "Origin");
  }
}

TEST_CASE("cors: two origins are none") {
  request asked = from("https://a.example");
  asked.fields.emplace_back("origin", "https://a.example");
  CHECK_FALSE(listed.allows(asked));
}

TEST_CASE("cors: a browser that asks before is told methods and fields; another OPTIONS is not") {
  request asked = from("http://localhost:3000");
  CHECK(field(told_to(listed, asked), "Access-Control-Allow-Methods").empty());
  asked.fields.emplace_back("access-control-request-method", "DELETE");
  const answer told = told_to(listed, asked);
  CHECK(field(told, "Access-Control-Allow-Methods") == "GET, OPTIONS");
  CHECK(field(told, "Access-Control-Allow-Headers").find("Authorization") != std::string::npos);
  CHECK(field(told, "Access-Control-Allow-Private-Network").empty());
  asked.fields.emplace_back("access-control-request-private-network", "true");
  CHECK(field(told_to(listed, asked), "Access-Control-Allow-Private-Network") == "true");
  asked.fields[0].second = "https://b.example";
  CHECK(told_to(listed, asked).fields.size() == 1);
}

TEST_CASE("cors: without a list nothing is said") {
  CHECK(told_to(cors({}), from("https://a.example")).fields.empty());
}

TEST_CASE("cors: what an origin looks like") {
  for (const char* fine : {"https://a.example", "http://localhost:3000", "http://127.0.0.1:1", "https://[::1]:8443",
                           "http://[::1]", "https://a.example:80", "https://xn--bcher-kva.example"})
    CHECK(is_origin(fine));
  for (const char* wrong : {"*",
                            "null",
                            "",
                            "a.example",
                            "https://",
                            "https://a.example/",
                            "https://a.example/x",
                            "https://A.example",
                            "https://a.example:443",
                            "http://a.example:80",
                            "https://a.example:",
                            "https://a.example:0",
                            "https://a.example:65536",
                            "https://u@a.example",
                            "ftp://a.example",
                            "https://a.example:08",
                            "https://*.a.example",
                            "https://a example",
                            "https://a:b:1",
                            "https://::1"})
    CHECK_MESSAGE(!is_origin(wrong), wrong);
}
