#include "connect/tls_verify_cache.hpp"

#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <ctime>
#include <exception>
#include <memory>
#include <string_view>

namespace trawl {

namespace {

struct free_digest {
  void operator()(EVP_MD_CTX* digest) const { EVP_MD_CTX_free(digest); }
};
struct free_method {
  void operator()(EVP_MD* method) const { EVP_MD_free(method); }
};
struct free_bytes {
  template <class T>
  void operator()(T* bytes) const {
    OPENSSL_free(bytes);
  }
};

/// Fetched once: with EVP_sha256() OpenSSL 3.0 looks it up for every digest.
const EVP_MD* sha256() {
  static const std::unique_ptr<EVP_MD, free_method> method(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  return method.get();
}

/// Length first, so that no two lists of parts hash alike.
bool add(EVP_MD_CTX* digest, const void* data, std::size_t size) {
  const std::uint64_t length = size;
  return EVP_DigestUpdate(digest, &length, sizeof length) == 1 && EVP_DigestUpdate(digest, data, size) == 1;
}

bool add(EVP_MD_CTX* digest, const char* text) {
  const std::string_view view = text != nullptr ? text : "";
  return add(digest, view.data(), view.size());
}

bool add(EVP_MD_CTX* digest, X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  const std::unique_ptr<unsigned char, free_bytes> owned(der);
  return size > 0 && add(digest, der, static_cast<std::size_t>(size));
}

bool add_certificates(EVP_MD_CTX* digest, X509_STORE_CTX* chain) {
  STACK_OF(X509)* const sent = X509_STORE_CTX_get0_untrusted(chain);
  if (!add(digest, X509_STORE_CTX_get0_cert(chain))) return false;
  for (int i = 0; i < sk_X509_num(sent); ++i)
    if (!add(digest, sk_X509_value(sent, i))) return false;
  return true;
}

bool add_identity(EVP_MD_CTX* digest, X509_STORE_CTX* chain) {
  X509_VERIFY_PARAM* const wanted = X509_STORE_CTX_get0_param(chain);
  const char* const host = X509_VERIFY_PARAM_get0_host(wanted, 0);
  const std::unique_ptr<char, free_bytes> address(X509_VERIFY_PARAM_get1_ip_asc(wanted));
  if (host == nullptr && !address) return false;  // Asked for nobody: not ours to remember.
  return add(digest, host) && add(digest, address.get());
}

std::int64_t epoch_of(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? static_cast<std::int64_t>(::timegm(&parts)) : 0;
}

/// When the first certificate of the chain that was built expires.
std::int64_t earliest_expiry(X509_STORE_CTX* chain, std::int64_t at_most) {
  STACK_OF(X509)* const built = X509_STORE_CTX_get0_chain(chain);
  if (sk_X509_num(built) <= 0) return 0;
  for (int i = 0; i < sk_X509_num(built); ++i)
    at_most = std::min(at_most, epoch_of(X509_get0_notAfter(sk_X509_value(built, i))));
  return at_most;
}

}  // namespace

int tls_verify_cache::verify(X509_STORE_CTX* chain, std::int64_t now) try {
  key k;
  const bool keyed = max_entries_ > 0 && key_of(chain, k);
  if (keyed && known_good(k, now)) {
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
  }
  const int verified = X509_verify_cert(chain);
  const bool good = verified == 1 && X509_STORE_CTX_get_error(chain) == X509_V_OK;
  const std::int64_t until = keyed && good ? earliest_expiry(chain, now + max_age) : now;
  if (until > now) remember(k, until);
  return verified;
} catch (const std::exception&) {  // Out of memory; no exception may pass through OpenSSL.
  X509_STORE_CTX_set_error(chain, X509_V_ERR_OUT_OF_MEM);
  return 0;
}

bool tls_verify_cache::key_of(X509_STORE_CTX* chain, key& into) const {
  const std::unique_ptr<EVP_MD_CTX, free_digest> digest(EVP_MD_CTX_new());
  return digest && EVP_DigestInit_ex(digest.get(), sha256(), nullptr) == 1 &&
         add(digest.get(), &generation_, sizeof generation_) && add_identity(digest.get(), chain) &&
         add_certificates(digest.get(), chain) && EVP_DigestFinal_ex(digest.get(), into.data(), nullptr) == 1;
}

bool tls_verify_cache::known_good(const key& k, std::int64_t now) {
  const auto found = by_key_.find(k);
  if (found == by_key_.end()) return false;
  if (found->second->until <= now) {
    entries_.erase(found->second);
    by_key_.erase(found);
    return false;
  }
  entries_.splice(entries_.begin(), entries_, found->second);
  ++hits_;
  return true;
}

void tls_verify_cache::remember(const key& k, std::int64_t until) {
  entries_.push_front(entry{k, until});
  by_key_.insert_or_assign(k, entries_.begin());
  if (entries_.size() <= max_entries_) return;
  by_key_.erase(entries_.back().k);
  entries_.pop_back();
}

}  // namespace trawl
