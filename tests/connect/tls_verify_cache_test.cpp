// What remembering verifications may never do: let through what would have been refused.
#include "connect/tls_verify_cache.hpp"

#include <doctest/doctest.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <memory>

#include "base/clock.hpp"
#include "connect/full_handshakes.hpp"
#include "connect/test_certificates.hpp"

using namespace trawl;
using namespace std::chrono_literals;
using test::identity;

namespace {

/// Verifies `who` for `host` through the cache, as a client does.
struct verifying {
  test::authority ca;
  std::shared_ptr<X509_STORE> store{X509_STORE_new(), X509_STORE_free};
  verifying() { X509_STORE_add_cert(store.get(), ca.self().certificate.get()); }

  int verify(tls_verify_cache& cache, const identity& who, std::int64_t now, const char* host,
             const char* address = nullptr, const identity* sent_along = nullptr) const {
    const std::shared_ptr<STACK_OF(X509)> sent(sk_X509_new_null(), [](STACK_OF(X509) * s) { sk_X509_free(s); });
    if (sent_along != nullptr) sk_X509_push(sent.get(), sent_along->certificate.get());
    const std::shared_ptr<X509_STORE_CTX> chain(X509_STORE_CTX_new(), X509_STORE_CTX_free);
    X509_STORE_CTX_init(chain.get(), store.get(), who.certificate.get(), sent.get());
    X509_VERIFY_PARAM* const wanted = X509_STORE_CTX_get0_param(chain.get());
    if (host != nullptr) X509_VERIFY_PARAM_set1_host(wanted, host, 0);
    if (address != nullptr) X509_VERIFY_PARAM_set1_ip_asc(wanted, address);
    const int good = cache.verify(chain.get(), now);
    CHECK((X509_STORE_CTX_get_error(chain.get()) == X509_V_OK) == (good == 1));
    return good;
  }
};

}  // namespace

TEST_CASE_FIXTURE(verifying, "tls_verify_cache: the same chain for the same host is verified once") {
  tls_verify_cache cache(10, 1);
  const identity good = ca.issue({});
  CHECK(verify(cache, good, epoch_seconds(), "good.test") == 1);
  CHECK(cache.hits() == 0);
  CHECK(verify(cache, good, epoch_seconds(), "good.test") == 1);
  CHECK(cache.hits() == 1);
}

TEST_CASE_FIXTURE(verifying, "tls_verify_cache: another host, address, leaf or companion is another question") {
  tls_verify_cache cache(10, 1);
  const identity good = ca.issue({.names = {"DNS:good.test", "IP:127.0.0.1"}}), twin = ca.issue({});
  CHECK(verify(cache, good, epoch_seconds(), "good.test") == 1);
  CHECK(verify(cache, good, epoch_seconds(), "other.test") == 0);
  CHECK(verify(cache, good, epoch_seconds(), nullptr, "127.0.0.1") == 1);
  CHECK(verify(cache, good, epoch_seconds(), nullptr, "127.0.0.2") == 0);
  CHECK(verify(cache, twin, epoch_seconds(), "good.test") == 1);
  CHECK(verify(cache, good, epoch_seconds(), "good.test", nullptr, &twin) == 1);
  CHECK(cache.hits() == 0);
  CHECK(cache.size() == 4);
}

TEST_CASE_FIXTURE(verifying, "tls_verify_cache: a chain checked for nobody is not remembered") {
  tls_verify_cache cache(10, 1);
  CHECK(verify(cache, ca.issue({}), epoch_seconds(), nullptr) == 1);
  CHECK(cache.size() == 0);
}

TEST_CASE_FIXTURE(verifying, "tls_verify_cache: failures are never remembered") {
  tls_verify_cache cache(10, 1);
  const identity expired = ca.issue({.from = -48h, .until = -24h});
  CHECK(verify(cache, expired, epoch_seconds(), "good.test") == 0);
  CHECK(verify(cache, test::make_self_signed({}), epoch_seconds(), "good.test") == 0);
  CHECK(cache.size() == 0);
}

TEST_CASE_FIXTURE(verifying, "tls_verify_cache: a success counts for an hour, or until the first certificate expires") {
  const std::int64_t now = epoch_seconds();
  tls_verify_cache cache(10, 1);
  const identity good = ca.issue({});
  CHECK(verify(cache, good, now, "good.test") == 1);
  CHECK(verify(cache, good, now + tls_verify_cache::max_age - 1, "good.test") == 1);
  CHECK(cache.hits() == 1);
  CHECK(verify(cache, good, now + tls_verify_cache::max_age, "good.test") == 1);
  CHECK(cache.hits() == 1);

  tls_verify_cache soon(10, 1);
  const identity brief = ca.issue({.until = 1h});
  CHECK(verify(soon, brief, now - 600, "good.test") == 1);  // Its own hour would end 10 minutes earlier.
  CHECK(verify(soon, brief, now + 2999, "good.test") == 1);
  CHECK(soon.hits() == 1);
  tls_verify_cache late(10, 1);
  CHECK(verify(late, brief, now + 600, "good.test") == 1);
  CHECK(verify(late, brief, now + 3700, "good.test") == 1);  // OpenSSL itself looks at the real clock.
  CHECK(late.hits() == 0);
}

TEST_CASE_FIXTURE(verifying, "tls_verify_cache: it holds no more than its bound; with none it is off") {
  tls_verify_cache cache(2, 1), off(0, 1);
  const identity a = ca.issue({}), b = ca.issue({}), c = ca.issue({});
  for (const identity* each : {&a, &b, &a, &c, &a}) CHECK(verify(cache, *each, epoch_seconds(), "good.test") == 1);
  CHECK(cache.size() == 2);
  CHECK(cache.hits() == 2);  // `a` was used, so `b` went.
  CHECK(verify(off, a, epoch_seconds(), "good.test") == 1);
  CHECK(verify(off, a, epoch_seconds(), "good.test") == 1);
  CHECK(off.size() == 0);
  CHECK(off.hits() == 0);
}

TEST_CASE_FIXTURE(test::full_handshakes,
                  "tls_verify_cache: in handshakes it answers, and refuses all that was refused without it") {
  everything();
  CHECK(cold.verifications().hits() == 0);
  CHECK(warm.verifications().hits() == 6);
}
