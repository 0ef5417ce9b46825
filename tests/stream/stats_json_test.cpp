#include "stream/stats_json.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "task/task_builder.hpp"

using namespace trawl;
using nlohmann::json;

TEST_CASE("stats as JSON: a phase has one count more than there are bounds, and phases without any are left out") {
  task_builder builder(1);
  builder.add_url("http://a/");
  const auto of = builder.finish();
  record one;
  one.took.set(timing::total, 100);
  of->publish(0, one);
  task_stats stats;
  stats.advance(*of, 1, 1);
  std::string out;
  append_stats(out, stats);
  const json told = json::parse(out);
  CHECK(told["done"] == 1);
  CHECK(told["hosts"]["top"][0] == json{{"host", "http://a"}, {"ok", 1}, {"failed", 0}});
  CHECK(told["hosts"]["others"] == json{{"ok", 0}, {"failed", 0}});
  const json& timings = told["timings"];
  CHECK(timings["bounds_ms"][0] == 0.064);
  CHECK(timings["phases"].size() == 1);
  CHECK(timings["phases"]["total"].size() == timings["bounds_ms"].size() + 1);
  CHECK(timings["phases"]["total"][1] == 1);
}

TEST_CASE("stats as JSON: nothing finished is nothing told") {
  std::string out;
  append_stats(out, task_stats{});
  const json told = json::parse(out);
  CHECK(told["done"] == 0);
  CHECK(told["hosts"]["top"].empty());
  CHECK(told["timings"]["phases"].empty());
}
