#include "base/digest.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <new>

namespace trawl {

sha256::sha256() : context_(EVP_MD_CTX_new()) {
  if (context_ == nullptr || EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
}

sha256::~sha256() { EVP_MD_CTX_free(context_); }

void sha256::add(std::string_view piece) { EVP_DigestUpdate(context_, piece.data(), piece.size()); }

sha256_octets sha256::finish() {
  sha256_octets octets{};
  EVP_DigestFinal_ex(context_, octets.data(), nullptr);
  return octets;
}

sha256_octets hmac_sha256(std::string_view key, std::string_view message) {
  sha256_octets octets{};
  const auto* const data = reinterpret_cast<const unsigned char*>(message.data());
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data, message.size(), octets.data(), nullptr);
  return octets;
}

}  // namespace trawl
