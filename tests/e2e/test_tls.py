"""TLS against openssl's own server: each thing that can be wrong with a certificate or a handshake, told apart.

With verify_tls: false the same certificates are taken, and the record says what was wrong.
"""
import contextlib
import os
import socket
import ssl
import tempfile
import threading
import unittest

from harness import NetTest, Service, main
from net import tls_cases
from net.own_dns import OwnDns
from net.tls_cases import DOMAIN

HERE = "127.0.0.1"
# Certificate: (what else is sent, how `detail` begins, what it has further on).
BAD = {
    "expired": ((), "certificate has expired: DNS:expired.tls.test, issued by CN=trawl test ca",
                ", valid until 2020-02-01T00:00:00Z"),
    "future": ((), "certificate is not yet valid: DNS:future.tls.test", ", valid from 2048-01-01T00:00:00Z"),
    "self-signed": ((), "certificate is self-signed: DNS:self-signed.tls.test", ""),
    "unknown-root": (("foreign-middle", "stranger"), "certificate has an unknown issuer: CN=trawl test stranger",
                     "; it signed itself and is not trusted here"),
    "no-middle": ((), "certificate has an unknown issuer: DNS:no-middle.tls.test, issued by CN=middle",
                  "; that issuer is not trusted here, and the server sent no certificate of it (an incomplete chain?)"),
    "wrong-host": ((), "certificate is not for wrong-host.tls.test: DNS:another.example IP:127.0.0.2", ""),
    "cn-only": ((), "certificate is not for cn-only.tls.test: CN=cn-only", ""),
    "small-key": ((), "certificate is weak: its key is too short: DNS:small-key.tls.test", ""),
    "by-sha1": (("rsa-middle",), "certificate is weak: its signature uses a broken digest: DNS:by-sha1.tls.test", ""),
    "clients-only": ((), "certificate is not meant for servers: DNS:clients-only.tls.test", ""),
    "not-issued": (("no-authority",), "certificate issued another, which it may not: CN=no-authority", ""),
    "out-of-bounds": (("narrow",), "certificate names what its issuer may not speak for (name constraints)", ""),
    "revoked": ((), "certificate has been revoked: DNS:revoked.tls.test", ""),
}
OLD = ("-cipher", "ALL:@SECLEVEL=0")
ASKED = ": it asked for a client certificate, and trawl has none"
# Name: (certificate, flags of the server, alert).
REFUSING = {
    "tls10": ("good", ("-tls1", *OLD), "protocol_version: no common TLS version; 1.2 and 1.3 were offered"),
    "tls11": ("good", ("-tls1_1", *OLD), "protocol_version: no common TLS version; 1.2 and 1.3 were offered"),
    "cipher12": ("good", ("-tls1_2", "-cipher", "ECDHE-ECDSA-ARIA128-GCM-SHA256"),
                 "handshake_failure: no common cipher or parameter"),
    "null12": ("good", ("-tls1_2", "-cipher", "NULL:@SECLEVEL=0"), "handshake_failure: no common cipher or parameter"),
    "group13": ("good", ("-tls1_3", "-groups", "ffdhe4096"), "handshake_failure: no common cipher or parameter"),
    "demands12": ("good", ("-tls1_2", "-Verify", "1"), "handshake_failure" + ASKED),
    "demands13": ("good", ("-tls1_3", "-Verify", "1"), "certificate_required" + ASKED),
}
# Name: (certificate, flags, version, cipher).
GOOD = {
    "tls12": ("good", ("-tls1_2",), "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
    "tls13": ("good", ("-tls1_3",), "TLSv1.3", "TLS_AES_128_GCM_SHA256"),
    "chacha": ("good", ("-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"), "TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256"),
    "rsa-kx": ("good-rsa", ("-tls1_2", "-cipher", "AES128-SHA"), "TLSv1.2", "TLS_RSA_WITH_AES_128_CBC_SHA"),
    "P-384": ("good", ("-tls1_3", "-groups", "P-384"), "TLSv1.3", "TLS_AES_128_GCM_SHA256"),
    "P-521": ("good", ("-tls1_3", "-groups", "P-521"), "TLSv1.3", "TLS_AES_128_GCM_SHA256"),
    "X448": ("good", ("-tls1_3", "-groups", "X448"), "TLSv1.3", "TLS_AES_128_GCM_SHA256"),
    "ffdhe2048": ("good", ("-tls1_3", "-groups", "ffdhe2048"), "TLSv1.3", "TLS_AES_128_GCM_SHA256"),
    "wants12": ("good", ("-tls1_2", "-verify", "1"), "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
    "wants13": ("good", ("-tls1_3", "-verify", "1"), "TLSv1.3", "TLS_AES_128_GCM_SHA256"),
}


class TlsTest(NetTest):
    """All classes share the certificates and one service."""

    folder = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if TlsTest.folder is None:
            TlsTest.folder = unittest.enterModuleContext(tempfile.TemporaryDirectory(dir=cls.net["dir"]))
            tls_cases.make(cls.folder, os.path.dirname(cls.net["ca_file"]))
            dns = unittest.enterModuleContext(OwnDns(lambda question: [question.answer(HERE)]))
            crl = os.path.join(cls.folder, "revoked.crl")
            TlsTest.service = unittest.enterModuleContext(Service(cls.net, "--crl-file", crl, dns=dns.address))
        cls.servers = cls.enterClassContext(tls_cases.Servers(cls.folder))

    def one(self, url, **options):
        return self.service.fetch([url], **{"retries": 0, **options})[0]


class Certificates(TlsTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ports = cls.servers.start_all({name: (name, OLD, along) for name, (along, *_) in BAD.items()})
        cls.urls = {name: f"https://{name}.{DOMAIN}:{port}/" for name, port in ports.items()}
        cls.good = cls.servers.start("good")

    def test_each_fault_is_told_with_the_facts_of_the_certificate(self):
        # [api 4.22, 5.19]
        for name, record in zip(BAD, self.service.fetch(list(self.urls.values()), retries=2)):
            with self.subTest(certificate=name):
                errors, (_, begins, holds) = record["errors"], BAD[name]
                self.assertEqual((errors.get("http"), errors.get("code"), errors.get("phase"), errors.get("retryable")),
                                 ("SSL_ERROR", "tls_certificate_error", "tls", False), record)
                self.assertTrue(errors["detail"].startswith(begins), errors["detail"])
                self.assertIn(holds, errors["detail"])
                self.assertRegex(errors["detail"], r", issued by CN=.*, valid until 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")
                self.assertEqual((record["attempts"], record["remote_ip"]), (1, HERE))
                self.assertNotIn("tls", record)

    def test_without_verification_each_is_taken_and_its_fault_recorded(self):
        # [api 4.8]
        for name, record in zip(BAD, self.service.fetch(list(self.urls.values()), retries=0, verify_tls=False)):
            with self.subTest(certificate=name):
                self.assertEqual((record["errors"], record["status_code"]), ({}, 200))
                self.assertTrue(record["tls"]["verify_error"].startswith(BAD[name][1]), record["tls"])

    def test_a_good_certificate_has_no_fault_to_record(self):
        # [api 4.8]
        for verify in (True, False):
            record = self.one(f"https://good.{DOMAIN}:{self.good}/", verify_tls=verify)
            self.assertEqual((record["errors"], set(record["tls"])), ({}, {"version", "cipher", "not_after"}))
            self.assertRegex(record["tls"]["not_after"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_a_chain_may_be_sent_in_any_order_and_with_more_than_it_needs(self):
        port = self.servers.start("whole-chain", chain=("stranger", "ca", "middle", "narrow", "ca"))
        self.assertEqual(self.one(f"https://whole-chain.{DOMAIN}:{port}/")["errors"], {})

    def test_names_a_certificate_is_for(self):
        for host in ("good.tls.test", "GOOD.tls.test", "good.tls.test.", "a.w.tls.test", "xn--bcher-kva.w.tls.test",
                     "bücher.tls.test", "b%C3%BCcher.tls.test", "xn--bcher-kva.tls.test", HERE, "127.1", "2130706433"):
            self.assertEqual(self.one(f"https://{host}:{self.good}/")["errors"], {}, host)

    def test_names_it_is_not_for(self):
        for host in ("w.tls.test", "a.b.w.tls.test", "tls.test", "good.tls.test.evil.test", "localhost"):
            errors = self.one(f"https://{host}:{self.good}/")["errors"]
            self.assertEqual(errors["code"], "tls_certificate_error", host)
            self.assertTrue(errors["detail"].startswith(f"certificate is not for {host}: DNS:good.tls.test"), errors)


class Handshakes(TlsTest):
    def fetch_from_each(self, cases, **options):
        ports = self.servers.start_all({name: (certificate, flags, ()) for name, (certificate, flags, *_) in cases.items()})
        return zip(ports, self.service.fetch([f"https://good.{DOMAIN}:{port}/" for port in ports.values()], **options))

    def test_a_short_diffie_hellman_key_is_told_as_such(self):
        flags = ("-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0", "-dhparam", "dh1024.pem")
        errors = self.one(f"https://good.{DOMAIN}:{self.servers.start('good-rsa', *flags)}/")["errors"]
        self.assertEqual((errors["code"], errors["phase"], errors["detail"]),
                         ("tls_protocol_error", "tls", "the server's Diffie-Hellman key is too short"))

    def test_what_the_server_refuses_is_its_alert_by_name(self):
        # [api 4.22]
        for name, record in self.fetch_from_each(REFUSING, retries=2):
            with self.subTest(server=name):
                errors = record["errors"]
                self.assertEqual((errors.get("http"), errors.get("code"), errors.get("phase"), errors.get("retryable")),
                                 ("SSL_ERROR", "tls_alert_received", "tls", False), record)
                self.assertEqual(errors["detail"], f"the server sent the TLS alert {REFUSING[name][2]}")
                self.assertEqual(record["attempts"], 1)

    def test_what_both_can_do_is_done_and_recorded(self):
        for name, record in self.fetch_from_each(GOOD, retries=0):
            with self.subTest(server=name):
                self.assertEqual((record["errors"], record["status_code"]), ({}, 200), record)
                self.assertEqual((record["tls"]["version"], record["tls"]["cipher"]), GOOD[name][2:])

    def test_tls_where_http_was_expected(self):
        errors = self.one(f"http://h0.test:{self.net['tls_alert_port']}/")["errors"]
        self.assertEqual((errors["code"], errors["phase"]), ("http_protocol_error", "ttfb"))
        self.assertIn("a TLS alert in place of HTTP, so this port speaks TLS", errors["detail"])

    def test_http_where_tls_was_expected(self):
        # [api 4.22]
        errors = self.one(f"https://h0.test:{self.net['tls_plain_port']}/")["errors"]
        self.assertEqual((errors["code"], errors["phase"], errors["detail"]),
                         ("tls_protocol_error", "tls", "the server speaks plain HTTP on this port"))


class Resuming(TlsTest):
    """A server of Python's, which tells whether a session was resumed and which name was asked for."""

    def serve(self, version):
        seen = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = context.maximum_version = version
        context.load_cert_chain(os.path.join(self.folder, "good.pem"), os.path.join(self.folder, "leaf.key"))
        context.sni_callback = lambda sock, name, _: setattr(sock, "asked_for", name)
        context.set_alpn_protocols(["h2", "http/1.1"])
        listener = self.enterContext(socket.create_server((HERE, 0)))
        thread = threading.Thread(target=self._answer, args=(listener, context, seen), daemon=True)
        thread.start()
        return listener.getsockname()[1], seen

    @staticmethod
    def _answer(listener, context, seen):
        while True:
            try:
                peer, _ = listener.accept()
                with context.wrap_socket(peer, server_side=True) as tls:
                    tls.recv(4096)
                    seen.append((tls.session_reused, getattr(tls, "asked_for", None), tls.selected_alpn_protocol()))
                    tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
                    with contextlib.suppress(OSError):  # The client does not wait for it.
                        tls.unwrap()
            except ssl.SSLError:
                seen.append("failed")
            except OSError:
                if listener.fileno() < 0:
                    return

    def test_sessions_are_resumed_by_the_same_host_and_kind_of_verification_only(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            port, seen = self.serve(version)
            def fetch(host, verify):
                record = self.one(f"https://{host}:{port}/", verify_tls=verify)
                self.assertEqual(record["errors"], {}, record)
                return seen[-1][0]
            with self.subTest(version=version):
                self.assertFalse(fetch("good.tls.test", True))
                self.assertTrue(fetch("good.tls.test", True))
                self.assertFalse(fetch("good.tls.test", False))
                self.assertTrue(fetch("good.tls.test", False))
                self.assertFalse(fetch("a.w.tls.test", True))
                self.assertFalse(fetch("b.w.tls.test", True))
                self.assertTrue(fetch("good.tls.test", True))

    def test_a_name_is_sent_an_address_is_not_and_http_1_1_is_all_that_is_offered(self):
        port, seen = self.serve(ssl.TLSVersion.TLSv1_3)
        for host, name in (("good.tls.test", "good.tls.test"), ("Good.TLS.test.", "good.tls.test"), (HERE, None),
                           ("bücher.tls.test", "xn--bcher-kva.tls.test")):
            self.assertEqual(self.one(f"https://{host}:{port}/")["errors"], {}, host)
            self.assertEqual(seen[-1][1:], (name, "http/1.1"), host)


if __name__ == "__main__":
    main()
