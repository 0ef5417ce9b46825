#include "api/http/tls_identity.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <new>
#include <string_view>

#include "connect/tls_policy.hpp"

namespace trawl {
namespace {

// Only what has forward secrecy and authenticates what it encrypts.
constexpr const char* tls12_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* tls13_suites = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";
constexpr const char* key_exchange_groups = "X25519:P-256:P-384";

std::string reason() {
  const unsigned long error = ERR_peek_last_error();
  const char* const words = ERR_reason_error_string(error);
  std::string said = words != nullptr ? words : "it cannot be read";
  ERR_clear_error();
  return said;
}

// A key under a pass phrase: nobody is asked for it on a terminal.
int no_pass_phrase(char*, int, int, void*) { return -1; }

// RFC 7301: the one protocol spoken here, when it is among those the client offers; else its wish is passed over.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered, unsigned length,
                    void*) {
  static constexpr unsigned char ours[] = "\x08http/1.1";
  auto* chosen = const_cast<unsigned char*>(*out);  // NOLINT: OpenSSL's signature; it is only pointed at.
  const int found = SSL_select_next_proto(&chosen, size, ours, sizeof ours - 1, offered, length);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

void settle(SSL_CTX* context) {
  apply_tls_wishes(context, {tls12_ciphers, tls13_suites, key_exchange_groups});
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // Tickets do without.
  SSL_CTX_set_default_passwd_cb(context, no_pass_phrase);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
}

}  // namespace

void tls_identity::free_context::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

std::vector<std::string> tls_identity::read(const std::string& certificate_file, const std::string& key_file) {
  std::unique_ptr<SSL_CTX, free_context> made(SSL_CTX_new(TLS_server_method()));
  if (!made) throw std::bad_alloc();
  SSL_CTX* const context = made.get();
  settle(context);
  ERR_clear_error();
  std::vector<std::string> problems;
  if (SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1)
    problems.push_back("tls-cert " + certificate_file + ": " + reason());
  const bool certified = problems.empty();
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    problems.push_back("tls-key " + key_file + ": " + reason());
  else if (certified && SSL_CTX_check_private_key(context) != 1)
    problems.push_back("tls-key " + key_file + ": " + reason());
  if (problems.empty()) context_ = std::move(made);
  return problems;
}

SSL* tls_identity::new_connection() const { return SSL_new(context_.get()); }

}  // namespace trawl
