// What trawl wants of TLS, within what the system allows. The system's policy is what openssl.cnf (or the file
// OPENSSL_CONF names) has under system_default: MinProtocol, MaxProtocol, CipherString, Ciphersuites, Groups. OpenSSL
// gives it to each SSL_CTX that is made; here nothing of it is loosened, as curl and most others leave it.
#pragma once

#include <openssl/types.h>

namespace trawl {

struct tls_wishes {
  const char* tls12_ciphers;  ///< As SSL_CTX_set_cipher_list() takes them, the best first.
  const char* tls13_suites;   ///< As SSL_CTX_set_ciphersuites() takes them; null: OpenSSL's own.
  const char* groups;         ///< Of the key exchange, the best first.
};

/// Has a fresh `context` speak TLS 1.2 and later, at security level 2 (112 bits: RSA and DH from 2048, no SHA-1
/// signatures), with those of the ciphers wished for that the system allows; where it allows none of them, with the
/// system's. Its groups stand in place of ours. Throws std::runtime_error when OpenSSL refuses a setting.
void apply_tls_wishes(SSL_CTX* context, const tls_wishes& wishes);

/// Throws std::runtime_error, with OpenSSL's reason, unless `done`.
void check_tls_setting(bool done, const char* setting);

}  // namespace trawl
