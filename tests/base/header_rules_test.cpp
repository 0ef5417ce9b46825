// What a caller may have sent: names, values, forbidden fields, limits.
#include "base/header_rules.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace trawl;
using namespace std::string_literals;

namespace {

using headers = std::vector<std::pair<std::string, std::string>>;

std::string problem(std::string_view name, std::string_view value, const headers& before = {}) {
  return header_problem(before, name, value).value_or("");
}
bool refused(std::string_view name, std::string_view value) { return !problem(name, value).empty(); }

}  // namespace

TEST_CASE("header_rules: ordinary fields pass") {
  for (const auto* name : {"Accept", "user-agent", "Authorization", "Cookie", "X-Api_Key.2", "Range", "If-None-Match",
                           "Referer", "Hosts", "Tea", "Proxy", "!#$%&'*+-.^_`|~09azAZ"})
    CHECK(problem(name, "value") == "");
  CHECK(problem("X", "") == "");
  CHECK(problem("X", " a\tb \xc3\xa9 \xff ~") == "");
}

TEST_CASE("header_rules: fields that frame the message or belong to the connection are refused in any case") {
  for (const auto* name :
       {"Host", "hOST", "Content-Length", "Transfer-Encoding", "TE", "te", "Connection", "CONNECTION", "Upgrade",
        "Trailer", "Expect", "Keep-Alive", "Proxy-Authorization", "proxy-connection", "PROXY-", "Proxy-X"})
    CHECK(refused(name, "x"));
  CHECK(problem("Host", "x") == "header \"Host\" may not be given: trawl sends what is needed of it");
}

TEST_CASE("header_rules: a name must be a token") {
  for (const auto& name : {""s, "A B"s, " A"s, "A "s, "A:"s, "A\r\nB"s, "A\0B"s, "A\tB"s, "\xc3\xa9"s, "A(B)"s, "A,B"s,
                           "A@B"s, "A[B]"s, "A{B}"s, "A\"B\""s, "A/B"s, "A=B"s, "\x7f"s})
    CHECK(refused(name, "x"));
  CHECK(problem("A\r\nB: c", "x") == "header \"A??B: c\": a name may hold only letters, digits and !#$%&'*+-.^_`|~");
  CHECK(problem(std::string(5000, ' '), "x").size() < 200);
}

TEST_CASE("header_rules: no control character but a tab may stand in a value") {
  for (int octet = 0; octet < 256; ++octet) {
    const bool control = (octet < 0x20 && octet != '\t') || octet == 0x7f;
    CAPTURE(octet);
    CHECK(refused("X", "a"s + static_cast<char>(octet) + "b") == control);
  }
  CHECK(problem("X-Evil", "a\r\nHost: b") ==
        "header \"X-Evil\": a value may not hold CR, LF, NUL or other control characters");
}

TEST_CASE("header_rules: a hundred fields pass, not one more") {
  headers before(98, {"X", "y"});
  CHECK(problem("A", "b", before) == "");
  before.emplace_back("A", "b");
  CHECK(problem("A", "b", before) == "");
  before.emplace_back("A", "b");
  CHECK(problem("A", "b", before) == "header \"A\" is one too many: at most 100 may be given");
}

TEST_CASE("header_rules: 16384 octets pass, line ends counted, not one more") {
  const auto of = [](std::size_t size) { return std::string(size - 5, 'v'); };  // "X: " and CRLF.
  CHECK(problem("X", of(16383)) == "");
  CHECK(problem("X", of(16384)) == "");
  CHECK(problem("X", of(16385)) == "header \"X\" makes them more than 16384 octets in all");
  const headers before{{"X", of(16000)}};
  CHECK(problem("X", of(384), before) == "");
  CHECK(problem("X", of(385), before) != "");
}
