#include "connect/tls_trust.hpp"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <stdexcept>

#include "base/whole_file.hpp"

namespace trawl {

namespace {

[[noreturn]] void refuse(const std::string& origin, const std::string& file, const std::string& why) {
  throw std::runtime_error(origin + ": " + file + ": " + why);
}

/// OpenSSL's own words for an unreadable file say neither which nor why.
void check_readable(const std::string& origin, const std::string& file) {
  if (const std::string wrong = unreadable(file); !wrong.empty()) refuse(origin, file, wrong);
}

bool load_bundle(X509_STORE* store, const std::string& file) {
  const bool loaded = X509_STORE_load_file(store, file.c_str()) == 1;
  ERR_clear_error();
  return loaded;
}

/// OpenSSL reads a certificate's extensions when it first needs them. In many threads at once that is safe, but by a
/// lock-free look that thread sanitizers cannot see; and the first handshakes would all wait for it.
void read_extensions(X509_STORE* store) {
  const STACK_OF(X509_OBJECT)* const objects = X509_STORE_get0_objects(store);
  for (int i = 0; i < sk_X509_OBJECT_num(objects); ++i) {
    X509* const authority = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
    if (authority != nullptr)
      X509_check_purpose(authority, -1, 0);  // What it makes of them is for verification to say.
  }
  ERR_clear_error();
}

std::uint64_t next_generation() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

}  // namespace

void tls_trust::free_store::operator()(X509_STORE* store) const { X509_STORE_free(store); }

tls_trust::tls_trust(const tls_trust_options& options) : store_(X509_STORE_new()), generation_(next_generation()) {
  if (!store_) throw std::bad_alloc();
  // An intermediate or a server's own certificate in --ca-file is trusted as it stands, as in curl.
  X509_STORE_set_flags(store_.get(), X509_V_FLAG_PARTIAL_CHAIN);
  load_authorities(options);
  read_extensions(store_.get());
  if (!options.crl_file.empty()) load_revocations(options.crl_file);
}

void tls_trust::load_authorities(const tls_trust_options& options) {
  const char* const environment = std::getenv("SSL_CERT_FILE");
  const bool named = !options.ca_file.empty();
  const bool from_environment = !named && environment != nullptr && *environment != '\0';
  if (named || from_environment) {
    const std::string origin = named ? "--ca-file" : "SSL_CERT_FILE";
    const std::string file = named ? options.ca_file : environment;
    check_readable(origin, file);
    if (!load_bundle(store_.get(), file)) refuse(origin, file, "no PEM certificate in it");
  } else if (!load_bundle(store_.get(), options.system_bundle)) {
    warning_ = options.system_bundle + " cannot be read: no certificate will verify; name a bundle with --ca-file";
  }
}

void tls_trust::load_revocations(const std::string& file) {
  check_readable("--crl-file", file);
  X509_LOOKUP* const lookup = X509_STORE_add_lookup(store_.get(), X509_LOOKUP_file());
  const bool loaded = lookup != nullptr && X509_load_crl_file(lookup, file.c_str(), X509_FILETYPE_PEM) > 0;
  ERR_clear_error();
  if (!loaded) refuse("--crl-file", file, "no PEM revocation list in it");
  X509_STORE_set_flags(store_.get(), X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
}

}  // namespace trawl
