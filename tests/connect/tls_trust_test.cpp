#include "connect/tls_trust.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>

#include "base/temp_file.hpp"
#include "connect/test_certificates.hpp"

using namespace trawl;

namespace {

std::string refusal(const tls_trust_options& options) {
  try {
    const tls_trust trust(options);
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "accepted";
}

/// SSL_CERT_FILE as the test wants it, then as it was; null: unset.
class environment {
 public:
  explicit environment(const char* value) {
    if (const char* before = std::getenv(name)) before_ = before;
    set(value);
  }
  environment(const environment&) = delete;
  environment& operator=(const environment&) = delete;
  ~environment() { set(before_ ? before_->c_str() : nullptr); }

 private:
  static constexpr const char* name = "SSL_CERT_FILE";
  static void set(const char* value) { value != nullptr ? ::setenv(name, value, 1) : ::unsetenv(name); }
  std::optional<std::string> before_;
};

}  // namespace

TEST_CASE("tls_trust: a file that cannot be read, or holds no certificate, is refused by name") {
  // [api 5.19]
  const temp_file empty("not a certificate");
  CHECK(refusal({.ca_file = "/no/such/file"}) == "--ca-file: /no/such/file: cannot be read: No such file or directory");
  CHECK(refusal({.ca_file = "/"}) == "--ca-file: /: cannot be read: Is a directory");
  CHECK(refusal({.ca_file = empty.path()}) == "--ca-file: " + empty.path() + ": no PEM certificate in it");
  const environment named("/no/such/file");
  CHECK(refusal({}) == "SSL_CERT_FILE: /no/such/file: cannot be read: No such file or directory");
}

TEST_CASE("tls_trust: a revocation list that cannot be read, or is none, is refused by name") {
  const test::authority ca;
  const temp_file bundle(pem(ca.self()));
  CHECK(refusal({.ca_file = bundle.path(), .crl_file = "/no/such/file"}) ==
        "--crl-file: /no/such/file: cannot be read: No such file or directory");
  CHECK(refusal({.ca_file = bundle.path(), .crl_file = bundle.path()}) ==
        "--crl-file: " + bundle.path() + ": no PEM revocation list in it");
}

TEST_CASE("tls_trust: --ca-file goes before SSL_CERT_FILE, which goes before the system's bundle") {
  // [api 5.19]
  const test::authority ca;
  const temp_file bundle(pem(ca.self()));
  {
    const environment broken("/no/such/file");
    CHECK(refusal({.ca_file = bundle.path()}) == "accepted");
  }
  const environment named(bundle.path().c_str());
  CHECK(tls_trust({.system_bundle = "/no/such/bundle"}).warning().empty());
}

TEST_CASE("tls_trust: a missing system bundle is a warning that names it") {
  const environment unset(nullptr);
  const tls_trust trust({.system_bundle = "/no/such/bundle"});
  CHECK(trust.warning() == "/no/such/bundle cannot be read: no certificate will verify; name a bundle with --ca-file");
  CHECK(trust.native() != nullptr);
}

TEST_CASE("tls_trust: every store has a generation of its own") {
  const tls_trust one({.system_bundle = "/no/such/bundle"}), two({.system_bundle = "/no/such/bundle"});
  CHECK(one.generation() != two.generation());
}
