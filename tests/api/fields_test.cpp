#include <doctest/doctest.h>

#include "api/http/field_list.hpp"
#include "api/http/prefer.hpp"
#include "api/routes/validator.hpp"

using namespace trawl;

namespace {

request with(std::initializer_list<std::pair<const char*, const char*>> fields) {
  request asked;
  for (const auto& [name, value] : fields) asked.fields.emplace_back(name, value);
  return asked;
}

std::optional<std::int64_t> wait(const char* prefer) {
  const auto found = preferred_wait(with({{"prefer", prefer}}));
  if (!found) return std::nullopt;
  return found->count();
}

bool has(const char* if_none_match, const char* tag) {
  return client_has(with({{"if-none-match", if_none_match}}), tag);
}

}  // namespace

TEST_CASE("take_element: commas in quotes divide nothing") {
  std::string_view list = " a , \"b,\\\"c\" ,, d";
  CHECK(take_element(list, ',') == "a");
  CHECK(take_element(list, ',') == "\"b,\\\"c\"");
  CHECK(take_element(list, ',').empty());
  CHECK(take_element(list, ',') == "d");
  CHECK(list.empty());
  std::string_view open = "\"a,\\";
  CHECK(take_element(open, ',') == "\"a,\\");
  CHECK(open.empty());
}

TEST_CASE("preferred_wait: the first wait of all Prefer fields, whatever stands beside it") {
  CHECK(wait("wait=10") == 10);
  CHECK(wait("WAIT = \"7\"; x=1") == 7);
  CHECK(wait("respond-async, wait=0") == 0);
  CHECK(wait("wait=3, wait=4") == 3);
  CHECK(wait("wait=99999999999999999999") == 86400);
  CHECK(preferred_wait(with({{"prefer", "a"}, {"prefer", "wait=5"}})) == std::chrono::seconds(5));
}

TEST_CASE("preferred_wait: what makes no sense is no preference") {
  for (const char* odd : {"", "wait", "wait=", "wait=x", "wait=-1", "wait=1.5", "waiting=3", "a=\"wait=3\""})
    CHECK(wait(odd) == std::nullopt);
  CHECK(preferred_wait(request()) == std::nullopt);
}

TEST_CASE("client_has: tags are compared weakly, and * is any") {
  CHECK(has("W/\"1\"", "W/\"1\""));
  CHECK(has("\"1\"", "W/\"1\""));
  CHECK(has("\"0\", W/\"a,b\" , \"1\"", "W/\"1\""));
  CHECK(has("*", "W/\"1\""));
  CHECK_FALSE(has("\"10\"", "W/\"1\""));
  CHECK_FALSE(has("1", "W/\"1\""));
  CHECK_FALSE(has("", "W/\"1\""));
  CHECK_FALSE(client_has(request(), "W/\"1\""));
}
