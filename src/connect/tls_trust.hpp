// Whom we believe: the certificate authorities (and revocations) of the process, loaded once (144
// authorities: 26 to 43 ms, 6 with tls_legacy_decoder; 1 MB) and shared by every shard. OpenSSL locks its lookups;
// nothing here changes after construction.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <string>

namespace trawl {

struct tls_trust_options {
  /// PEM bundle; "": SSL_CERT_FILE of the environment, else the system's bundle.
  std::string ca_file = {};
  /// PEM, any number of CRLs; "": nothing is ever revoked. It only ever adds refusals: an issuer it
  /// has no CRL of is not held against a server, and an outdated CRL still refuses what it names.
  std::string crl_file = {};
  /// Debian's, one file; not the CApath directory, which is read again for every issuer.
  std::string system_bundle = "/etc/ssl/certs/ca-certificates.crt";
};

class tls_trust {
 public:
  /// Throws std::runtime_error naming the file when one that was asked for cannot be read or holds
  /// nothing. A missing system bundle is only a warning(): https then fails, http works.
  explicit tls_trust(const tls_trust_options& options);
  tls_trust(const tls_trust&) = delete;
  tls_trust& operator=(const tls_trust&) = delete;

  [[nodiscard]] X509_STORE* native() const { return store_.get(); }
  /// Differs between any two stores of the process; part of every remembered verification.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  /// For the log at start; "" when all is well.
  [[nodiscard]] const std::string& warning() const { return warning_; }

 private:
  struct free_store {
    void operator()(X509_STORE* store) const;
  };
  void load_authorities(const tls_trust_options& options);
  void load_revocations(const std::string& file);
  std::unique_ptr<X509_STORE, free_store> store_;
  std::uint64_t generation_;
  std::string warning_;
};

}  // namespace trawl
