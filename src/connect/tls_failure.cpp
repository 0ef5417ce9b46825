#include "connect/tls_failure.hpp"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <memory>

#include "connect/connect_failure.hpp"

namespace trawl {

namespace {

struct free_names {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
struct free_bio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};

/// More names than this tell nobody more.
constexpr int shown_names = 4;

/// A certificate's text is the server's: only printable ASCII may reach a record or a terminal.
std::string printable(std::string_view text) {
  std::string clean(text.substr(0, 200));
  std::replace_if(
      clean.begin(), clean.end(), [](unsigned char c) { return c < 0x20 || c > 0x7e; }, '?');
  return clean;
}

std::string name_text(const X509_NAME* name) {
  const std::unique_ptr<BIO, free_bio> out(BIO_new(BIO_s_mem()));
  char* text = nullptr;
  if (!out || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253) < 0) return "?";
  const long size = BIO_get_mem_data(out.get(), &text);
  return size > 0 ? printable({text, static_cast<std::size_t>(size)}) : "nobody";
}

std::string address_text(const ASN1_OCTET_STRING* address) {
  const auto* const bytes = ASN1_STRING_get0_data(address);
  std::string text;
  std::array<char, 8> part;
  const int size = ASN1_STRING_length(address);
  for (int i = 0; size == 4 && i < 4; ++i) text += (i > 0 ? "." : "") + std::to_string(bytes[i]);
  for (int i = 0; size == 16 && i < 16; i += 2) {
    std::snprintf(part.data(), part.size(), "%x", bytes[i] << 8 | bytes[i + 1]);
    text += (i > 0 ? ":" : "") + std::string(part.data());
  }
  return text;
}

/// "DNS:a.test", "IP:127.0.0.1"; "" for a kind that names no server.
std::string alternative_name(const GENERAL_NAME* name) {
  if (name->type == GEN_IPADD) return "IP:" + address_text(name->d.iPAddress);
  if (name->type != GEN_DNS) return {};
  const auto* const text = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
  return "DNS:" + printable({text, static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))});
}

/// Whom the certificate speaks for: its subjectAltNames, or its subject when it has none.
std::string subject_text(X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, free_names> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::string text;
  const int count = names ? sk_GENERAL_NAME_num(names.get()) : 0;
  for (int i = 0; i < std::min(count, shown_names); ++i) {
    const std::string name = alternative_name(sk_GENERAL_NAME_value(names.get(), i));
    if (!name.empty()) text += (text.empty() ? "" : " ") + name;
  }
  if (count > shown_names) text += " and " + std::to_string(count - shown_names) + " more";
  return text.empty() ? name_text(X509_get_subject_name(certificate)) : text;
}

