#include "connect/tls_context.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <exception>

#include "base/clock.hpp"
#include "connect/tls_failure.hpp"
#include "connect/tls_policy.hpp"

namespace trawl {

namespace {

/// Forward secrecy first; plain RSA last, because old servers have nothing else. No DHE with CBC, no
/// anonymous, static or export suites.
constexpr const char* tls12_ciphers =
    "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:DHE+AESGCM:RSA+AESGCM:RSA+AES:!aNULL:!eNULL:!MD5:!PSK:!SRP";
/// The one that all must speak (RFC 8446 9.1) first, as browsers have it: it is as strong as the key exchange, and its
/// SHA-256, of which a handshake makes some hundred, costs half of SHA-384 where processors have instructions for it.
constexpr const char* tls13_suites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
/// X25519 first: 102 us a key exchange against 187 for P-256 (2-core Xeon, OpenSSL 3.0.22). Those after P-384 for
/// servers that have nothing else; they cost two octets each.
constexpr const char* key_exchange_groups = "X25519:P-256:P-384:P-521:X448:ffdhe2048:ffdhe3072";

/// Where an SSL keeps its tls_peer, and an SSL_CTX its tls_context.
int peer_slot() {
  static const int slot = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return slot;
}
int context_slot() {
  static const int slot = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return slot;
}

void offer_alpn(SSL_CTX* context) {
  std::string list(1, static_cast<char>(alpn_http1.size()));
  list += alpn_http1;
  check_tls_setting(SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(list.data()),
                                            static_cast<unsigned>(list.size())) == 0,
                    "ALPN");
}

void choose_protocol(SSL_CTX* context) {
  apply_tls_wishes(context, {tls12_ciphers, tls13_suites, key_exchange_groups});
  // Servers without RFC 5746 still exist and browsers take them; renegotiation is what it protects.
  SSL_CTX_set_options(context, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  offer_alpn(context);
}

/// A list missing for some issuer, or outdated, is no reason to refuse: see tls_trust_options.
bool forgivable(int error) {
  return error == X509_V_ERR_UNABLE_TO_GET_CRL || error == X509_V_ERR_CRL_HAS_EXPIRED ||
         error == X509_V_ERR_CRL_NOT_YET_VALID || error == X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER;
}

/// Called by OpenSSL at each step of a verification; 0 ends it.
int judge(int passed, X509_STORE_CTX* chain) {
  if (passed == 1) return 1;
  const int error = X509_STORE_CTX_get_error(chain);
  if (forgivable(error)) {
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
  }
  auto* const ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* const peer = static_cast<tls_peer*>(SSL_get_ex_data(ssl, peer_slot()));
  try {  // No exception may pass through OpenSSL.
    peer->verify_note = describe_certificate(error, *chain, peer->host);
  } catch (const std::exception&) {
    X509_STORE_CTX_set_error(chain, X509_V_ERR_OUT_OF_MEM);
  }
  return 0;
}

}  // namespace

void tls_context::free_context::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

tls_context::tls_context(const tls_trust& trust, const tls_context_options& options)
    : sessions_(options.max_sessions),
      verifications_(options.max_verifications, trust.generation()),
      by_mode_{make_context(trust, false), make_context(trust, true)},
      spoken_(spoken_versions(by_mode_[0].get())) {}

tls_context::context_ptr tls_context::make_context(const tls_trust& trust, bool verify) {
  context_ptr made(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* const context = made.get();
  check_tls_setting(context != nullptr, "client method");
  choose_protocol(context);
  SSL_CTX_set1_cert_store(context, trust.native());
  SSL_CTX_set_verify(context, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, judge);
  SSL_CTX_set_cert_verify_callback(context, verify_chain, this);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_quiet_shutdown(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, new_session);
  SSL_CTX_set_client_cert_cb(context, no_certificate);
  check_tls_setting(SSL_CTX_set_ex_data(context, context_slot(), this) == 1, "context data");
  return made;
}

SSL* tls_context::new_connection(bool verify, tls_peer& peer) {
  SSL* const ssl = SSL_new(by_mode_[verify ? 1 : 0].get());
  if (ssl == nullptr) return nullptr;
  SSL_set_ex_data(ssl, peer_slot(), &peer);
  peer.spoken = spoken_;
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);  // RFC 9525 6.3
  return ssl;
}

/// We have none; but a refusal that follows can be explained.
int tls_context::no_certificate(SSL* ssl, X509**, EVP_PKEY**) {
  static_cast<tls_peer*>(SSL_get_ex_data(ssl, peer_slot()))->client_certificate_asked = true;
  return 0;
}

/// OpenSSL hands over a reference when we answer 1.
int tls_context::new_session(SSL* ssl, SSL_SESSION* session) {
  auto* const self = static_cast<tls_context*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), context_slot()));
  auto* const peer = static_cast<tls_peer*>(SSL_get_ex_data(ssl, peer_slot()));
  session_ptr owned(session);
  try {
    self->sessions_.put(peer->session_key, std::move(owned), peer->verify_note);
  } catch (const std::exception&) {  // Not remembered: the next handshake is a full one.
  }
  return 1;
}

int tls_context::verify_chain(X509_STORE_CTX* chain, void* self) {
  return static_cast<tls_context*>(self)->verifications_.verify(chain, epoch_seconds());
}

}  // namespace trawl
