// The engine interface is deprecated in OpenSSL 3.0, and the only public way there.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "connect/tls_legacy_decoder.hpp"

#include <openssl/opensslv.h>

#if OPENSSL_VERSION_NUMBER < 0x30200000L && !defined(OPENSSL_NO_ENGINE)

#include <openssl/crypto.h>
#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace trawl {

namespace {

constexpr std::array<int, 3> claimed = {EVP_PKEY_RSA, EVP_PKEY_EC, EVP_PKEY_X25519};
std::array<EVP_PKEY_METHOD*, claimed.size()> methods{};  // The engine's, which frees them at exit.

/// OpenSSL asks: with `method` null which keys are claimed, else for the method of `key`.
int offer(ENGINE*, EVP_PKEY_METHOD** method, const int** keys, int key) {
  if (method == nullptr) {
    *keys = claimed.data();
    return static_cast<int>(claimed.size());
  }
  const auto* const at = std::find(claimed.begin(), claimed.end(), key);
  *method = at != claimed.end() ? methods[static_cast<std::size_t>(at - claimed.begin())] : nullptr;
  return *method != nullptr ? 1 : 0;
}

// For TLS 1.2, which makes an empty key to put the server's in. The older way has nothing of the kind.
int blank_x25519(EVP_PKEY_CTX*, EVP_PKEY* into) { return EVP_PKEY_set_type(into, EVP_PKEY_X25519); }

bool copy_methods() {
  for (std::size_t i = 0; i < claimed.size(); ++i) {
    const EVP_PKEY_METHOD* const own = EVP_PKEY_meth_find(claimed[i]);
    int flags = 0;
    if (own != nullptr) EVP_PKEY_meth_get0_info(nullptr, &flags, own);
    methods[i] = EVP_PKEY_meth_new(claimed[i], flags);
    if (own == nullptr || methods[i] == nullptr) return false;
    EVP_PKEY_meth_copy(methods[i], own);
    if (claimed[i] == EVP_PKEY_X25519) EVP_PKEY_meth_set_paramgen(methods[i], nullptr, blank_x25519);
  }
  return true;
}

/// False on a run-time library that is newer than the headers.
bool needed() { return OpenSSL_version_num() < 0x30200000L; }

bool install() {
  // The older way asks no provider, and so not the validated one that the system wants all to go through.
  if (!needed() || EVP_default_properties_is_fips_enabled(nullptr) == 1 || !copy_methods()) return false;
  ENGINE* const engine = ENGINE_new();
  const bool done = engine != nullptr && ENGINE_set_id(engine, "trawl-keys") == 1 &&
                    ENGINE_set_name(engine, "trawl: keys decoded the short way") == 1 &&
                    ENGINE_set_pkey_meths(engine, offer) == 1 && ENGINE_add(engine) == 1 &&
                    ENGINE_register_pkey_meths(engine) == 1;
  if (engine != nullptr) ENGINE_free(engine);  // OpenSSL's list keeps it.
  ERR_clear_error();
  return done;
}

}  // namespace

bool use_legacy_key_decoder() {
  static const bool installed = install();
  return installed;
}

}  // namespace trawl

#else

namespace trawl {

bool use_legacy_key_decoder() { return false; }

}  // namespace trawl

#endif
