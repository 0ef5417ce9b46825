#include "stream/json.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace trawl;

namespace {

std::string as_json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string ms(std::int64_t us) {
  std::string out;
  append_ms(out, us);
  return out;
}

std::string tenths(double value) {
  std::string out;
  append_tenths(out, value);
  return out;
}

std::string rfc3339(auto when) {
  std::string out;
  append_rfc3339(out, when);
  return out;
}

}  // namespace

TEST_CASE("json: quotes, backslashes and control characters are escaped, the rest passes") {
  CHECK(as_json("") == R"("")");
  CHECK(as_json("https://example.com/a?b=c") == R"("https://example.com/a?b=c")");
  CHECK(as_json("a\"b\\c/") == R"("a\"b\\c/")");
  CHECK(as_json("\b\t\n\f\r") == R"("\b\t\n\f\r")");
  CHECK(as_json(std::string_view("\0\x01\x0b\x1f\x7f", 5)) == "\"\\u0000\\u0001\\u000b\\u001f\x7f\"");
  CHECK(as_json("\xC3\xA9\xF0\x9F\x98\x80") == "\"\xC3\xA9\xF0\x9F\x98\x80\"");
}

TEST_CASE("json: what is no UTF-8 becomes a replacement character") {
  CHECK(as_json("a\xFF\xE2\x82z") == "\"a\xEF\xBF\xBD\xEF\xBF\xBDz\"");
}

TEST_CASE("json: any byte at any place of a longer text comes back from another parser") {
  for (std::size_t place = 0; place < 20; ++place) {
    for (int byte = 0; byte < 0x80; ++byte) {
      std::string text(20, 'x');
      text[place] = static_cast<char>(byte);
      REQUIRE(nlohmann::json::parse(as_json(text)).get<std::string>() == text);
    }
  }
}

TEST_CASE("json: microseconds become milliseconds with no more decimals than they have") {
  CHECK(ms(0) == "0");
  CHECK(ms(1) == "0.001");
  CHECK(ms(10) == "0.01");
  CHECK(ms(1500) == "1.5");
  CHECK(ms(12345) == "12.345");
  CHECK(ms(12000) == "12");
  CHECK(ms(3600000000) == "3600000");
}

TEST_CASE("json: a rate has one decimal at most") {
  CHECK(tenths(0) == "0");
  CHECK(tenths(812.46) == "812.5");
  CHECK(tenths(812.04) == "812");
  CHECK(tenths(0.95) == "1");
  CHECK(tenths(1e9) == "1000000000");
}

TEST_CASE("json: times are RFC 3339 in UTC") {
  using namespace std::chrono;
  CHECK(rfc3339(std::int64_t{0}) == "\"1970-01-01T00:00:00Z\"");
  CHECK(rfc3339(std::int64_t{1795309013}) == "\"2026-11-22T00:56:53Z\"");
  CHECK(rfc3339(std::int64_t{951782400}) == "\"2000-02-29T00:00:00Z\"");
  CHECK(rfc3339(system_clock::time_point(milliseconds(1795309013007))) == "\"2026-11-22T00:56:53.007Z\"");
}
