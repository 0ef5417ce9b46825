#include "task/task_builder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace trawl;

namespace {

std::vector<std::uint32_t> members(const task& of, host_chain chain) {
  std::vector<std::uint32_t> indices;
  for (std::uint32_t at = chain.head; at != no_index; at = of.next(at)) indices.push_back(at);
  return indices;
}

}  // namespace

TEST_CASE("task_builder: the inputs of one host form one chain, in their order") {
  task_builder builder(1);
  for (const char* each :
       {"http://a.test/1", "http://b.test/1", "HTTP://A.test:80/2", "http://b.test/2", "http://a.test/3"})
    builder.add_url(each);
  const auto built = builder.finish();
  const auto chains = built->chains(0);
  REQUIRE(chains.size() == 2);
  CHECK(chains[0].count == 3);
  CHECK(members(*built, chains[0]) == std::vector<std::uint32_t>{0, 2, 4});
  CHECK(members(*built, chains[1]) == std::vector<std::uint32_t>{1, 3});
  CHECK(built->url(2) == "HTTP://A.test:80/2");
}

TEST_CASE("task_builder: what is no URL we fetch is kept apart, byte for byte") {
  task_builder builder(2);
  for (const char* each : {"nonsense", "http://a.test/", "ftp://a.test/", "", "http://"}) builder.add_url(each);
  const auto built = builder.finish();
  CHECK(built->total() == 5);
  CHECK(members(*built, built->invalid()) == std::vector<std::uint32_t>{0, 2, 3, 4});
  CHECK(built->url(3).empty());
}

TEST_CASE("task_builder: an input is chained where the parser says, whatever hosts were seen before") {
  const std::vector<std::string> seen{"http://a.test/", "http://a.test:8080/x", "https://[::1]/", "http://127.0.0.1/"};
  std::vector<std::string> odd{"http://a.test",
                               "http://a.test?x",
                               "http://a.test#f",
                               "http://a.test\\x",
                               "http://a.test:80/",
                               "http://a.test:8080",
                               "http://a.test:8080/\t",
                               " http://a.test/",
                               "http://u@a.test/",
                               "http://a.test@b.test/",
                               "http://a.test:8080@b/",
                               "http://a.test:8080:/",
                               "http://A.test/",
                               "http:///a.test/",
                               "http://a.test:/",
                               "http://a.\ttest/",
                               "https://a.test/",
                               "http://a.test./",
                               "http:a.test/",
                               "https://[::1]/x",
                               "https://[0::1]/",
                               "http://127.1/",
                               "http://127.0.0.1/a/b",
                               "http://a.test//http://b.test/",
                               "http://",
                               "http:///",
                               "https://a.test:8080/"};
  odd.push_back("http://a.test/" + std::string(url_length_limit, 'x'));
  odd.push_back("http://a.test/" + std::string(url_length_limit - 14, 'x'));
  for (const std::string& each : odd) {
    CAPTURE(each.substr(0, 40));
    task_builder builder(1);
    for (const std::string& before : seen) builder.add_url(before);
    builder.add_url(each);
    const auto built = builder.finish();
    url parsed, other;
    const bool valid = parsed.parse(each) == url_errc::ok;
    CHECK(built->invalid().count == (valid ? 0 : 1));
    for (const host_chain& chain : built->chains(0)) {
      REQUIRE(other.parse(built->url(chain.head)) == url_errc::ok);
      const auto indices = members(*built, chain);
      const bool there = std::find(indices.begin(), indices.end(), seen.size()) != indices.end();
      CHECK(there == (valid && parsed.origin() == other.origin()));
    }
  }
}

TEST_CASE("task_builder: every host belongs to one shard, and every input to one chain") {
  constexpr std::size_t shards = 3;
  task_builder builder(shards);
  for (int i = 0; i < 1000; ++i) builder.add_url("https://h" + std::to_string(i % 50) + ".test/" + std::to_string(i));
  const auto built = builder.finish();
  std::set<std::uint32_t> seen;
  std::size_t hosts = 0;
  for (std::size_t shard = 0; shard < shards; ++shard)
    for (const host_chain& chain : built->chains(shard)) {
      ++hosts;
      const auto indices = members(*built, chain);
      CHECK(indices.size() == chain.count);
      for (const std::uint32_t index : indices) CHECK(seen.insert(index).second);
    }
  CHECK(hosts == 50);
  CHECK(seen.size() == 1000);
}

TEST_CASE("task_builder: http and https of a name on their own ports belong to the same shard") {
  url plain, secure, other;
  REQUIRE(plain.parse("http://a.test/") == url_errc::ok);
  REQUIRE(secure.parse("https://a.test/") == url_errc::ok);
  REQUIRE(other.parse("https://a.test:8443/") == url_errc::ok);
  CHECK(host_hash(plain) == host_hash(secure));
  CHECK(host_hash(plain) != host_hash(other));
}

TEST_CASE("task_builder: inputs of equal text are one group, however many and wherever") {
  task_builder builder(1);
  for (const char* each :
       {"http://a.test/x", "bad", "http://a.test/y", "http://a.test/x", "bad", "http://a.test/X", "http://a.test/x"})
    builder.add_url(each);
  const auto built = builder.finish();
  CHECK(built->duplicate_groups() == 2);
  const auto pairs = built->duplicates();
  REQUIRE(pairs.size() == 5);
  CHECK(std::is_sorted(pairs.begin(), pairs.end()));
  CHECK(pairs[0].first == 0);
  CHECK(pairs[2].first == 3);
  CHECK(pairs[0].second == pairs[2].second);
  CHECK(pairs[0].second == pairs[4].second);
  CHECK(pairs[1].second == pairs[3].second);
  CHECK(pairs[0].second != pairs[1].second);
}

