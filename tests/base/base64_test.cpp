#include "base/base64.hpp"

#include <doctest/doctest.h>

using namespace trawl;

namespace {

std::string coded(std::string_view octets) {
  std::string out;
  append_base64(out, octets);
  return out;
}

}  // namespace

TEST_CASE("base64: the vectors of RFC 4648, section 10") {
  CHECK(coded("").empty());
  CHECK(coded("f") == "Zg==");
  CHECK(coded("fo") == "Zm8=");
  CHECK(coded("foo") == "Zm9v");
  CHECK(coded("foob") == "Zm9vYg==");
  CHECK(coded("fooba") == "Zm9vYmE=");
  CHECK(coded("foobar") == "Zm9vYmFy");
}

TEST_CASE("base64: every octet counts, also zero and those above 127") {
  CHECK(coded(std::string_view("\0\xff\xfb", 3)) == "AP/7");
}

TEST_CASE("decode_base64: the opposite, and nothing else") {
  for (const auto* octets : {"", "f", "fo", "foo", "foob", "fooba", "foobar"}) {
    std::string text;
    append_base64(text, octets);
    CHECK(decode_base64(text) == octets);
  }
  for (const auto* wrong : {"Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zm9v ", "Zm 9", "Zm9vYg==Zm9v", "Zm-_"})
    CHECK_FALSE(decode_base64(wrong).has_value());
}
