#include "stream/task_json.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "stream/built_task.hpp"

using namespace trawl;
using json = nlohmann::ordered_json;

namespace {

std::string all_of(block_source& source) {
  std::string out;
  flow state = flow::more;
  while (state == flow::more) state = source.next(out);
  REQUIRE(state == flow::end);
  return out;
}

json told(const std::shared_ptr<tracked_task>& one) {
  task_source source(one);
  return json::parse(all_of(source));
}

std::vector<std::string> keys(const json& object) {
  std::vector<std::string> names;
  for (const auto& [key, value] : object.items()) names.push_back(key);
  return names;
}

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("task: a running one shows its counts and what is finished") {
  built_task one({"http://a/", "http://b/", "http://c/"});
  one.finish(2, errc::connection_refused);
  one.finish(0);
  const json shown = told(one.tracked);
  CHECK(keys(shown) == texts{"status", "label", "total", "done", "ok", "failed", "by_code", "rate_per_s", "eta_s",
                             "created_at", "finished_at", "result"});
  CHECK(shown["status"] == "running");
  CHECK(shown["label"] == nullptr);
  CHECK(shown["total"] == 3);
  CHECK(shown["done"] == 2);
  CHECK(shown["ok"] == 1);
  CHECK(shown["failed"] == 1);
  CHECK(shown["by_code"] == json::parse(R"({"connection_refused":1})"));
  CHECK(shown["finished_at"] == nullptr);
  CHECK(keys(shown["result"]) == texts{"http://a/", "http://c/"});
  CHECK(shown["result"]["http://c/"]["errors"]["code"] == "connection_refused");
}

TEST_CASE("task: an ended one says when") {
  built_task one({"http://a/"});
  one.finish(0);
  const json shown = told(one.tracked);
  CHECK(shown["status"] == "done");
  CHECK(shown["eta_s"] == 0);
  CHECK(shown["finished_at"].is_string());
}

TEST_CASE("task: a task without URLs is done and has an empty result") {
  built_task one({});
  const json shown = told(one.tracked);
  CHECK(shown["status"] == "done");
  CHECK(shown["result"] == json::object());
}

TEST_CASE("task: the summary is the same without the result") {
  // [api 3.8]
  built_task one({"http://a/"});
  std::string out;
  append_summary(out, *one.tracked);
  CHECK(keys(json::parse(out)) == texts{"status", "label", "total", "done", "ok", "failed", "by_code", "rate_per_s",
                                        "eta_s", "created_at", "finished_at"});
}

TEST_CASE("task: what is published while an answer is written is not in that answer") {
  built_task one({"http://a/", "http://b/"});
  one.finish(1);
  task_source source(one.tracked);
  one.finish(0);
  const json shown = json::parse(all_of(source));
  CHECK(shown["done"] == 1);
  CHECK(keys(shown["result"]) == texts{"http://b/"});
}

TEST_CASE("task: of equal URLs the finished one with the lowest index is shown, once") {
  // [api 3.7]
  built_task one({"x", "http://a/", "x", "http://b/", "x", "http://a/"});
  one.finish(4, errc::invalid_url);
  one.finish(5);
  json shown = told(one.tracked);
  CHECK(keys(shown["result"]) == texts{"x", "http://a/"});
  CHECK(shown["done"] == 2);
  one.finish(2);
  one.finish(1, errc::dns_error);
  shown = told(one.tracked);
  CHECK(keys(shown["result"]) == texts{"http://a/", "x"});
  CHECK(shown["result"]["x"]["errors"] == json::object());
  CHECK(shown["result"]["http://a/"]["errors"]["code"] == "dns_error");
}

TEST_CASE("task: a large one is told in blocks of bounded size") {
  const std::uint32_t count = 5000;
  std::vector<std::string> urls;
  for (std::uint32_t i = 0; i < count; ++i) urls.push_back("http://a/" + std::to_string(i));
  built_task many(urls);
  for (std::uint32_t i = 0; i < count; ++i) many.finish(i);
  task_source source(many.tracked);
  std::string whole;
  std::string block;
  flow state = flow::more;
  while (state == flow::more) {
    block.clear();
    state = source.next(block);
    REQUIRE(block.size() < block_source::block_bytes + 4096);
    whole += block;
  }
  CHECK(json::parse(whole)["result"].size() == count);
}

TEST_CASE("task: deleting it cuts its answer") {
  built_task one({"http://a/"});
  task_source source(one.tracked);
  one.tracked->mark_removed();
  std::string out;
  CHECK(source.next(out) == flow::cut);
}

TEST_CASE("listing: tasks stand under their ids in the order they come") {
  built_task one({"http://a/"});
  built_task two({});
  one.finish(0);
  std::vector<std::shared_ptr<tracked_task>> left{two.tracked, one.tracked};
  std::size_t at = 0;
  listing_source source([&] { return at < left.size() ? left[at++] : nullptr; }, true);
  const json shown = json::parse(all_of(source));
  CHECK(keys(shown) == texts{two.tracked->get().id(), one.tracked->get().id()});
  CHECK(keys(shown[one.tracked->get().id()]["result"]) == texts{"http://a/"});
  at = 0;
  listing_source brief([&] { return at < left.size() ? left[at++] : nullptr; }, false);
  CHECK_FALSE(json::parse(all_of(brief))[one.tracked->get().id()].contains("result"));
}

TEST_CASE("listing: no tasks are an empty object, and a deleted one does not cut the others") {
  listing_source none([] { return nullptr; }, true);
  CHECK(all_of(none) == "{}");
  built_task one({});
  int calls = 0;
  listing_source source(
      [&] {
        if (calls++ > 0) return std::shared_ptr<tracked_task>();
        one.tracked->mark_removed();
        return one.tracked;
      },
      true);
  CHECK(json::parse(all_of(source)).size() == 1);
}