std::string date_text(const ASN1_TIME* time) {
  std::tm parts{};
  std::array<char, 32> text{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "?";
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

std::string reason_text(int error, std::string_view host) {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "certificate has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "certificate is not yet valid";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "certificate is self-signed";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "certificate has an unknown issuer";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "certificate is not for " + std::string(host);
    case X509_V_ERR_CERT_REVOKED:
      return "certificate has been revoked";
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
      return "certificate is weak: its key is too short";
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return "certificate is weak: its signature uses a broken digest";
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return "certificate is forged or damaged: its signature is not its issuer's";
    case X509_V_ERR_INVALID_PURPOSE:
      return "certificate is not meant for servers";
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
      return "certificate issued another, which it may not";
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
      return "certificate has more authorities below it than it may";
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
      return "certificate names what its issuer may not speak for (name constraints)";
    case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
      return "certificate has a critical extension that is not understood";
    default:
      return std::string("certificate refused: ") + X509_verify_cert_error_string(error);
  }
}

/// What may help to mend it.
std::string_view hint(int error, X509_STORE_CTX& chain) {
  switch (error) {
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return "; it signed itself and is not trusted here";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return sk_X509_num(X509_STORE_CTX_get0_untrusted(&chain)) > 1
                 ? "; that issuer is neither sent along nor trusted here"
                 : "; that issuer is not trusted here, and the server sent no certificate of it (an incomplete chain?)";
    default:
      return {};
  }
}

std::string_view known_alert(int alert) {
  switch (alert) {
    case 0:
      return "close_notify";
    case 10:
      return "unexpected_message";
    case 20:
      return "bad_record_mac";
    case 21:
      return "decryption_failed";
    case 22:
      return "record_overflow";
    case 30:
      return "decompression_failure";
    case 40:
      return "handshake_failure";
    case 41:
      return "no_certificate";
    case 42:
      return "bad_certificate";
    case 43:
      return "unsupported_certificate";
    case 44:
      return "certificate_revoked";
    case 45:
      return "certificate_expired";
    case 46:
      return "certificate_unknown";
    case 47:
      return "illegal_parameter";
    case 48:
      return "unknown_ca";
    case 49:
      return "access_denied";
    case 50:
      return "decode_error";
    case 51:
      return "decrypt_error";
    case 60:
      return "export_restriction";
    case 70:
      return "protocol_version";
    case 71:
      return "insufficient_security";
    case 80:
      return "internal_error";
    case 86:
      return "inappropriate_fallback";
    case 90:
      return "user_canceled";
    case 100:
      return "no_renegotiation";
    case 109:
      return "missing_extension";
    case 110:
      return "unsupported_extension";
    case 111:
      return "certificate_unobtainable";
    case 112:
      return "unrecognized_name";
    case 113:
      return "bad_certificate_status_response";
    case 114:
      return "bad_certificate_hash_value";
    case 115:
      return "unknown_psk_identity";
    case 116:
      return "certificate_required";
    case 120:
      return "no_application_protocol";
    default:
      return {};
  }
}

/// What the server means by it, where the name alone does not say.
std::string_view meaning(int alert, const tls_peer& peer) {
  switch (alert) {
    case SSL_AD_HANDSHAKE_FAILURE:
      return ": no common cipher or parameter";
    case SSL_AD_PROTOCOL_VERSION:
      if (!peer.spoken.tls12) return ": no common TLS version; only 1.3 was offered";
      if (!peer.spoken.tls13) return ": no common TLS version; only 1.2 was offered";
      return ": no common TLS version; 1.2 and 1.3 were offered";
    case SSL_AD_UNRECOGNIZED_NAME:
      return ": it does not know this name";
    case SSL_AD_NO_APPLICATION_PROTOCOL:
      return ": it does not speak HTTP/1.1 inside";
    default:
      return {};
  }
}

/// With TLS 1.3 a server tells what it thinks of our (lacking) certificate after our side of the handshake is done.
failure alert_failure(int alert, const tls_peer& peer, phase where) {
  std::string words = "the server sent the TLS alert " + alert_name(alert);
  if (!peer.client_certificate_asked) return {errc::tls_alert_received, where, words.append(meaning(alert, peer))};
  return {errc::tls_alert_received, phase::tls, words + ": it asked for a client certificate, and trawl has none"};
}

std::string_view moment(phase where) { return where == phase::tls ? " during the TLS handshake" : ""; }

/// A peer that never spoke TLS, told by its first bytes; "" when it may have.
std::string foreign_protocol(std::string_view first) {
  if (first.empty()) return {};
  if (first.starts_with("HTTP/")) return "the server speaks plain HTTP on this port";
  const auto type = static_cast<unsigned char>(first[0]);
  const bool record = type >= 20 && type <= 24 && (first.size() < 2 || first[1] == 3);  // RFC 8446 5.1
  return record ? std::string() : "the server does not speak TLS on this port; it sent \"" + printable(first) + '"';
}

/// Words for what OpenSSL's SSL layer refused.
std::string protocol_words(unsigned long error) {
  switch (ERR_GET_REASON(error)) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_VERSION_TOO_LOW:
      return "the server speaks no TLS version from 1.2 on";
    case SSL_R_WRONG_CIPHER_RETURNED:
    case SSL_R_UNKNOWN_CIPHER_RETURNED:
      return "the server chose a cipher that was not offered";
    case SSL_R_WRONG_SIGNATURE_TYPE:
      return "the server signed in a way that was not offered, perhaps by SHA-1";
    case SSL_R_EXCESSIVE_MESSAGE_SIZE:
      return "the server sent a handshake message beyond 100 KiB";
    case SSL_R_DH_KEY_TOO_SMALL:
      return "the server's Diffie-Hellman key is too short";
    default:
      break;
  }
  const char* const words = ERR_reason_error_string(error);
  return words != nullptr ? words : "the server broke the TLS protocol";
}

