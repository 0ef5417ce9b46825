// Every way a handshake can fail, told apart.
#include <doctest/doctest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>

#include "connect/tls_failure.hpp"
#include "connect/tls_fixture.hpp"

using namespace trawl;
using namespace std::chrono_literals;
using test::identity;
using test::leaf;
using test::say_hello;
using test::tls_server;

namespace {

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

struct refusals : test::tls_fixture {
  failure refused_by(tls_server& server, const std::string& host = "good.test", bool is_ip = false) {
    const auto out = talk({.port = server.port(), .host = host, .is_ip = is_ip});
    REQUIRE(out.failed.has_value());
    CHECK(out.failed->where == phase::tls);
    return *out.failed;
  }
  failure refused(const identity& who, const std::string& host = "good.test", bool is_ip = false) {
    tls_server server({.who = who}, say_hello);
    return refused_by(server, host, is_ip);
  }
  std::string bad_certificate(const identity& who, const std::string& host = "good.test", bool is_ip = false) {
    const failure f = refused(who, host, is_ip);
    CHECK(f.code == errc::tls_certificate_error);
    return f.detail;
  }
  failure raw(test::raw_server::script serve) {
    test::raw_server server(std::move(serve));
    const auto out = talk({.port = server.port()});
    REQUIRE(out.failed.has_value());
    CHECK(out.failed->where == phase::tls);
    return *out.failed;
  }
};

void read_hello(int descriptor) {
  char block[4096];
  static_cast<void>(::recv(descriptor, block, sizeof block, 0));
}

}  // namespace

TEST_CASE_FIXTURE(refusals, "tls: an expired certificate is told with whom it was for, by whom and until when") {
  const std::string detail = bad_certificate(ca.issue({.from = -48h, .until = -24h}));
  CHECK(detail.starts_with("certificate has expired: DNS:good.test, issued by CN=trawl test CA, valid until 20"));
  CHECK(detail.ends_with("Z"));
}

TEST_CASE_FIXTURE(refusals, "tls: a certificate of the future is not yet valid") {
  const std::string detail = bad_certificate(ca.issue({.from = 24h, .until = 48h}));
  CHECK(detail.starts_with("certificate is not yet valid: DNS:good.test"));
  CHECK(holds(detail, "valid from 20"));
}

TEST_CASE_FIXTURE(refusals, "tls: self-signed and unknown issuer are two things") {
  CHECK(bad_certificate(test::make_self_signed({})).starts_with("certificate is self-signed: DNS:good.test"));
  const test::authority stranger("Stranger CA");
  CHECK(bad_certificate(stranger.issue({}))
            .starts_with("certificate has an unknown issuer: DNS:good.test, issued by CN=Stranger CA"));
}

TEST_CASE_FIXTURE(refusals, "tls: an unknown issuer stays unknown when it is sent along") {
  const test::authority stranger("Stranger CA");
  tls_server server({.who = stranger.issue({}), .chain = {stranger.self()}}, say_hello);
  const failure f = refused_by(server);
  CHECK(f.code == errc::tls_certificate_error);
  CHECK(f.detail.starts_with("certificate has an unknown issuer"));
}

TEST_CASE_FIXTURE(refusals, "tls: a certificate for another host names both") {
  const std::string detail = bad_certificate(ca.issue({.names = {"DNS:other.test", "IP:10.0.0.1"}}));
  CHECK(detail.starts_with("certificate is not for good.test: DNS:other.test IP:10.0.0.1, issued by"));
}

TEST_CASE_FIXTURE(refusals, "tls: the subject's common name speaks for no host") {
  CHECK(holds(bad_certificate(ca.issue({.names = {}, .subject = "good.test"})),
              "certificate is not for good.test: CN=good.test"));
}

TEST_CASE_FIXTURE(refusals, "tls: a wildcard covers one whole label and nothing else") {
  const identity wild = ca.issue({.names = {"DNS:*.good.test"}});
  for (const char* host : {"good.test", "a.b.good.test"}) CHECK(holds(bad_certificate(wild, host), "is not for"));
  CHECK(holds(bad_certificate(ca.issue({.names = {"DNS:w*.good.test"}}), "www.good.test"), "is not for"));
  CHECK(holds(bad_certificate(ca.issue({.names = {"DNS:*.test"}}), "127.0.0.1", true), "is not for"));
}

