#include "task/task_stats.hpp"

#include <doctest/doctest.h>

#include "task/task_builder.hpp"

using namespace trawl;

namespace {

std::shared_ptr<task> task_of(const std::vector<std::string>& urls) {
  task_builder builder(1);
  for (const std::string& each : urls) builder.add_url(each);
  return builder.finish();
}

void publish(task& into, std::uint32_t index, errc code, std::int64_t total_us = timings::absent) {
  record one;
  one.index = index;
  one.code = code;
  if (total_us != timings::absent) one.took.set(timing::total, total_us);
  into.publish(0, one);
}

}  // namespace

TEST_CASE("task stats: hosts are origins of the submitted URLs, those with the most first, equal ones by name") {
  const auto one = task_of({"http://b/1", "http://a/1", "https://a/1", "http://A:80/2", "no url"});
  for (std::uint32_t n = 0; n < 5; ++n) publish(*one, n, n == 3 ? errc::http_status : errc::none);
  task_stats stats;
  CHECK(stats.advance(*one, 5, 100));
  const auto top = stats.top_hosts(2);
  REQUIRE(top.size() == 2);
  CHECK(top[0].first == "http://a");
  CHECK(top[0].second.ok == 1);
  CHECK(top[0].second.failed == 1);
  CHECK(top[1].first == "http://b");
  CHECK(stats.hosts() == 3);
  CHECK(stats.others().all() == 1);
}

TEST_CASE("task stats: it advances by slices, counts nothing twice, and no further than told") {
  const auto one = task_of({"http://a/1", "http://a/2", "http://a/3", "http://a/4"});
  for (std::uint32_t n = 0; n < 4; ++n) publish(*one, n, errc::none, 1000);
  task_stats stats;
  CHECK_FALSE(stats.advance(*one, 3, 2));
  CHECK(stats.done() == 2);
  CHECK(stats.advance(*one, 3, 2));
  CHECK(stats.advance(*one, 3, 2));
  CHECK(stats.done() == 3);
  CHECK(stats.top_hosts(9)[0].second.ok == 3);
  CHECK(stats.took(timing::total).sum_us == 3000);
  CHECK(stats.took(timing::dns).sum_us == 0);
}

TEST_CASE("task stats: hosts beyond the limit are told together") {
  std::vector<std::string> urls;
  for (std::size_t n = 0; n < task_stats::most_hosts + 2; ++n) urls.push_back("http://h" + std::to_string(n) + "/");
  urls.push_back("http://h0/again");
  const auto one = task_of(urls);
  for (std::uint32_t n = 0; n < urls.size(); ++n) publish(*one, n, errc::none);
  task_stats stats;
  const auto all = static_cast<std::uint32_t>(urls.size());
  CHECK(stats.advance(*one, all, all));
  CHECK(stats.hosts() == task_stats::most_hosts);
  CHECK(stats.others().ok == 2);
  CHECK(stats.top_hosts(1)[0].first == "http://h0");
}