TEST_CASE("task_builder: a queued URL costs less than 40 bytes beside its text") {
  task_builder builder(1);
  std::size_t text = 0;
  constexpr std::size_t count = 300000;  // The last chunk is half empty, whatever it holds.
  for (std::size_t i = 0; i < count; ++i) {
    const std::string each = "http://a.test/path/to/page/" + std::to_string(i);
    text += each.size();
    builder.add_url(each);
  }
  const auto built = builder.finish();
  CHECK((built->bytes() - text) / count < 40);
}

namespace {

using headers = std::vector<input_extras::header>;

// Every other input of the list has a header.
std::shared_ptr<task> deduped(std::initializer_list<std::pair<const char*, const char*>> inputs) {
  task_builder builder(1);
  for (const auto& [text, header] : inputs) {
    headers own;
    if (*header != '\0') own.emplace_back("X", header);
    builder.add_input(text, own, "");
  }
  builder.options().dedupe = true;
  return builder.finish();
}

void publish(task& to, std::uint32_t index, errc code = errc::none) {
  record done;
  done.index = index;
  done.code = code;
  to.publish(0, done);
}

std::vector<std::uint32_t> logged(const task& of) {
  std::vector<std::uint32_t> indices;
  for (std::uint32_t at = 0; of.log(at); ++at) indices.push_back(of.log(at)->index);
  return indices;
}

}  // namespace

TEST_CASE("task_builder: with dedupe equal inputs are in a chain once, and one record is that of all") {
  const auto built = deduped({{"http://a.test/1", ""},
                              {"http://a.test/2", ""},
                              {"http://a.test/1", ""},
                              {"http://a.test/1", ""},
                              {"bad", ""},
                              {"bad", ""},
                              {"http://a.test/3", ""}});
  REQUIRE(built->chains(0).size() == 1);
  CHECK(built->chains(0)[0].count == 3);
  CHECK(members(*built, built->chains(0)[0]) == std::vector<std::uint32_t>{0, 1, 6});
  CHECK(built->invalid().count == 1);
  CHECK(members(*built, built->invalid()) == std::vector<std::uint32_t>{4});
  publish(*built, 1);
  publish(*built, 0, errc::dns_error);
  CHECK(logged(*built) == std::vector<std::uint32_t>{1, 0, 2, 3});
  CHECK(built->log(3)->code == errc::dns_error);
  record seen;
  REQUIRE(built->read(3, seen));
  CHECK(seen.index == 3);
  CHECK(seen.code == errc::dns_error);
  publish(*built, 6);
  record last;
  last.index = 4;
  CHECK(built->publish(0, last));
  CHECK(logged(*built).size() == 7);
}

TEST_CASE("task_builder: with dedupe inputs that differ in their own header fields are fetched each") {
  const auto built = deduped({{"http://a.test/", ""},
                              {"http://a.test/", "1"},
                              {"http://a.test/", "2"},
                              {"http://a.test/", "1"},
                              {"http://a.test/", ""},
                              {"http://a.test/", "2"}});
  CHECK(members(*built, built->chains(0)[0]) == std::vector<std::uint32_t>{0, 1, 2});
  publish(*built, 1);
  CHECK(logged(*built) == std::vector<std::uint32_t>{1, 3});
  publish(*built, 2);
  publish(*built, 0);
  CHECK(logged(*built) == std::vector<std::uint32_t>{1, 3, 2, 5, 0, 4});
}

TEST_CASE("task_builder: without dedupe every input is fetched") {
  task_builder builder(1);
  for (int i = 0; i < 3; ++i) builder.add_url("http://a.test/");
  CHECK(builder.finish()->chains(0)[0].count == 3);
}

TEST_CASE("task_builder: what inputs bring along is found by index, and only theirs") {
  task_builder builder(1);
  for (int i = 0; i < 100; ++i) {
    if (i % 3 == 0)
      builder.add_input("http://a.test/", headers{{"X-N", std::to_string(i)}}, std::to_string(i));
    else
      builder.add_url("http://a.test/");
  }
  const auto built = builder.finish();
  for (std::uint32_t i = 0; i < 100; ++i) {
    CHECK(built->fields(i) == (i % 3 == 0 ? "X-N: " + std::to_string(i) + "\r\n" : ""));
    CHECK(built->extras().meta(i) == (i % 3 == 0 ? std::to_string(i) : ""));
  }
}

TEST_CASE("task_builder: a plain URL costs nothing for what others could bring along") {
  task_builder builder(1);
  builder.add_input("http://a.test/", headers{}, "");
  CHECK(builder.finish()->extras().bytes() == 0);
}

TEST_CASE("new_uuid: version 4, variant 1, and never the same") {
  const std::string one = new_uuid();
  CHECK(one.size() == 36);
  CHECK(one[14] == '4');
  CHECK(std::string("89ab").find(one[19]) != std::string::npos);
  CHECK(one != new_uuid());
}