TEST_CASE_FIXTURE(refusals, "tls: an address must be an IP subjectAltName, the same one") {
  CHECK(holds(bad_certificate(ca.issue({.names = {"DNS:127.0.0.1"}}), "127.0.0.1", true), "is not for 127.0.0.1"));
  CHECK(holds(bad_certificate(ca.issue({.names = {"IP:127.0.0.2", "IP:::1"}}), "127.0.0.1", true),
              "IP:127.0.0.2 IP:0:0:0:0:0:0:0:1"));
}

TEST_CASE_FIXTURE(refusals, "tls: a short key is weak") {
  CHECK(bad_certificate(ca.issue({.rsa_bits = 1024})).starts_with("certificate is weak: its key is too short"));
}

TEST_CASE_FIXTURE(refusals, "tls: names of a hostile certificate are cleaned and cut") {
  leaf many;
  many.names.clear();
  for (int i = 0; i < 9; ++i) many.names.push_back("DNS:n" + std::to_string(i) + ".test");
  CHECK(holds(bad_certificate(ca.issue(many)), "DNS:n3.test and 5 more"));
  const identity loud = ca.issue({.names = {}, .subject = "a\x1b[31m\nb"});
  for (const char c : bad_certificate(loud)) CHECK((c >= 0x20 && c < 0x7f));
}

TEST_CASE("tls: a revoked certificate is refused, others of the same and of other issuers are not") {
  test::loop_fixture loop;
  const test::authority ca, other("Other CA");
  const identity good = ca.issue({}), bad = ca.issue({}), elsewhere = other.issue({});
  const temp_file both(pem(ca.self()) + pem(other.self()));
  for (const auto good_for : {24h, -24h}) {  // An outdated list still refuses what it names, and only that.
    const temp_file crl(ca.revocations(&bad, good_for));
    const tls_trust trust({.ca_file = both.path(), .crl_file = crl.path()});
    tls_context context(trust);
    const auto ask = [&](const identity& who) {
      tls_server server({.who = who}, say_hello);
      socket_type socket = loop.socket();
      return loop.run(test::exchange_over(context, socket, {.port = server.port()}));
    };
    CHECK_FALSE(ask(good).failed);
    CHECK_FALSE(ask(elsewhere).failed);
    const auto refused = ask(bad).failed;
    REQUIRE(refused.has_value());
    CHECK(refused->code == errc::tls_certificate_error);
    CHECK(refused->detail.starts_with("certificate has been revoked: DNS:good.test"));
  }
}

TEST_CASE_FIXTURE(refusals, "tls: without verification the same certificates pass, with a note of what is wrong") {
  const auto note = [&](const identity& who) {
    tls_server server({.who = who}, say_hello);
    const auto out = talk({.port = server.port(), .verify = false});
    CHECK_FALSE(out.failed);
    CHECK(out.reply == "hello");
    return out.facts.verify_note;
  };
  CHECK(note(ca.issue({.from = -48h, .until = -24h})).starts_with("certificate has expired: DNS:good.test"));
  CHECK(note(test::make_self_signed({})).starts_with("certificate is self-signed"));
  CHECK(note(ca.issue({.names = {"DNS:other.test"}})).starts_with("certificate is not for good.test"));
  CHECK(note(ca.issue({})).empty());
}

TEST_CASE_FIXTURE(refusals, "tls: a server of TLS 1.1 only is a protocol error or its alert") {
  tls_server server({.who = ca.issue({}), .min_version = TLS1_VERSION, .max_version = TLS1_1_VERSION}, say_hello);
  const failure f = refused_by(server);
  CHECK(f.code == errc::tls_alert_received);
  CHECK(f.detail == "the server sent the TLS alert protocol_version: no common TLS version; 1.2 and 1.3 were offered");
}

