#include "task/fetch_option_table.hpp"

#include <doctest/doctest.h>

using namespace trawl;

namespace {

option_problem set(task_options& options, std::string_view name, std::string_view value) {
  const fetch_option* which = find_fetch_option(name);
  REQUIRE(which != nullptr);
  return set_option_from_text(options, *which, value);
}

option_problem try_set(std::string_view name, std::string_view value) {
  task_options scratch;
  return set(scratch, name, value);
}

}  // namespace

TEST_CASE("fetch_option_table: each integer takes its range and nothing beside it") {
  // [api 2.8]
  for (const fetch_option& each : fetch_options()) {
    if (each.kind != option_kind::integer) continue;
    CAPTURE(each.name);
    task_options options;
    CHECK(!set_option(options, each, each.least));
    CHECK(!set_option(options, each, each.most));
    CHECK(set_option(options, each, each.most + 1) == expected(each));
    if (each.least > 0) CHECK(set_option(options, each, each.least - 1) == expected(each));
    CHECK(set_option(options, each, true) == expected(each));
  }
}

TEST_CASE("fetch_option_table: each option lands in its own field") {
  // [api 2.20]
  task_options options;
  CHECK(!set(options, "method", "HEAD"));
  CHECK(!set(options, "timeout_ms", "1"));
  CHECK(!set(options, "connect_timeout_ms", "2"));
  CHECK(!set(options, "max_redirects", "3"));
  CHECK(!set(options, "retries", "4"));
  CHECK(!set(options, "max_body_bytes", "5"));
  CHECK(!set(options, "host_concurrency", "6"));
  CHECK(!set(options, "host_delay_ms", "7"));
  CHECK(!set(options, "deadline_s", "8"));
  CHECK(!set(options, "verify_tls", "false"));
  CHECK(!set(options, "keep_alive", "0"));
  CHECK(!set(options, "label", "nightly"));
  CHECK(!set(options, "headers", "Accept: text/html"));
  CHECK(options.method == http_method::head);
  CHECK(options.timeout_ms == 1);
  CHECK(options.connect_timeout_ms == 2);
  CHECK(options.max_redirects == 3);
  CHECK(options.retries == 4);
  CHECK(options.max_body_bytes == 5);
  CHECK(options.host_concurrency == 6u);
  CHECK(options.host_delay_ms == 7u);
  CHECK(options.deadline_s == 8u);
  CHECK(!options.verify_tls);
  CHECK(!options.keep_alive);
  CHECK(options.label == "nightly");
  REQUIRE(options.headers.size() == 1);
  CHECK(options.headers[0] == std::pair<std::string, std::string>("Accept", "text/html"));
}

TEST_CASE("fetch_option_table: text that is no value of its option says what would be one") {
  CHECK(try_set("retries", "11") == "must be an integer from 0 to 10");
  CHECK(try_set("retries", "") == "must be an integer from 0 to 10");
  CHECK(try_set("retries", "+1") == "must be an integer from 0 to 10");
  CHECK(try_set("retries", "1.0") == "must be an integer from 0 to 10");
  CHECK(try_set("retries", "18446744073709551616") == "must be an integer from 0 to 10");
  CHECK(try_set("verify_tls", "yes") == "must be true or false");
  CHECK(try_set("method", "get") == "must be GET or HEAD");
  CHECK(try_set("method", "POST") == "must be GET or HEAD");
  CHECK(!try_set("label", std::string(1024, 'x')));
  CHECK(try_set("label", std::string(1025, 'x')) == "must be a text of at most 1024 octets");
}

TEST_CASE("fetch_option_table: a header is taken as it is written, and refused when it may not be sent") {
  task_options options;
  CHECK(!set(options, "headers", "X-Empty:"));
  CHECK(!set(options, "headers", "Cookie:a=b; c=d "));
  REQUIRE(options.headers.size() == 2);
  CHECK(options.headers[0].second.empty());
  CHECK(options.headers[1] == std::pair<std::string, std::string>("Cookie", "a=b; c=d"));
  for (const char* wrong : {"no colon", ": v", "Host: a.test", "X Y: v", "X: a\r\nY: b", "Proxy-Authorization: x"}) {
    CAPTURE(wrong);
    CHECK(set(options, "headers", wrong));
  }
  CHECK(options.headers.size() == 2);
}

TEST_CASE("fetch_option_table: a value of a wrong type is refused with what is expected") {
  task_options options;
  CHECK(set_option(options, *find_fetch_option("verify_tls"), std::uint64_t{1}) == "must be true or false");
  CHECK(set_option(options, *find_fetch_option("timeout_ms"), false) == "must be an integer from 1 to 3600000");
  CHECK(expected(*find_fetch_option("headers")) == "must be an object of header names and their values");
}

TEST_CASE("fetch_option_table: what is no option has no entry") {
  CHECK(find_fetch_option("") == nullptr);
  CHECK(find_fetch_option("timeout-ms") == nullptr);
  CHECK(find_fetch_option("callback-url") == nullptr);
}

TEST_CASE("fetch_option_table: options filled in by hand are looked through as a whole") {
  task_options options;
  CHECK(option_problems(options).empty());
  options.retries = 10;
  options.deadline_s = 1;
  options.headers = {{"X-One", "1"}};
  CHECK(option_problems(options).empty());
  options.retries = 11;
  options.host_concurrency = 0;
  options.headers = {{"X-One", "1"}, {"X", "a\r\nY: b"}};
  options.label = std::string(1025, 'x');
  const auto wrong = option_problems(options);
  REQUIRE(wrong.size() == 4);
  CHECK(wrong[0] == "retries must be an integer from 0 to 10");
  CHECK(wrong[1] == "host_concurrency must be an integer from 1 to 1000000");
  CHECK(wrong[2].starts_with("headers: "));
  CHECK(wrong[3] == "label must be a text of at most 1024 octets");
}
