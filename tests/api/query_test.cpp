#include "api/http/query.hpp"

#include <doctest/doctest.h>

#include "api/http/accept.hpp"

using namespace trawl;

TEST_CASE("query: pairs are split and decoded") {
  const query asked("a=1&b=x%20y+z&&c&=e&d=%C3%A9&a=2&f=g=h&");
  CHECK(asked.find("a") == "1");
  CHECK(asked.find("b") == "x y z");
  CHECK(asked.find("c") == "");
  CHECK(asked.find("d") == "\xC3\xA9");
  CHECK(asked.find("f") == "g=h");
  CHECK_FALSE(asked.find("x"));
  CHECK(asked.pairs().size() == 7);
}

TEST_CASE("query: a broken escape stays as it is") {
  CHECK(percent_decode("%", false) == "%");
  CHECK(percent_decode("%4", false) == "%4");
  CHECK(percent_decode("%4x%zz%41", false) == "%4x%zzA");
  CHECK(percent_decode("a+b", false) == "a+b");
}

TEST_CASE("query: what is encoded is decoded again") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  CHECK(percent_decode(percent_encode(all), true) == all);
  CHECK(percent_encode("a-Z_0.~ /") == "a-Z_0.~%20%2F");
}

TEST_CASE("query: the first unknown name is found") {
  const std::vector<std::string_view> known{"view", "limit"};
  CHECK_FALSE(query("view=summary&limit=3").unknown(known));
  CHECK(query("view=summary&lmit=3").unknown(known) == "lmit");
}

TEST_CASE("query: a name given twice is found, unless it may be") {
  CHECK(query("view=summary&limit=3&limit=3").repeated("status") == "limit");
  CHECK_FALSE(query("status=done&limit=3&status=running").repeated("status"));
}

TEST_CASE("accept: the most specific range decides") {
  CHECK(quality("", "text/csv") == 1);
  CHECK(quality("*/*", "text/csv") == 1);
  CHECK(quality("application/json", "text/csv") == 0);
  CHECK(quality("text/*;q=0.5, */*;q=0.1", "text/csv") == doctest::Approx(0.5));
  CHECK(quality("*/*, Text/CSV ; charset=utf-8; q=0.3", "text/csv") == doctest::Approx(0.3));
  CHECK(quality("text/csv;q=0", "text/csv") == 0);
  CHECK(quality("application/*", "text/csv") == 0);
  CHECK(quality("text/csv; x=\"a,b;q=1\"; Q=0.4, */*", "text/csv") == doctest::Approx(0.4));
}