TEST_CASE_FIXTURE(refusals,
                  "tls: a server that changes its keys for ever, and says nothing, is refused; some times it may") {
  const auto renewing = [](int times) {
    return [times](SSL* ssl) {
      test::read_request(ssl);
      for (int i = 0; i < times && SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED) == 1; ++i) SSL_do_handshake(ssl);
      test::write_all(ssl, "hello");
      test::end_cleanly(ssl);
    };
  };
  const identity good = ca.issue({});
  tls_server patient({.who = good}, renewing(most_key_changes));
  CHECK(talk({.port = patient.port()}).reply == "hello");
  tls_server hostile({.who = good}, renewing(100000));
  const auto out = talk({.port = hostile.port()});
  REQUIRE(out.failed);
  CHECK(out.failed->code == errc::tls_protocol_error);
  CHECK(out.failed->detail == "the server changed its keys, or asked to, again and again, and said nothing");
}

TEST_CASE_FIXTURE(refusals, "tls: a server that asks for renegotiation for ever is refused; some times it may") {
  const auto asking = [](int times) {
    return [times](SSL* ssl) {
      test::read_request(ssl);
      for (int i = 0; i < times && SSL_renegotiate(ssl) == 1 && SSL_do_handshake(ssl) == 1; ++i) continue;
      test::write_all(ssl, "hello");
      test::end_cleanly(ssl);
    };
  };
  const identity good = ca.issue({});
  tls_server patient({.who = good, .max_version = TLS1_2_VERSION}, asking(most_key_changes));
  CHECK(talk({.port = patient.port()}).reply == "hello");
  tls_server hostile({.who = good, .max_version = TLS1_2_VERSION}, asking(100000));
  const auto out = talk({.port = hostile.port()});
  REQUIRE(out.failed);
  CHECK(out.failed->code == errc::tls_protocol_error);
  CHECK(out.failed->detail == "the server changed its keys, or asked to, again and again, and said nothing");
}

TEST_CASE_FIXTURE(refusals, "tls: a ServerHello of TLS 1.0 is named as such") {
  const failure f = raw([](int descriptor) {
    read_hello(descriptor);
    std::string hello("\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01", 11);
    hello += std::string(32, 'r') + std::string("\x00\x00\x2f\x00", 4);
    static_cast<void>(::send(descriptor, hello.data(), hello.size(), MSG_NOSIGNAL));
    read_hello(descriptor);
  });
  CHECK(f.code == errc::tls_protocol_error);
  CHECK(f.detail == "the server speaks no TLS version from 1.2 on");
}

TEST_CASE_FIXTURE(refusals, "tls: no common cipher is the server's alert") {
  tls_server server(
      {.who = ca.issue({}), .max_version = TLS1_2_VERSION, .ciphers_tls12 = "PSK-AES128-CBC-SHA:ECDHE-ECDSA-NULL-SHA"},
      say_hello);
  const failure f = refused_by(server);
  CHECK(f.code == errc::tls_alert_received);
  CHECK(f.detail == "the server sent the TLS alert handshake_failure: no common cipher or parameter");
}

TEST_CASE_FIXTURE(refusals, "tls: a server that does not speak HTTP/1.1 inside says so by alert") {
  tls_server server({.who = ca.issue({}), .refuse_alpn = true}, say_hello);
  const failure f = refused_by(server);
  CHECK(f.code == errc::tls_alert_received);
  CHECK(f.detail == "the server sent the TLS alert no_application_protocol: it does not speak HTTP/1.1 inside");
}

TEST_CASE_FIXTURE(refusals, "tls: every alert keeps its name, an unknown one its number") {
  for (const int number : {10, 20, 21, 22, 30, 40, 41,  42,  43,  44,  45,  46,  47,  48,  49,  50,  51, 60,
                           70, 71, 80, 86, 90, 99, 100, 109, 110, 111, 112, 113, 114, 115, 116, 120, 255}) {
    CAPTURE(number);
    const failure f = raw([number](int descriptor) {
      read_hello(descriptor);
      const char record[] = {0x15, 3, 3, 0, 2, 2, static_cast<char>(number)};
      static_cast<void>(::send(descriptor, record, sizeof record, MSG_NOSIGNAL));
    });
    CHECK(f.code == errc::tls_alert_received);
    CHECK(f.detail.starts_with("the server sent the TLS alert " + alert_name(number)));
  }
  CHECK(alert_name(112) == "unrecognized_name");
  CHECK(alert_name(99) == "99");
}

