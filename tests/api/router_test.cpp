#include "api/http/router.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace trawl;

namespace {

awaitable<answer> nothing(const request&) { co_return answer(); }

router some_routes() {
  return router({{"GET", "/things", permission::open, plain_handler(nothing), {"limit"}},
                 {"POST", "/things", permission::open, plain_handler(nothing), {}},
                 {"GET", "/things/{id}", permission::open, plain_handler(nothing), {}},
                 {"DELETE", "/things/{id}", permission::open, plain_handler(nothing), {}},
                 {"POST", "/things/{id}/stop", permission::open, plain_handler(nothing), {}}});
}

struct found {
  std::string_view path;
  std::string id;
  problem refused;
};

found look(std::string method, std::string path, std::string_view asked = "") {
  static const router routes = some_routes();
  request one;
  one.method = std::move(method);
  one.path = std::move(path);
  one.asked = query(asked);
  found seen;
  const auto which = routes.find(one);
  if (which) {
    seen.path = (*which)->path;
    seen.refused = query_problem(**which, one).value_or(problem());
  } else {
    seen.refused = which.error();
  }
  seen.id = one.task_id;
  return seen;
}

}  // namespace

TEST_CASE("router: a path and a method name a route") {
  CHECK(look("GET", "/things").path == "/things");
  CHECK(look("GET", "/things/a%2Db").path == "/things/{id}");
  CHECK(look("GET", "/things/a%2Db").id == "a-b");
  CHECK(look("POST", "/things/7/stop").path == "/things/{id}/stop");
  CHECK(look("POST", "/things/7/stop").id == "7");
}

TEST_CASE("router: HEAD is served where GET is") {
  CHECK(look("HEAD", "/things").path == "/things");
  CHECK(look("HEAD", "/things/7/stop").refused.status == 405);
}

TEST_CASE("router: an unknown path is 404") {
  for (const char* path :
       {"/", "/thing", "/things/", "/things//stop", "/things/7/stop/", "/things/7/go", "*", "things"}) {
    CAPTURE(path);
    CHECK(look("GET", path).refused.status == 404);
  }
}

TEST_CASE("router: a known path with another method is 405 and says which there are") {
  CHECK(look("PUT", "/things").refused.status == 405);
  CHECK(look("PUT", "/things").refused.allow == "GET, HEAD, POST, OPTIONS");
  CHECK(look("POST", "/things/7").refused.allow == "GET, HEAD, DELETE, OPTIONS");
  CHECK(look("get", "/things").refused.status == 405);
}

TEST_CASE("router: an unknown query key is refused by name") {
  CHECK(look("GET", "/things", "limit=3").path == "/things");
  CHECK(look("GET", "/things", "limit=3&lmit=4").refused.status == 400);
  CHECK(look("GET", "/things", "limit=3&lmit=4").refused.detail == "query key 'lmit' is not known here");
}

TEST_CASE("problem: the document has type, title, status and detail, and errors when there are some") {
  // [api 1.23]
  using nlohmann::json;
  problem told(400, "say \"please\"");
  CHECK(json::parse(to_json(told)) ==
        json::parse(R"({"type":"about:blank","title":"Bad Request","status":400,"detail":"say \"please\""})"));
  told.errors = {{"/urls/0", "must be a text"}, {"/options", "must be an object"}};
  CHECK(
      json::parse(to_json(told))["errors"] ==
      json::parse(
          R"([{"pointer":"/urls/0","detail":"must be a text"},{"pointer":"/options","detail":"must be an object"}])"));
}

TEST_CASE("problem: what is wrong with a query key or a field is named as that, the first of all in a sentence") {
  // [api 1.24]
  using nlohmann::json;
  const json one = json::parse(to_json(bad_parameter("limit", "must be an integer")));
  CHECK(one["detail"] == "query key 'limit' must be an integer");
  CHECK(one["errors"] == json::parse(R"([{"parameter":"limit","detail":"must be an integer"}])"));
  CHECK(json::parse(to_json(bad_header("Idempotency-Key", "is empty")))["errors"] ==
        json::parse(R"([{"header":"Idempotency-Key","detail":"is empty"}])"));
  CHECK(bad_input({{"", "not JSON"}, {"/urls", "is missing"}}).detail == "not JSON (the first of 2 errors)");
}
