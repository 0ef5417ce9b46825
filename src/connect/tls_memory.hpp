// OpenSSL's memory. Where it finds none it may well report that the peer broke the protocol or that a certificate is
// bad, which would be untrue of the server: so it gets the patience of base/memory_shortage.
#pragma once

namespace trawl {

/// Before OpenSSL is used for the first time; afterwards it changes nothing.
void give_tls_patient_memory();

}  // namespace trawl
