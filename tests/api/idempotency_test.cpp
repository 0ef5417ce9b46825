#include "api/service/idempotency.hpp"

#include <doctest/doctest.h>

#include "task/task_builder.hpp"

using namespace trawl;

namespace {

request with_key(const std::string& key, const std::string& caller = "") {
  request asked;
  asked.fields.emplace_back("idempotency-key", key);
  asked.caller = caller;
  return asked;
}

std::shared_ptr<tracked_task> some_task() {
  static asio::io_context loop;
  task_builder builder(1);
  return std::make_shared<tracked_task>(builder.finish(), loop.get_executor());
}

constexpr sha256_octets one{1};
constexpr sha256_octets other{2};

}  // namespace

TEST_CASE("idempotency_keys: a submission without a key claims nothing") {
  idempotency_keys keys;
  const auto claimed = keys.open(request());
  REQUIRE(claimed.has_value());
  CHECK_FALSE(claimed->keyed());
  CHECK(keys.size() == 0);
}

TEST_CASE("idempotency_keys: while the first is being read a second is a conflict, and then its echo") {
  idempotency_keys keys;
  const auto task = some_task();
  {
    auto first = keys.open(with_key("k"));
    REQUIRE(first.has_value());
    CHECK(first->keyed());
    CHECK(first->first() == nullptr);
    CHECK(keys.open(with_key("k")).error().status == 409);
    CHECK(keys.open(with_key("another")).has_value());
    first->settle(one, task);
  }
  const auto again = keys.open(with_key("k"));
  REQUIRE(again.has_value());
  CHECK(again->first() == task);
  CHECK(again->same(one));
  CHECK_FALSE(again->same(other));
}

TEST_CASE("idempotency_keys: a key whose submission led to nothing is free again") {
  idempotency_keys keys;
  { const auto refused = keys.open(with_key("k")); }
  CHECK(keys.size() == 0);
  CHECK(keys.open(with_key("k"))->first() == nullptr);
}

TEST_CASE("idempotency_keys: a key lives as long as its task") {
  idempotency_keys keys;
  auto task = some_task();
  keys.open(with_key("k"))->settle(one, task);
  SUBCASE("removed") { task->mark_removed(); }
  SUBCASE("gone") { task.reset(); }
  const auto fresh = keys.open(with_key("k"));
  REQUIRE(fresh.has_value());
  CHECK(fresh->first() == nullptr);
  CHECK(keys.open(with_key("k")).error().status == 409);
}

TEST_CASE("idempotency_keys: an echo that is dropped does not free the key") {
  idempotency_keys keys;
  const auto task = some_task();
  keys.open(with_key("k"))->settle(one, task);
  { const auto echo = keys.open(with_key("k")); }
  CHECK(keys.open(with_key("k"))->first() == task);
}

TEST_CASE("idempotency_keys: the keys of two callers have nothing to do with each other") {
  idempotency_keys keys;
  const auto mine = keys.open(with_key("k", "a"));
  CHECK(keys.open(with_key("k", "b")).has_value());
  CHECK(keys.open(with_key("k", "a")).error().status == 409);
}

TEST_CASE("idempotency_keys: a key is one text of 1 to 255 printable characters") {
  idempotency_keys keys;
  CHECK(keys.open(with_key(std::string(255, 'x'))).has_value());
  for (const std::string& wrong : {std::string(), std::string(256, 'x'), std::string("a\tb"), std::string("\xC3\xA9")})
    CHECK(keys.open(with_key(wrong)).error().status == 400);
  request twice = with_key("a");
  twice.fields.emplace_back("idempotency-key", "a");
  CHECK(keys.open(twice).error().status == 400);
}

TEST_CASE("idempotency_keys: those whose tasks are gone do not pile up") {
  idempotency_keys keys;
  for (int i = 0; i < 1000; ++i) keys.open(with_key(std::to_string(i)))->settle(one, some_task());
  CHECK(keys.size() <= 65);
}
