#include "base/text.hpp"

#include <doctest/doctest.h>

using namespace trawl;

TEST_CASE("text: case is ignored on both sides, and for ASCII letters alone") {
  CHECK(equals_ignoring_case("Keep-ALIVE", "keep-alive"));
  CHECK(equals_ignoring_case("keep-alive", "Keep-ALIVE"));
  CHECK(equals_ignoring_case("", ""));
  CHECK(!equals_ignoring_case("a", "ab"));
  CHECK(!equals_ignoring_case("[", "{"));        // 0x20 apart, as letters are.
  CHECK(!equals_ignoring_case("\xC4", "\xE4"));  // Letters in Latin-1.
  CHECK(starts_ignoring_case("HTTP/1.1", "hTTp/"));
  CHECK(starts_ignoring_case("x", ""));
  CHECK(!starts_ignoring_case("HTT", "http"));
}

TEST_CASE("text: in lower case are ASCII letters, and what is none stays") {
  CHECK(lower_case("Content-TYPE_@[`{ AZaz09\xC4") == "content-type_@[`{ azaz09\xC4");
  CHECK(lower_case("").empty());
}

TEST_CASE("text: optional whitespace is blanks and tabs at both ends") {
  CHECK(trim_ows(" \ta b\t ") == "a b");
  CHECK(trim_ows("\r a") == "\r a");
  CHECK(trim_ows(" \t ").empty());
  CHECK(trim_ows("").empty());
}

TEST_CASE("take_until: the mark goes, and without one all is taken") {
  std::string_view rest = "a,,b";
  CHECK(take_until(rest, ',') == "a");
  CHECK(take_until(rest, ',').empty());
  CHECK(rest == "b");
  CHECK(take_until(rest, ',') == "b");
  CHECK(rest.empty());
  CHECK(take_until(rest, ',').empty());
  rest = "a,";
  CHECK(take_until(rest, ',') == "a");
  CHECK(rest.empty());
}

TEST_CASE("take_word: words between blanks, then none") {
  std::string_view rest = "  one\ttwo ";
  CHECK(take_word(rest, " \t") == "one");
  CHECK(rest == "\ttwo ");
  CHECK(take_word(rest, " \t") == "two");
  CHECK(take_word(rest, " \t").empty());
  CHECK(rest.empty());
}
