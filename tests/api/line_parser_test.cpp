#include "api/submit/line_parser.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace trawl;

namespace {

struct outcome {
  bool accepted = false;
  std::vector<std::string> urls;
  problem wrong;
};

outcome submit(std::string_view body, std::size_t cut = 0) {
  task_builder builder(1);
  line_parser parser(builder);
  outcome seen;
  if (parser.put(body.substr(0, cut))) parser.put(body.substr(cut));
  seen.accepted = parser.finish();
  seen.wrong = parser.wrong();
  if (!seen.accepted) return seen;
  const auto built = builder.finish();
  for (std::uint32_t i = 0; i < built->total(); ++i) seen.urls.emplace_back(built->url(i));
  return seen;
}

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("line_parser: a line is a URL, wherever the body is cut and however lines end") {
  const std::string body =
      "\xEF\xBB\xBFhttp://a/\r\n\n# no\r\n  \t\n \t# neither\nhttp://b/ c\n \xC3\xA9\r\nhttp://d/#e";
  for (std::size_t cut = 0; cut <= body.size(); ++cut) {
    const outcome seen = submit(body, cut);
    REQUIRE(seen.accepted);
    REQUIRE(seen.urls == texts{"http://a/", "http://b/ c", " \xC3\xA9", "http://d/#e"});
  }
}

TEST_CASE("line_parser: a body may come octet by octet") {
  task_builder builder(1);
  line_parser parser(builder);
  for (const char& octet : std::string("\xEF\xBB\xBFhttp://a/\xC3\xA9\r\n\n#\nb")) REQUIRE(parser.put({&octet, 1}));
  REQUIRE(parser.finish());
  const auto built = builder.finish();
  REQUIRE(built->total() == 2);
  CHECK(built->url(0) == "http://a/\xC3\xA9");
  CHECK(built->url(1) == "b");
}

TEST_CASE("line_parser: nothing at all is a submission without URLs") {
  CHECK(submit("").accepted);
  CHECK(submit("\n\n# only words\n").urls.empty());
}

TEST_CASE("line_parser: a line that is not UTF-8 is refused by its number") {
  const std::string_view body = "http://a/\n\nhttp://b/\xE2\x82\nhttp://c/";
  for (std::size_t cut = 0; cut <= body.size(); ++cut) {
    const outcome seen = submit(body, cut);
    CHECK_FALSE(seen.accepted);
    CHECK(seen.wrong.status == 400);
    CHECK(seen.wrong.detail == "line 3 is not UTF-8");
  }
}

TEST_CASE("line_parser: a line of more than 64 KiB is an input like any other") {
  const std::string longest(200000, 'x');
  CHECK(submit(longest + "\nb", 100000).urls == texts{longest, "b"});
}
