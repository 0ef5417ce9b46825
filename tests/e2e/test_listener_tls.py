"""The API over TLS: what curl and other clients meet, certificates that change, and what is refused."""
import os
import socket
import ssl
import subprocess

from harness import SLOW, TRAWL, NetTest, Service, curl, free_port, main, until


def make_certificate(path, name):
    """A certificate of its own for 127.0.0.1, in path.pem and path.key."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", path + ".key.new", "-out",
                    path + ".pem.new"], check=True, capture_output=True)
    for end in (".key", ".pem"):
        os.rename(path + end + ".new", path + end)


class SecureService(Service):
    def __enter__(self):
        super().__enter__()
        self.server = f"https://127.0.0.1:{self.port}"
        return self

    def ready(self):
        try:
            with self.connect(5) as client:
                client.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return client.recv(100).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def connect(self, timeout=60):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context.wrap_socket(socket.create_connection(("127.0.0.1", self.port), timeout * SLOW))


def read_answer(client):
    data = b""
    try:
        while piece := client.recv(65536):
            data += piece
    except ConnectionResetError:  # It was closed with something of ours unread.
        pass
    return data


class Tls(NetTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.path = os.path.join(cls.net["dir"], f"listener-{cls.__name__}")
        make_certificate(cls.path, "first")
        cls.service = cls.enterClassContext(SecureService(cls.net, "--tls-cert", cls.path + ".pem", "--tls-key", cls.path + ".key"))

    def ask(self, method, path, body=None, headers=None, *flags):
        return curl(method, self.service.server + path, body, headers, "--cacert", self.path + ".pem", *flags)

    def test_curl_checks_the_certificate_and_is_answered_by_either_version(self):
        for version in ("1.2", "1.3"):
            reply = self.ask("GET", "/healthz", None, None, f"--tlsv{version}", "--tls-max", version)
            self.assertEqual((reply.status, reply.json()), (200, {"status": "ok"}))
            self.assertNotIn("strict-transport-security", reply.headers)

    def test_http_1_1_is_chosen_among_what_a_client_offers(self):
        context = ssl.create_default_context(cafile=self.path + ".pem")
        context.set_alpn_protocols(["h2", "http/1.1"])
        with socket.create_connection(("127.0.0.1", self.service.port), 60) as plain:
            with context.wrap_socket(plain, server_hostname="127.0.0.1") as client:
                self.assertEqual(client.selected_alpn_protocol(), "http/1.1")

    def test_large_bodies_go_both_ways(self):
        urls = [f"nope-{n}-" + "x" * 200 for n in range(20000)]
        accepted = self.ask("POST", "/submit", {"urls": urls})
        self.assertEqual((accepted.status, accepted.json()["total"]), (200, len(urls)))
        path = accepted.json()["url"]
        self.assertTrue(until(lambda: self.ask("GET", path + "?view=summary").json()["status"] == "done"))
        lines = self.ask("GET", path + "/results?format=ndjson").lines()
        self.assertEqual(sorted(line["index"] for line in lines), list(range(len(urls))))

    def test_requests_in_pieces_and_in_a_row_are_answered_in_order(self):
        with self.service.connect() as client:
            for octet in b"GET /first HTTP/1.1\r\nHost: localhost\r\n\r\n":
                client.sendall(bytes([octet]))
            client.sendall(b"GET /second HTTP/1.1\r\nHost: localhost\r\n\r\n"
                           b"HEAD /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            said = read_answer(client)
        self.assertEqual(said.count(b"HTTP/1.1 404"), 2)
        self.assertLess(said.index(b"/first"), said.index(b"/second"))
        self.assertIn(b"HTTP/1.1 200", said[said.index(b"/second"):])

    def test_a_stream_that_is_followed_comes_as_it_happens(self):
        task = self.ask("POST", "/submit", {"urls": [self.raw("stall/tls"), "nope"]}).json()["task_id"]
        with self.service.connect() as client:
            client.sendall(f"GET /tasks/{task}/results?format=ndjson&follow=1 HTTP/1.1\r\nHost: localhost\r\n"
                           "Connection: close\r\n\r\n".encode())
            seen = b""
            while b"INVALID_URL" not in seen:
                seen += client.recv(65536)
            self.ask("POST", f"/tasks/{task}/cancel")
            self.assertIn(b"task_cancelled", read_answer(client))

    def test_a_websocket_is_refused_by_name(self):
        task = self.ask("POST", "/submit", {"urls": []}).json()["task_id"]
        reply = self.ask("GET", f"/tasks/{task}/ws", None, {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                                                            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="})
        self.assert_problem(reply, 501)
        self.assertIn("event: end", self.ask("GET", f"/tasks/{task}/events").body.decode())

    def test_old_versions_and_plain_http_are_refused(self):
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.service.port}", "-tls1_1", "-cipher",
                               "DEFAULT@SECLEVEL=0"], input=b"", capture_output=True, check=False, timeout=60 * SLOW)
        self.assertIn(b"protocol version", done.stdout + done.stderr)
        with socket.create_connection(("127.0.0.1", self.service.port), 60 * SLOW) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertNotIn(b"200", read_answer(client))
        with socket.create_connection(("127.0.0.1", self.service.port), 60 * SLOW) as silent:
            self.assertEqual(self.ask("GET", "/healthz").status, 200)
            silent.sendall(b"\x16\x03\x01\x02\x00\x01")
            self.assertEqual(self.ask("GET", "/healthz").status, 200)


class Renewing(NetTest):
    def shown(self, service):
        return ssl.get_server_certificate(("127.0.0.1", service.port))

    def test_a_new_certificate_is_shown_without_a_restart_and_a_broken_one_is_not(self):
        path = os.path.join(self.net["dir"], "renewed")
        make_certificate(path, "first")
        with SecureService(self.net, "--tls-cert", path + ".pem", "--tls-key", path + ".key", log_level="info") as service:
            with service.connect() as open_before:
                before = self.shown(service)
                make_certificate(path, "second")
                self.assertTrue(until(lambda: self.shown(service) != before))
                renewed = self.shown(service)
                open_before.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                self.assertTrue(read_answer(open_before).startswith(b"HTTP/1.1 200"))
            with open(path + ".key", "w", encoding="ascii") as file:
                file.write("nonsense")
            self.assertTrue(until(lambda: f"tls-key {path}.key" in service.said()))
            self.assertEqual(self.shown(service), renewed)

    def test_files_that_are_missing_or_do_not_fit_are_refused_at_the_start(self):
        path = os.path.join(self.net["dir"], "misfit")
        for name in ("-one", "-two"):
            make_certificate(path + name, "misfit")
        for flags, words in ((("--tls-cert", path + "-one.pem"), "--tls-cert: needs --tls-key"),
                             (("--tls-key", path + "-one.key"), "--tls-key: needs --tls-cert"),
                             (("--tls-cert", path + "-one.pem", "--tls-key", path + "-two.key"), "tls-key"),
                             (("--tls-cert", path + "-one.key", "--tls-key", path + "-one.key"), "tls-cert"),
                             (("--tls-cert", path + "-no.pem", "--tls-key", path + "-one.key"), "--tls-cert")):
            done = subprocess.run([TRAWL, "serve", "--listen", f"127.0.0.1:{free_port()}", *flags], capture_output=True,
                                  text=True, check=False, timeout=60 * SLOW)
            self.assertEqual(done.returncode, 1, flags)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    main()
