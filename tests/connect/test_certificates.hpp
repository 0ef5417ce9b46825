// Certificates made in the test: an authority, leaves good and bad, revocation lists. Keys are P-256.
#pragma once

#include <openssl/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trawl::test {

struct identity {
  std::shared_ptr<X509> certificate;
  std::shared_ptr<EVP_PKEY> key;
};

struct leaf {
  std::vector<std::string> names = {"DNS:good.test"};  ///< "DNS:name", "IP:address"; none: no subjectAltName.
  std::string subject = "good.test";
  std::chrono::hours from{-24};  ///< From now.
  std::chrono::hours until{24 * 30};
  int rsa_bits = 0;  ///< 0: P-256.
  bool authority = false;
  std::string digest = "SHA256";                                  ///< Of the signature on it.
  std::vector<std::pair<int, std::string>> more_extensions = {};  ///< NID and value as in openssl's configuration.
};

/// Signed by itself.
[[nodiscard]] identity make_self_signed(const leaf& what);
/// Signed by `issuer`, whether that may or not.
[[nodiscard]] identity make_issued_by(const identity& issuer, const leaf& what);
/// PEM of a list of `issuer` that revokes `who` (may be null), good for `good_for` from now.
[[nodiscard]] std::string make_revocations(const identity& issuer, const identity* who, std::chrono::hours good_for);

class authority {
 public:
  explicit authority(std::string_view name = "trawl test CA");
  [[nodiscard]] identity issue(const leaf& what) const;
  /// PEM of a list that revokes `who`, with or without anything in it; good for `hours` from now.
  [[nodiscard]] std::string revocations(const identity* who,
                                        std::chrono::hours good_for = std::chrono::hours(24)) const;
  [[nodiscard]] const identity& self() const { return self_; }

 private:
  identity self_;
};

[[nodiscard]] std::string pem(const identity& who);

}  // namespace trawl::test
