#include "stream/utf8.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace trawl;

TEST_CASE("utf8: well-formed text of every length of sequence is UTF-8") {
  CHECK(is_utf8(""));
  CHECK(is_utf8("plain text that is longer than eight bytes"));
  CHECK(is_utf8("\xC2\x80 \xDF\xBF \xE0\xA0\x80 \xED\x9F\xBF \xEE\x80\x80 \xF0\x90\x80\x80 \xF4\x8F\xBF\xBF"));
}

TEST_CASE("utf8: overlong forms, surrogates, stray and missing bytes are not") {
  for (const char* bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xFF", "\xC3", "\xE2\x82", "\xF0\x9F\x98", "\xC3("}) {
    CAPTURE(bad);
    CHECK_FALSE(is_utf8(bad));
    CHECK_FALSE(is_utf8(std::string("12345678") + bad));
    CHECK_FALSE(is_utf8(bad + std::string("12345678")));
  }
}

TEST_CASE("utf8: a broken sequence is as long as it could have gone on") {
  CHECK(utf8_first("\xE2\x82").size == 2);
  CHECK(utf8_first("\xE2\x28\xA1").size == 1);
  CHECK(utf8_first("\xF0\x9F\x98x").size == 3);
  CHECK(utf8_first("\xFF\xFF").size == 1);
}
