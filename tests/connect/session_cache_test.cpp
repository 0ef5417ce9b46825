#include "connect/session_cache.hpp"

#include <doctest/doctest.h>
#include <openssl/ssl.h>

using namespace trawl;

namespace {

constexpr std::int64_t now = 1'800'000'000;

/// Resumable as far as OpenSSL is concerned: it has an id.
session_ptr make(int version = TLS1_3_VERSION, std::int64_t made = now, long lifetime = 7200) {
  static unsigned char id = 0;
  session_ptr session(SSL_SESSION_new());
  SSL_SESSION_set_protocol_version(session.get(), version);
  SSL_SESSION_set_time(session.get(), static_cast<long>(made));
  SSL_SESSION_set_timeout(session.get(), lifetime);
  ++id;
  SSL_SESSION_set1_id(session.get(), &id, 1);
  return session;
}

}  // namespace

TEST_CASE("session_cache: a host has the newest of its own sessions first, and each TLS 1.3 one once") {
  session_cache cache;
  session_ptr first = make(), second = make();
  const SSL_SESSION *const older = first.get(), *const newer = second.get();
  cache.put("a", std::move(first));
  cache.put("a", std::move(second));
  CHECK_FALSE(cache.take("b", now).session);
  CHECK(cache.take("a", now).session.get() == newer);
  CHECK(cache.take("a", now).session.get() == older);
  CHECK_FALSE(cache.take("a", now).session);
  CHECK(cache.size() == 0);
}

TEST_CASE("session_cache: a TLS 1.2 session serves again and again") {
  session_cache cache;
  cache.put("a", make(TLS1_2_VERSION));
  CHECK(cache.take("a", now).session);
  CHECK(cache.take("a", now).session);
  CHECK(cache.size() == 1);
}

TEST_CASE("session_cache: the fifth session of a host displaces its oldest") {
  session_cache cache;
  session_ptr oldest = make();
  const SSL_SESSION* const gone = oldest.get();
  cache.put("a", std::move(oldest));
  for (int i = 0; i < 4; ++i) cache.put("a", make());
  CHECK(cache.size() == 4);
  for (int i = 0; i < 4; ++i) CHECK(cache.take("a", now).session.get() != gone);
  CHECK_FALSE(cache.take("a", now).session);
}

TEST_CASE("session_cache: a session is gone when its lifetime has passed, to the second") {
  for (const auto& [age, good] : {std::pair{7199, true}, {7200, false}}) {
    session_cache cache;
    cache.put("a", make());
    CHECK((cache.take("a", now + age).session != nullptr) == good);
    CHECK(cache.size() == 0);
  }
}

TEST_CASE("session_cache: over its bound the host used longest ago goes") {
  session_cache cache(2);
  cache.put("a", make(TLS1_2_VERSION));
  cache.put("b", make());
  CHECK(cache.take("a", now).session);
  cache.put("c", make());
  CHECK(cache.size() == 2);
  CHECK(cache.take("a", now).session);
  CHECK(cache.take("c", now).session);
  CHECK_FALSE(cache.take("b", now).session);
}

TEST_CASE("session_cache: with room for none it keeps none") {
  session_cache cache(0);
  cache.put("a", make());
  CHECK(cache.size() == 0);
}

TEST_CASE("session_cache: the note of the verification comes with the session; forget() drops a host") {
  session_cache cache;
  cache.put("a", make(), "self-signed");
  cache.put("a", make(), "self-signed");
  CHECK(cache.take("a", now).verify_note == "self-signed");
  cache.forget("a");
  cache.forget("a");
  CHECK(cache.size() == 0);
  CHECK_FALSE(cache.take("a", now).session);
}
