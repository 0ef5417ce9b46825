// Chains of certificates that are good or not, and why: who issued what, for whom, and whether they may.
#include <doctest/doctest.h>
#include <openssl/objects.h>
#include <openssl/ssl.h>

#include "connect/tls_fixture.hpp"

using namespace trawl;
using namespace std::chrono_literals;
using test::identity;
using test::leaf;
using test::make_issued_by;
using test::say_hello;
using test::tls_server;

namespace {

struct chains : test::tls_fixture {
  test::tls_exchange ask(const identity& who, std::vector<identity> along = {}, const std::string& host = "good.test") {
    tls_server server({.who = who, .chain = std::move(along)}, say_hello);
    return talk({.port = server.port(), .host = host});
  }
  /// "" when the certificate was taken.
  std::string refused(const identity& who, std::vector<identity> along = {}, const std::string& host = "good.test") {
    const auto out = ask(who, std::move(along), host);
    if (!out.failed) return {};
    CHECK(out.failed->code == errc::tls_certificate_error);
    CHECK(out.failed->where == phase::tls);
    return out.failed->detail;
  }
  identity intermediate(leaf what = {}) const {
    what.names.clear();
    what.subject = "Middle CA";
    what.authority = true;
    return ca.issue(what);
  }
  bool taken(const std::string& san, const std::string& host) {
    return refused(ca.issue({.names = {san}}), {}, host).empty();
  }
};

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE_FIXTURE(chains, "tls: a chain without its middle is told as incomplete, with it it is good") {
  const identity middle = intermediate();
  const identity who = make_issued_by(middle, {});
  const std::string why = refused(who);
  CHECK(why.starts_with("certificate has an unknown issuer: DNS:good.test, issued by CN=Middle CA, valid until 20"));
  CHECK(why.ends_with("the server sent no certificate of it (an incomplete chain?)"));
  CHECK(refused(who, {middle}).empty());
  CHECK(refused(who, {ca.self(), middle, middle}).empty());  // Order and surplus are of no account (RFC 8446 4.4.2).
}

TEST_CASE_FIXTURE(chains, "tls: a root nobody trusts is told as such, sent along or not") {
  const test::authority stranger("Stranger CA");
  const identity middle = make_issued_by(stranger.self(), {.names = {}, .subject = "Middle CA", .authority = true});
  const identity who = make_issued_by(middle, {});
  CHECK(refused(who, {middle}).ends_with("that issuer is neither sent along nor trusted here"));
  const std::string whole = refused(who, {middle, stranger.self()});
  CHECK(whole.starts_with("certificate has an unknown issuer: CN=Stranger CA, issued by CN=Stranger CA"));
  CHECK(whole.ends_with("it signed itself and is not trusted here"));
}

TEST_CASE_FIXTURE(chains, "tls: an expired or revoked certificate in the middle is named") {
  const identity old = intermediate({.from = -48h, .until = -24h});
  CHECK(refused(make_issued_by(old, {}), {old}).starts_with("certificate has expired: CN=Middle CA"));
  const identity middle = intermediate();
  const temp_file crl(ca.revocations(&middle));
  const tls_trust strict({.ca_file = ca_file.path(), .crl_file = crl.path()});
  tls_context judging(strict);
  tls_server server({.who = make_issued_by(middle, {}), .chain = {middle}}, say_hello);
  socket_type connection = socket();
  const auto out = run(test::exchange_over(judging, connection, {.port = server.port()}));
  REQUIRE(out.failed.has_value());
  CHECK(out.failed->detail.starts_with("certificate has been revoked: CN=Middle CA"));
}

TEST_CASE_FIXTURE(chains, "tls: broken digests and short keys are weak, anywhere below the root") {
  const identity middle = intermediate({.rsa_bits = 2048});
  for (const char* digest : {"SHA1", "MD5"})
    CHECK(refused(make_issued_by(middle, {.digest = digest}), {middle})
              .starts_with("certificate is weak: its signature uses a broken digest: DNS:good.test"));
  const identity by_sha1 = intermediate({.digest = "SHA1"});
  CHECK(refused(make_issued_by(by_sha1, {}), {by_sha1})
            .starts_with("certificate is weak: its signature uses a broken digest: CN=Middle CA"));
  const identity small = intermediate({.rsa_bits = 1024});
  CHECK(refused(make_issued_by(small, {}), {small})
            .starts_with("certificate is weak: its key is too short: CN=Middle CA"));
}

TEST_CASE_FIXTURE(chains, "tls: a root's own signature proves nothing, so its digest is of no account") {
  const identity root = test::make_self_signed({.names = {}, .subject = "Old CA", .authority = true, .digest = "SHA1"});
  const temp_file file(pem(root));
  const tls_trust trusting({.ca_file = file.path()});
  tls_context judging(trusting);
  tls_server server({.who = make_issued_by(root, {})}, say_hello);
  socket_type connection = socket();
  CHECK_FALSE(run(test::exchange_over(judging, connection, {.port = server.port()})).failed.has_value());
}

TEST_CASE_FIXTURE(chains, "tls: a certificate for another purpose is none for a server") {
  const auto with = [&](int nid, const char* value) { return ca.issue({.more_extensions = {{nid, value}}}); };
  CHECK(refused(with(NID_ext_key_usage, "clientAuth")).starts_with("certificate is not meant for servers: DNS:good"));
  CHECK(refused(with(NID_ext_key_usage, "codeSigning,emailProtection")).starts_with("certificate is not meant for"));
  CHECK(refused(with(NID_ext_key_usage, "clientAuth,serverAuth")).empty());
  CHECK(refused(with(NID_key_usage, "critical,cRLSign")).starts_with("certificate is not meant for servers"));
}

TEST_CASE_FIXTURE(chains, "tls: only an authority may issue, for as deep and for such names as it may") {
  const identity no_authority = ca.issue({.names = {}, .subject = "Middle CA"});
  CHECK(refused(make_issued_by(no_authority, {}), {no_authority})
            .starts_with("certificate issued another, which it may not"));
  const identity shallow = intermediate({.more_extensions = {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"}}});
  const identity below = make_issued_by(shallow, {.names = {}, .subject = "Low CA", .authority = true});
  CHECK(holds(refused(make_issued_by(below, {}), {below, shallow}), "more authorities below it than it may"));
  CHECK(refused(make_issued_by(shallow, {}), {shallow}).empty());
  const identity narrow =
      intermediate({.more_extensions = {{NID_name_constraints, "critical,permitted;DNS:other.test"}}});
  CHECK(holds(refused(make_issued_by(narrow, {}), {narrow}), "name constraints"));
  const identity barred =
      intermediate({.more_extensions = {{NID_name_constraints, "critical,excluded;DNS:good.test"}}});
  CHECK(holds(refused(make_issued_by(barred, {}), {barred}), "name constraints"));
}

TEST_CASE_FIXTURE(chains, "tls: a certificate somebody altered is told as forged") {
  const test::authority same_name("trawl test CA");
  const identity forged = make_issued_by({ca.self().certificate, same_name.self().key}, {});
  CHECK(refused(forged).starts_with("certificate is forged or damaged: its signature is not its issuer's: DNS:good"));
}

TEST_CASE_FIXTURE(chains, "tls: a star is a whole first label, under two more at least") {
  for (const char* san : {"DNS:*", "DNS:*.test", "DNS:w*.good.test", "DNS:*w.good.test", "DNS:www.*.test",
                          "DNS:*.*.test", "DNS:**.good.test", "DNS:.good.test", "DNS:good.test"}) {
    CAPTURE(san);
    CHECK_FALSE(taken(san, "www.good.test"));
  }
  CHECK(taken("DNS:*.good.test", "www.good.test"));
  CHECK(taken("DNS:*.GOOD.test", "WWW.good.TEST"));
  CHECK(taken("DNS:*.good.test", "xn--bcher-kva.good.test"));
  CHECK_FALSE(taken("DNS:xn--*.good.test", "xn--bcher-kva.good.test"));
}

TEST_CASE_FIXTURE(chains,
                  "tls: an international name is certified in its ASCII form, a final dot is no part of a name") {
  CHECK(taken("DNS:xn--bcher-kva.test", "xn--bcher-kva.test"));
  CHECK(taken("DNS:good.test", "good.test."));
  CHECK_FALSE(taken("DNS:good.test.", "good.test"));
  CHECK_FALSE(taken("DNS:good.test.evil.test", "good.test"));
  CHECK_FALSE(taken("email:good.test", "good.test"));
  CHECK_FALSE(taken("URI:https://good.test/", "good.test"));
}

TEST_CASE_FIXTURE(chains, "tls: no certificate is for a name that cannot be in one") {
  const identity wild = ca.issue({.names = {"DNS:*.good.test", "DNS:good.test"}});
  for (const std::string& host : {std::string(".good.test"), std::string(256, 'a'), std::string()}) {
    const std::string why = refused(wild, {}, host);
    CHECK(why.starts_with("no certificate can be for a host named "));
    CHECK(why.size() < 120);
  }
}

TEST_CASE_FIXTURE(chains, "tls: a chain beyond 100 KiB is refused, one below is not") {
  const identity middle = intermediate();
  std::string comment(20'000, 'x');
  const identity bulky = ca.issue({.more_extensions = {{NID_netscape_comment, comment}}});
  CHECK(refused(make_issued_by(middle, {}), {middle, bulky, bulky, bulky, bulky}).empty());
  const auto out = ask(ca.issue({}), {bulky, bulky, bulky, bulky, bulky, bulky});
  REQUIRE(out.failed.has_value());
  CHECK(out.failed->code == errc::tls_protocol_error);
  CHECK(out.failed->detail == "the server sent a handshake message beyond 100 KiB");
}
