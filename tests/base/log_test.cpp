#include "base/log.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>

using namespace trawl;

namespace {

// What `body` writes to stderr.
template <class Body>
std::string stderr_of(Body body) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
  const int before = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  body();
  ::dup2(before, STDERR_FILENO);
  std::array<char, 4096> text;
  const ssize_t n = ::read(ends[0], text.data(), text.size());
  for (const int each : {ends[0], ends[1], before}) ::close(each);
  return {text.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
}

std::string line(log_format format) {
  set_up_log(log_level::info, format);
  return stderr_of([] {
    log_event(log_level::warning, "task ended",
              {{"task", "ab-1"}, {"urls", std::int64_t{3}}, {"why", "a \"b\"\n\xFF"}, {"none", ""}, {"s", 1.25}});
  });
}

}  // namespace

TEST_CASE("log: text is time, level, event and named values; what is no plain word is quoted") {
  const std::string told = line(log_format::text);
  const std::string shape = "0000-00-00T00:00:00.000Z";  // A digit stands for any.
  REQUIRE(told.size() > shape.size());
  for (std::size_t at = 0; at < shape.size(); ++at) {
    CAPTURE(at);
    CHECK((shape[at] == '0' ? told[at] >= '0' && told[at] <= '9' : told[at] == shape[at]));
  }
  CHECK(told.substr(shape.size()) ==
        " warning task ended task=ab-1 urls=3 why=\"a \\\"b\\\"\\n\uFFFD\" none=\"\" s=1.250\n");
}

TEST_CASE("log: JSON is one object a line, whatever octets a value holds") {
  const std::string told = line(log_format::json);
  CHECK(told.find('\n') == told.size() - 1);
  const auto object = nlohmann::json::parse(told);
  CHECK(object["level"] == "warning");
  CHECK(object["event"] == "task ended");
  CHECK(object["task"] == "ab-1");
  CHECK(object["urls"] == 3);
  CHECK(object["why"] == "a \"b\"\n\uFFFD");
  CHECK(object["s"] == 1.25);
}

TEST_CASE("log: what is below the level is not written") {
  set_up_log(log_level::warning, log_format::text);
  CHECK(stderr_of([] { log_event(log_level::info, "task accepted"); }).empty());
  CHECK(!log_enabled(log_level::info));
  CHECK(log_enabled(log_level::error));
  change_log_level(log_level::off);
  CHECK(stderr_of([] { log_event(log_level::error, "anything"); }).empty());
  set_up_log(log_level::info, log_format::text);
}
