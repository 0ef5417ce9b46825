#include "cli/man_page.hpp"

#include <doctest/doctest.h>

#include "cli/option_table.hpp"

using namespace trawl;

TEST_CASE("man page: every flag stands in it, its hyphens as hyphens, with its environment variable") {
  const std::string page = man_page();
  for (const option& each : option_table()) {
    CAPTURE(each.name);
    std::string flag = each.flag();
    for (std::size_t at = 0; (at = flag.find('-', at)) != std::string::npos; at += 2) flag.insert(at, "\\");
    CHECK(page.find("\\fB" + flag) != std::string::npos);
    if (!each.variable().empty()) CHECK(page.find(each.variable()) != std::string::npos);
  }
}

TEST_CASE("man page: no line of text begins as a request of the formatter") {
  const std::string page = man_page();
  for (std::size_t at = page.find("\n."); at != std::string::npos; at = page.find("\n.", at + 1)) {
    const char next = page[at + 2];
    CHECK_MESSAGE((next >= 'A' && next <= 'Z') == (page.compare(at + 2, 2, "br") != 0), page.substr(at, 40));
  }
  CHECK(page.find("\n'") == std::string::npos);
}