TEST_CASE_FIXTURE(refusals,
                  "tls: a close_notify in place of a handshake is an end, whether the stream ends too or not") {
  for (const bool waits : {false, true}) {
    const failure f = raw([waits](int descriptor) {
      read_hello(descriptor);
      const char record[] = {0x15, 3, 3, 0, 2, 1, 0};
      static_cast<void>(::send(descriptor, record, sizeof record, MSG_NOSIGNAL));
      if (waits) read_hello(descriptor);
    });
    CHECK(f.code == errc::connection_terminated);
    CHECK(f.detail == "the server closed the connection during the TLS handshake");
  }
}

TEST_CASE_FIXTURE(refusals, "tls: plain HTTP on the port is recognised, however it arrives") {
  const std::string plain = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
  for (const std::size_t cut : {plain.size(), std::size_t{6}, std::size_t{11}}) {
    const failure f = raw([&, cut](int descriptor) {
      read_hello(descriptor);
      static_cast<void>(::send(descriptor, plain.data(), cut, MSG_NOSIGNAL));
    });
    CHECK(f.code == errc::tls_protocol_error);
    CHECK(f.detail == "the server speaks plain HTTP on this port");
  }
}

TEST_CASE_FIXTURE(refusals, "tls: another protocol on the port is shown, cleaned") {
  const failure f = raw([](int descriptor) {
    static_cast<void>(::send(descriptor, "SSH-2.0-Open\x1b\r\n", 15, MSG_NOSIGNAL));
    read_hello(descriptor);
  });
  CHECK(f.code == errc::tls_protocol_error);
  CHECK(f.detail == "the server does not speak TLS on this port; it sent \"SSH-2.0-Open???\"");
}

TEST_CASE_FIXTURE(refusals, "tls: end of stream before or amid the handshake is connection_terminated") {
  for (const bool amid : {false, true}) {
    const failure f = raw([amid](int descriptor) {
      read_hello(descriptor);
      if (amid) static_cast<void>(::send(descriptor, "\x16\x03\x03\x00\x60\x02", 6, MSG_NOSIGNAL));
    });
    CHECK(f.code == errc::connection_terminated);
    CHECK(f.detail == "the server closed the connection during the TLS handshake");
  }
}

TEST_CASE_FIXTURE(refusals, "tls: a reset amid the handshake is connection_terminated") {
  const failure f = raw([](int descriptor) {
    read_hello(descriptor);
    const linger at_once{1, 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  });
  CHECK(f.code == errc::connection_terminated);
  CHECK(f.detail == "connection reset by peer during the TLS handshake");
}

TEST_CASE_FIXTURE(refusals, "tls: rubbish in a record is a protocol error") {
  const failure f = raw([](int descriptor) {
    read_hello(descriptor);
    static_cast<void>(::send(descriptor, "\x16\x03\x03\x00\x04\x63\x00\x00\x00", 9, MSG_NOSIGNAL));
    read_hello(descriptor);
  });
  CHECK(f.code == errc::tls_protocol_error);
  CHECK_FALSE(f.detail.empty());
}

TEST_CASE_FIXTURE(refusals, "tls: a socket closed under a handshake that waits ends it with errc::none") {
  test::raw_server silent([](int descriptor) {
    read_hello(descriptor);
    read_hello(descriptor);  // Until the client is gone.
  });
  socket_type connection = socket();
  std::function<void(int)> close_after = [&](int turns) {
    asio::post(executor(), [&, turns] { turns == 0 ? connection.close() : close_after(turns - 1); });
  };
  for (int turns = 1; turns < 12; turns += 2) {
    close_after(turns);
    std::optional<failure> f;
    try {
      f = run(test::exchange_over(context, connection, {.port = silent.port()})).failed;
    } catch (const boost::system::system_error&) {
      continue;  // Closed while it still connected.
    }
    REQUIRE(f.has_value());
    CHECK(f->code == errc::none);
    CHECK(f->where == phase::tls);
  }
}
