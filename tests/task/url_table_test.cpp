#include "task/url_table.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace trawl;

TEST_CASE("url_table: every text comes back byte for byte, the empty and the huge too") {
  url_table table;
  const std::string huge(200000, 'x');
  const std::string with_nul("a\0b", 3);
  table.add("");
  table.add(huge);
  table.add(with_nul);
  for (int i = 0; i < 10000; ++i) table.add("http://a.test/" + std::to_string(i));
  CHECK(table.size() == 10003);
  CHECK(table.text(0).empty());
  CHECK(table.text(1) == huge);
  CHECK(table.text(2) == with_nul);
  for (int i = 0; i < 10000; ++i)
    REQUIRE(table.text(static_cast<std::uint32_t>(3 + i)) == "http://a.test/" + std::to_string(i));
}
