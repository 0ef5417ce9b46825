// What trawl wants of TLS, within what the system allows. The system's policy is what openssl.cnf (or the file
// OPENSSL_CONF names) has under system_default: MinProtocol, MaxProtocol, CipherString, Ciphersuites, Groups. OpenSSL
// gives it to each SSL_CTX that is made. What is spoken is in both, so a policy narrows and never widens.
#pragma once

#include <openssl/types.h>

namespace trawl {

struct tls_wishes {
  const char* tls12_ciphers;  ///< As SSL_CTX_set_cipher_list() takes them, the best first.
  const char* tls13_suites;   ///< As SSL_CTX_set_ciphersuites() takes them.
  const char* groups;         ///< Of the key exchange, the best first.
};

/// Has a fresh `context` speak TLS 1.2 and later, at security level 2 (112 bits: RSA and DH from 2048, no SHA-1
/// signatures), with those of the ciphers and groups wished for that the system allows, in the order of the wishes. A
/// version none of whose ciphers is left is not spoken. Throws std::runtime_error when OpenSSL refuses a setting, or no
/// version or no group is left.
void apply_tls_wishes(SSL_CTX* context, const tls_wishes& wishes);

struct tls_versions {
  bool tls12 = false;
  bool tls13 = false;
};
/// Those that `context` has a cipher of and is allowed to speak, whichever way it is kept from others.
[[nodiscard]] tls_versions spoken_versions(SSL_CTX* context);

/// Throws std::runtime_error, with OpenSSL's reason, unless `done`.
void check_tls_setting(bool done, const char* setting);

}  // namespace trawl
