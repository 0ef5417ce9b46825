// A program of its own: where OpenSSL is to use FIPS algorithms only, it is so for a whole process.
#include <doctest/doctest.h>
#include <openssl/evp.h>

#include "connect/tls_context.hpp"
#include "connect/tls_legacy_decoder.hpp"

using namespace trawl;

TEST_CASE(
    "tls_legacy_decoder: where only FIPS algorithms may be used it does nothing, as they are asked of providers") {
  REQUIRE(EVP_set_default_properties(nullptr, "fips=yes") == 1);
  CHECK_FALSE(use_legacy_key_decoder());
}

TEST_CASE("tls_context: without an algorithm that may be used it says so at the start") {
  REQUIRE(EVP_set_default_properties(nullptr, "fips=yes") == 1);
  tls_trust_options files;
  files.system_bundle = "/nowhere";
  const tls_trust trust(files);
  CHECK_THROWS_WITH_AS(tls_context{trust}, doctest::Contains("TLS setting refused"), std::runtime_error);
}
