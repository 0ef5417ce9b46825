#include "cli/url_lines.hpp"

#include <doctest/doctest.h>

#include "base/temp_file.hpp"

using namespace trawl;

namespace {

using lines = std::vector<std::string>;

const std::string mixed = "\xEF\xBB\xBFhttp://a/\r\n\n  # note\n\thttp://b/ \n\r\nnot a url\n#http://c/\nhttp://d/#e";
const lines expected{"http://a/", "http://b/", "not a url", "http://d/#e"};

}  // namespace

TEST_CASE("url_lines: blank lines, comments and blanks around are left out, whatever the pieces") {
  for (std::size_t cut = 0; cut <= mixed.size(); ++cut) {
    CAPTURE(cut);
    lines taken;
    url_lines cutter([&](std::string_view line) { taken.emplace_back(line); });
    cutter.put(std::string_view(mixed).substr(0, cut));
    cutter.put(std::string_view(mixed).substr(cut));
    cutter.finish();
    CHECK(taken == expected);
  }
}

TEST_CASE("url_lines: byte by byte is the same") {
  lines taken;
  url_lines cutter([&](std::string_view line) { taken.emplace_back(line); });
  for (const char each : mixed) cutter.put({&each, 1});
  cutter.finish();
  CHECK(taken == expected);
}

TEST_CASE("url_lines: files and URLs are read in the order of the arguments, and all that cannot be read is told") {
  const temp_file file(mixed);
  lines taken;
  const lines problems = read_urls({"https://first.test/", file.path(), "/nonexistent", "/", "https://last.test/"},
                                   [&](std::string_view line) { taken.emplace_back(line); });
  CHECK(taken ==
        lines{"https://first.test/", "http://a/", "http://b/", "not a url", "http://d/#e", "https://last.test/"});
  REQUIRE(problems.size() == 2);
  CHECK(problems[0] == "/nonexistent: cannot be read: No such file or directory");
  CHECK(problems[1] == "/: cannot be read: Is a directory");
}
