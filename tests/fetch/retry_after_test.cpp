#include "fetch/retry_after.hpp"

#include <doctest/doctest.h>

using namespace trawl;

namespace {

constexpr std::int64_t noon = 784887151;  // Tue, 15 Nov 1994 08:12:31 GMT

}  // namespace

TEST_CASE("retry_after: seconds") {
  CHECK(parse_retry_after("0", noon) == seconds(0));
  CHECK(parse_retry_after("120", noon) == seconds(120));
  CHECK(parse_retry_after("0060", noon) == seconds(60));
  CHECK(parse_retry_after("1000000000", noon) == seconds(1000000000));
  CHECK(parse_retry_after("1000000001", noon) == seconds(1000000000));
  CHECK(parse_retry_after("99999999999999999999999", noon) == seconds(1000000000));
}

TEST_CASE("retry_after: a date in each form of RFC 9110 5.6.7") {
  for (const char* const date :
       {"Tue, 15 Nov 1994 08:12:41 GMT", "Tuesday, 15-Nov-94 08:12:41 GMT", "Tue Nov 15 08:12:41 1994"})
    CHECK(parse_retry_after(date, noon) == seconds(10));
  CHECK(parse_retry_after("Tue Nov  1 08:12:41 1994", noon) == seconds(0));
}

TEST_CASE("retry_after: a date that has passed asks for nothing") {
  CHECK(parse_retry_after("Tue, 15 Nov 1994 08:12:30 GMT", noon) == seconds(0));
  CHECK(parse_retry_after("Thu, 01 Jan 1970 00:00:00 GMT", noon) == seconds(0));
}

TEST_CASE("retry_after: what is neither says nothing") {
  for (const char* const nonsense : {"", "-1", "+1", "1.5", "1 s", "soon", "10, 20", "Tue, 15 Nov 1994 08:12:41 CET",
                                     "Tue, 15 Nov 1994 08:12:41 GMT+1", "Tue, 35 Nov 1994 08:12:41 GMT"})
    CHECK_FALSE(parse_retry_after(nonsense, noon).has_value());
}
