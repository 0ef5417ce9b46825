// A program of its own: the decoder is for a whole process, in which X509_sign() then fails for keys that
// are older, and a server cannot do RSA key exchange any more (OpenSSL 3.0.22).
#include "connect/tls_legacy_decoder.hpp"

#include <openssl/crypto.h>

#include "connect/full_handshakes.hpp"

using namespace trawl;

namespace {

/// First the decoder, then the keys.
struct decoder {
  const bool on = use_legacy_key_decoder();
};
struct decoded_handshakes : decoder, test::full_handshakes {};

}  // namespace

TEST_CASE_FIXTURE(decoded_handshakes,
                  "tls_legacy_decoder: alone and with the cache, the same is accepted and refused") {
  CHECK(on == (OpenSSL_version_num() < 0x30200000L));
  CHECK(use_legacy_key_decoder() == on);
  everything();
  CHECK(warm.verifications().hits() == 6);
}
