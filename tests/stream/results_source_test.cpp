#include "stream/results_source.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "stream/built_task.hpp"
#include "stream/csv.hpp"

using namespace trawl;
using nlohmann::json;

namespace {

results_query query_of(results_format format, std::uint32_t from = 0, std::uint32_t limit = no_index) {
  results_query asked;
  asked.format = format;
  asked.from = from;
  asked.limit = limit;
  return asked;
}

std::string read(const built_task& of, const results_query& asked) {
  results_source source(of.tracked, asked);
  std::string out;
  flow state = flow::more;
  while (state == flow::more) state = source.next(out);
  CHECK(state == flow::end);
  return out;
}

json page(const built_task& of, const results_query& asked) { return json::parse(read(of, asked)); }

std::vector<int> indices(const json& shown) {
  std::vector<int> all;
  for (const json& each : shown["results"]) all.push_back(each["index"]);
  return all;
}

using numbers = std::vector<int>;

// A task of two inputs, and a stream that follows it and waits for the first record.
struct followed_task : built_task {
  followed_task() : built_task({"a", "b"}), source(tracked, query()) { REQUIRE(next() == flow::waiting); }
  flow next() { return source.next(out); }

  results_source source;
  std::string out;

 private:
  static results_query query() {
    results_query asked = query_of(results_format::ndjson);
    asked.follow = true;
    return asked;
  }
};

}  // namespace

TEST_CASE("results: records come in the order they were finished, with index and url") {
  // [api 4.32]
  built_task one({"http://a/", "http://b/", "http://c/"});
  one.finish(2);
  one.finish(0);
  const json shown = page(one, query_of(results_format::page));
  CHECK(indices(shown) == numbers{2, 0});
  CHECK(shown["results"][0]["url"] == "http://c/");
  CHECK(shown["next"].is_string());
}

TEST_CASE("results: following the cursor gives every record once, and null at the end") {
  // [api 4.33, 4.40]
  built_task one({"a", "b", "c", "d", "e"});
  for (std::uint32_t i : {3U, 1U, 4U}) one.finish(i);
  json shown = page(one, query_of(results_format::page, 0, 2));
  CHECK(indices(shown) == numbers{3, 1});
  auto from = parse_cursor(shown["next"].get<std::string>());
  REQUIRE(from);
  shown = page(one, query_of(results_format::page, static_cast<std::uint32_t>(*from), 2));
  CHECK(indices(shown) == numbers{4});
  from = parse_cursor(shown["next"].get<std::string>());
  CHECK(indices(page(one, query_of(results_format::page, static_cast<std::uint32_t>(*from), 2))).empty());
  one.finish(0);
  one.finish(2);
  shown = page(one, query_of(results_format::page, static_cast<std::uint32_t>(*from), 2));
  CHECK(indices(shown) == numbers{0, 2});
  CHECK(shown["next"] == nullptr);
}

TEST_CASE("results: filters choose by outcome, code and URL, and the cursor counts what was passed over") {
  built_task one({"a", "b", "c", "a"});
  one.finish(0, errc::dns_error);
  one.finish(1);
  one.finish(2, errc::invalid_url);
  one.finish(3);
  results_query asked = query_of(results_format::page);
  asked.filter.ok = true;
  CHECK(indices(page(one, asked)) == numbers{1, 3});
  asked.filter.ok = false;
  asked.limit = 1;
  json shown = page(one, asked);
  CHECK(indices(shown) == numbers{0});
  CHECK(shown["next"] == cursor_text(1));
  asked = query_of(results_format::page);
  asked.filter.code = errc::invalid_url;
  CHECK(indices(page(one, asked)) == numbers{2});
  asked = query_of(results_format::page);
  asked.filter.url = "a";
  CHECK(indices(page(one, asked)) == numbers{0, 3});
}

TEST_CASE("results: NDJSON is one record a line") {
  built_task one({"a", "b"});
  one.finish(1);
  one.finish(0);
  const std::string lines = read(one, query_of(results_format::ndjson));
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 2);
  CHECK(lines.starts_with(R"({"index":1,"url":"b",)"));
  CHECK(json::parse(lines.substr(lines.find('\n')))["index"] == 0);
}

TEST_CASE("results: CSV has a header even when there is nothing else") {
  built_task one({"a"});
  CHECK(read(one, query_of(results_format::csv)) == csv_header);
}

TEST_CASE("results: a followed stream waits while the task runs, goes on with news and ends with it") {
  followed_task one;
  CHECK(one.out.empty());
  one.finish(0);
  CHECK(one.next() == flow::waiting);
  CHECK(std::count(one.out.begin(), one.out.end(), '\n') == 1);
  one.finish(1);
  CHECK(one.next() == flow::end);
  CHECK(std::count(one.out.begin(), one.out.end(), '\n') == 2);
}

TEST_CASE("results: a followed stream that told a record has a short rest, then waits for the next one") {
  followed_task one;
  CHECK(one.source.look().of == one.tracked.get());
  CHECK(one.source.look().records);
  one.finish(0);
  const time_point before = clock::now();
  CHECK(one.next() == flow::waiting);
  const next_look after = one.source.look();
  if (clock::now() < before + record_gap) {
    CHECK_FALSE(after.records);
    CHECK(after.until >= before + record_gap);
    CHECK(after.until <= clock::now() + record_gap);
  }
}

TEST_CASE("results: deleting the task cuts the stream") {
  followed_task one;
  one.tracked->mark_removed();
  CHECK(one.next() == flow::cut);
  one.source.append_cut(one.out, "{}");
  CHECK(one.out == "{\"problem\":{}}\n");
}

TEST_CASE("results: a cursor is read back, and nothing else is taken for one") {
  CHECK(parse_cursor(cursor_text(0)) == 0);
  CHECK(parse_cursor(cursor_text(4294967294)) == 4294967294);
  for (const char* bad : {"", "p", "1", "p1x", "p-1", "q1", "p99999999999999999999"}) CHECK_FALSE(parse_cursor(bad));
}
