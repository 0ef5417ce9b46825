// What went wrong on a TLS connection, in the words of the API: OpenSSL's error queue, the state of
// the wire and the certificate's facts in, one failure out. Decides only; no I/O.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "connect/tls_bio.hpp"
#include "connect/tls_context.hpp"
#include "outcome/failure.hpp"

namespace trawl {

/// Why the certificates of `chain` do not speak for `host`; `error` is an X509_V_ERR_ code. E.g.
/// "certificate has expired: DNS:a.test, issued by CN=Some CA, valid until 2020-01-01T00:00:00Z".
[[nodiscard]] std::string describe_certificate(int error, X509_STORE_CTX& chain, std::string_view host);

/// notAfter in epoch seconds; 0: none.
[[nodiscard]] std::int64_t expiry_of(const X509* certificate);

/// "handshake_failure": the name RFC 8446 section 6 gives an alert, or its number.
[[nodiscard]] std::string alert_name(int alert);

/// The failure behind an SSL call that said SSL_ERROR_SSL or SSL_ERROR_SYSCALL. Reads OpenSSL's
/// error queue and leaves it empty. `where`: phase::tls in the handshake, phase::none after it.
[[nodiscard]] failure tls_failure(const tls_wire& wire, const tls_peer& peer, phase where);

/// The failure of a send or wait on the socket under TLS with errno `error`.
[[nodiscard]] failure wire_failure(int error, phase where);

}  // namespace trawl
