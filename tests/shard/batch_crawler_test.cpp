// trawl as another program uses it: batches in, records out, errors as they are promised.
#include <doctest/doctest.h>

#include <trawl/crawler.hpp>

#include <set>
#include <stdexcept>
#include <thread>

#include "engine_fixture.hpp"
#include "scripted_server.hpp"

using namespace trawl;
using namespace trawl::test;

TEST_CASE("batch_crawler: each URL has its record, as it is completed and afterwards") {
  scripted_server server([](const request& asked) { return asked.target == "/1" ? status(404) : page("hello"); });
  batch_crawler crawler(two_shards());
  std::vector<std::string> urls = numbered(server.url("/"), 50);
  urls.emplace_back("no url");
  std::set<std::uint32_t> told;
  const std::thread::id here = std::this_thread::get_id();
  const batch done = crawler.crawl(urls, {}, [&](const record& each) {
    CHECK(std::this_thread::get_id() == here);
    CHECK(each.url == urls[each.index]);
    told.insert(each.index);
  });
  CHECK(told.size() == 51);
  CHECK(done.size() == 51);
  CHECK(done.ok() == 49);
  CHECK(done.failed() == 2);
  CHECK(!done.cancelled());
  CHECK(done.at(0).content_length == 5);
  CHECK(done.at(1).status_code == 404);
  CHECK(done.at(50).code == errc::invalid_url);
  CHECK_THROWS_AS(static_cast<void>(done.at(51)), std::out_of_range);
}

TEST_CASE("batch_crawler: crawls follow one another over kept connections, and a batch outlives its crawler") {
  scripted_server server;
  std::optional<batch> kept;
  {
    batch_crawler crawler(two_shards());
    CHECK(crawler.crawl({}).size() == 0);
    for (int i = 0; i < 3; ++i) kept = crawler.crawl(std::vector{server.url("/same")});
  }
  CHECK(server.seen().requests == 3);
  CHECK(server.seen().connections == 1);
  CHECK(kept->at(0).url == server.url("/same"));
  CHECK(kept->at(0).remote_ip == "127.0.0.1");
}

TEST_CASE("batch_crawler: cancel() from another thread ends the crawl under way, and not the next one") {
  scripted_server server([](const request& asked) { return asked.target == "/ok" ? page("done") : silence(); });
  batch_crawler crawler(two_shards());
  crawler.cancel();  // Nothing is under way.
  std::thread other([&] {
    CHECK(server.sees([](const auto& seen) { return seen.requests >= 1; }));
    crawler.cancel();
    crawler.cancel();
  });
  const batch ended = crawler.crawl(numbered(server.url("/"), 20));
  other.join();
  CHECK(ended.cancelled());
  CHECK(ended.failed() == 20);
  CHECK(ended.at(19).code == errc::task_cancelled);
  CHECK(crawler.crawl(std::vector{server.url("/ok")}).ok() == 1);
}

TEST_CASE("batch_crawler: what the callback throws ends the crawl, and the crawler goes on") {
  scripted_server server([](const request& asked) { return asked.target == "/0" ? page("done") : silence(); });
  batch_crawler crawler(two_shards());
  int calls = 0;
  const auto fail = [&calls](const record&) {
    ++calls;
    throw std::range_error("enough");
  };
  CHECK_THROWS_WITH_AS(crawler.crawl(numbered(server.url("/"), 10), {}, fail), "enough", std::range_error);
  CHECK(calls == 1);
  CHECK(crawler.crawl(std::vector{server.url("/0")}).ok() == 1);
}

TEST_CASE("batch_crawler: a crawl within a crawl is refused") {
  scripted_server server;
  batch_crawler crawler(two_shards());
  const auto nested = [&](const record&) { static_cast<void>(crawler.crawl({})); };
  CHECK_THROWS_AS(crawler.crawl(std::vector{server.url("/")}, {}, nested), std::logic_error);
}

TEST_CASE("batch_crawler: options that cannot be are refused, all of them named") {
  engine_options broken = two_shards();
  broken.user_agent = "two\r\nlines";
  CHECK_THROWS_AS(batch_crawler{broken}, std::runtime_error);
  broken = two_shards();
  broken.allow_net = {"nonsense"};
  CHECK_THROWS_AS(batch_crawler{broken}, std::runtime_error);
  batch_crawler crawler(two_shards());
  task_options wrong;
  wrong.timeout_ms = 0;
  wrong.headers = {{"Host", "a.test"}};
  CHECK_THROWS_WITH_AS(crawler.crawl({}, wrong), doctest::Contains("timeout_ms must be an integer from 1 to 3600000"),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(crawler.crawl({}, wrong), doctest::Contains("Host"), std::invalid_argument);
}
