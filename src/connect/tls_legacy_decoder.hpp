// OpenSSL 3.0 and 3.1 set up a whole decoder for the public key of every certificate they read: 239
// us for an EC key, 229 for RSA, where the older way they still contain takes 48 and 19 (2-core
// Xeon, OpenSSL 3.0.22); it is most of a full handshake's CPU. And for an X25519 key exchange they go
// through the names of all algorithms four times: 51 us instead of 46 (EPYC). They take the older way
// for keys that an ENGINE claims, so we register one that does nothing but claim RSA, EC and X25519
// with OpenSSL's own methods. Which checks are made and what they find stays the same. From 3.2 on
// there is nothing to gain, and nothing is done. What the older way cannot do (3.0.22): a TLS
// server's RSA key exchange (the client's works), so a listener of this process must offer ECDHE
// only; EVP_EC_gen() and X509_sign() with keys made before.
#pragma once

namespace trawl {

/// For the whole process, before any certificate is read; before other threads use OpenSSL. Repeating
/// it is harmless. False: this OpenSSL needs it not, has no engines, or is to use FIPS algorithms only; all works as
/// before.
bool use_legacy_key_decoder();

}  // namespace trawl