bool out_of_memory(unsigned long error) { return ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE; }

/// Takes the queue empty; the last entry is the SSL layer's own view.
unsigned long take_errors() {
  const unsigned long last = ERR_peek_last_error();
  const bool no_memory = out_of_memory(ERR_peek_error()) || out_of_memory(last);
  ERR_clear_error();
  return no_memory ? ERR_PACK(ERR_LIB_SSL, 0, ERR_R_MALLOC_FAILURE) : last;
}

failure from_ssl_layer(unsigned long error, const tls_wire& wire, const tls_peer& peer, phase where) {
  const int reason = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
  if (out_of_memory(error)) return {errc::out_of_resources, where, "no memory for TLS"};
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
    return {errc::tls_certificate_error, where, peer.verify_note.empty() ? "certificate refused" : peer.verify_note};
  const int alert = reason - SSL_AD_REASON_OFFSET;
  if (alert >= 0 && alert < 256) return alert_failure(alert, peer, where);
  std::string foreign = foreign_protocol(wire.first_bytes());
  if (!foreign.empty()) return {errc::tls_protocol_error, where, std::move(foreign)};
  return {errc::tls_protocol_error, where, protocol_words(error)};
}

}  // namespace

std::string describe_certificate(int error, X509_STORE_CTX& chain, std::string_view host) {
  X509* const certificate = X509_STORE_CTX_get_current_cert(&chain);
  std::string text = reason_text(error, host);
  if (certificate == nullptr) return text;
  text += ": " + subject_text(certificate) + ", issued by " + name_text(X509_get_issuer_name(certificate));
  if (error == X509_V_ERR_CERT_NOT_YET_VALID) text += ", valid from " + date_text(X509_get0_notBefore(certificate));
  return text.append(", valid until " + date_text(X509_get0_notAfter(certificate))).append(hint(error, chain));
}

std::int64_t expiry_of(const X509* certificate) {
  std::tm parts{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1) return 0;
  return static_cast<std::int64_t>(::timegm(&parts));
}

std::string alert_name(int alert) {
  const std::string_view name = known_alert(alert);
  return name.empty() ? std::to_string(alert) : std::string(name);
}

failure tls_failure(const tls_wire& wire, const tls_peer& peer, phase where) {
  const unsigned long error = take_errors();
  if (wire.key_changes > most_key_changes)
    return {errc::tls_protocol_error, where,
            "the server changed its keys, or asked to, again and again, and said nothing"};
  if (wire.error != 0) return wire_failure(wire.error, where);
  // Nothing in the queue: it said close_notify.
  const bool end_is_all = error == 0 || (wire.ended && ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING);
  if (end_is_all && foreign_protocol(wire.first_bytes()).empty())
    return {errc::connection_terminated, where, "the server closed the connection" + std::string(moment(where))};
  return from_ssl_layer(error, wire, peer, where);
}

failure wire_failure(int error, phase where) {
  const std::string words = error_words(error_code(error, boost::system::system_category()));
  if (is_shortage(error)) return {errc::out_of_resources, where, words};
  return {errc::connection_terminated, where, words + std::string(moment(where))};
}

}  // namespace trawl
