#include "connect/test_certificates.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <stdexcept>

namespace trawl::test {

namespace {

void must(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("test certificate: ") + what);
}

/// By key type, not by name: EVP_EC_gen() fails where an ENGINE has claimed EC keys.
std::shared_ptr<EVP_PKEY> make_key(int rsa_bits) {
  const int type = rsa_bits > 0 ? EVP_PKEY_RSA : EVP_PKEY_EC;
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> maker(EVP_PKEY_CTX_new_id(type, nullptr),
                                                                          EVP_PKEY_CTX_free);
  must(EVP_PKEY_keygen_init(maker.get()) == 1, "key type");
  must(rsa_bits > 0 ? EVP_PKEY_CTX_set_rsa_keygen_bits(maker.get(), rsa_bits) == 1
                    : EVP_PKEY_CTX_set_ec_paramgen_curve_nid(maker.get(), NID_X9_62_prime256v1) == 1,
       "key size");
  EVP_PKEY* key = nullptr;
  must(EVP_PKEY_keygen(maker.get(), &key) == 1, "key");
  return {key, EVP_PKEY_free};
}

void add_extension(X509* to, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  must(extension != nullptr && X509_add_ext(to, extension, -1) == 1, value.c_str());
  X509_EXTENSION_free(extension);
}

void name_subject(X509* certificate, const std::string& name) {
  X509_NAME* const subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.data()),
                             static_cast<int>(name.size()), -1, 0);
}

void add_extensions(X509* to, X509* issuer, const leaf& what) {
  if (what.more_extensions.empty() || what.more_extensions.front().first != NID_basic_constraints)
    add_extension(to, issuer, NID_basic_constraints, what.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (what.authority) add_extension(to, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(to, issuer, NID_subject_key_identifier, "hash");
  std::string names;
  for (const std::string& name : what.names) names += (names.empty() ? "" : ",") + name;
  if (!names.empty()) add_extension(to, issuer, NID_subject_alt_name, names);
  for (const auto& [nid, value] : what.more_extensions) add_extension(to, issuer, nid, value);
}

/// `issuer` null: itself.
identity make(const leaf& what, const identity* issuer) {
  static std::atomic<long> serial{1000};
  identity made{{X509_new(), X509_free}, make_key(what.rsa_bits)};
  X509* const certificate = made.certificate.get();
  X509* const signer = issuer != nullptr ? issuer->certificate.get() : certificate;
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), std::chrono::seconds(what.from).count());
  X509_gmtime_adj(X509_getm_notAfter(certificate), std::chrono::seconds(what.until).count());
  name_subject(certificate, what.subject);
  X509_set_issuer_name(certificate, X509_get_subject_name(signer));
  X509_set_pubkey(certificate, made.key.get());
  add_extensions(certificate, signer, what);
  EVP_PKEY* const key = issuer != nullptr ? issuer->key.get() : made.key.get();
  must(X509_sign(certificate, key, EVP_get_digestbyname(what.digest.c_str())) > 0, "signature");
  return made;
}

template <class Write>
std::string to_pem(Write write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  must(write(out.get()) == 1, "PEM");
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace

identity make_self_signed(const leaf& what) { return make(what, nullptr); }
identity make_issued_by(const identity& issuer, const leaf& what) { return make(what, &issuer); }

authority::authority(std::string_view name)
    : self_(make({.names = {}, .subject = std::string(name), .authority = true}, nullptr)) {}

identity authority::issue(const leaf& what) const { return make(what, &self_); }

std::string authority::revocations(const identity* who, std::chrono::hours good_for) const {
  return make_revocations(self_, who, good_for);
}

std::string make_revocations(const identity& issuer, const identity* who, std::chrono::hours good_for) {
  const std::unique_ptr<X509_CRL, decltype(&X509_CRL_free)> list(X509_CRL_new(), X509_CRL_free);
  const std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> time(ASN1_TIME_new(), ASN1_TIME_free);
  X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(issuer.certificate.get()));
  X509_CRL_set1_lastUpdate(list.get(), X509_gmtime_adj(time.get(), -48 * 3600));
  if (who != nullptr) {
    X509_REVOKED* const entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(who->certificate.get()));
    X509_REVOKED_set_revocationDate(entry, time.get());
    X509_CRL_add0_revoked(list.get(), entry);
  }
  X509_CRL_set1_nextUpdate(list.get(), X509_gmtime_adj(time.get(), std::chrono::seconds(good_for).count()));
  must(X509_CRL_sign(list.get(), issuer.key.get(), EVP_sha256()) > 0, "CRL signature");
  return to_pem([&](BIO* out) { return PEM_write_bio_X509_CRL(out, list.get()); });
}

std::string pem(const identity& who) {
  return to_pem([&](BIO* out) { return PEM_write_bio_X509(out, who.certificate.get()); });
}

}  // namespace trawl::test
