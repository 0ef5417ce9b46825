#include "base/digest.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace trawl;

namespace {

std::string hex(const sha256_octets& octets) {
  std::string text;
  for (const unsigned char each : octets) {
    text += "0123456789abcdef"[each >> 4];
    text += "0123456789abcdef"[each & 15];
  }
  return text;
}

}  // namespace

TEST_CASE("sha256: the examples of FIPS 180-4, however they are cut") {
  sha256 nothing;
  CHECK(hex(nothing.finish()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  sha256 abc;
  abc.add("a");
  abc.add("");
  abc.add("bc");
  CHECK(hex(abc.finish()) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("hmac_sha256: RFC 4231, test cases 1 and 2") {
  CHECK(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")) ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}
