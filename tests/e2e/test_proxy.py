"""Through an HTTP proxy: plain requests forwarded, HTTPS by CONNECT, and whose fault it was when it fails."""
import base64
import socket
import subprocess

from harness import SLOW, TRAWL, NetTest, Service, clean_environment, free_port, main
from net.proxies import Scripted, Tinyproxy, answers, page, refuses, tunnel

USER, PASSWORD = "crawler", "s3cr3t-pass"
ENCODED = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


class ProxyTest(NetTest):
    def local(self, scheme="http", path="/page/1"):
        """The origin by its address: tinyproxy knows no names under .test."""
        return f"{scheme}://127.0.0.1:{self.net[scheme + '_port']}{path}"

    def raw_at(self, path, host="127.0.0.1"):
        return f"http://{host}:{self.net['raw_port']}/raw/{path}"

    def fetch(self, urls, proxy=None, flags=(), env=None, **options):
        """The records, from a service of their own."""
        flags = (*(("--proxy", proxy) if proxy else ()), *flags)
        with Service(self.net, *flags, env=env) as service:
            return service.fetch(urls, **{"retries": 0, **options})

    def assert_failed(self, record, http, code, *phases):
        errors = record["errors"]
        self.assertEqual((errors.get("http"), errors.get("code")), (http, code), record)
        self.assertIn(errors["phase"], phases, record)


class RealProxy(ProxyTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.open = cls.enterClassContext(Tinyproxy(cls.net["dir"]))
        cls.guarded = cls.enterClassContext(Tinyproxy(cls.net["dir"], (USER, PASSWORD)))

    def passed(self, path):
        """Whether the last request of a path came through tinyproxy, which adds a Via."""
        return "via: 1.1 tinyproxy" in self.heads(path)[-1].lower()

    def test_http_is_forwarded_and_https_tunnelled(self):
        # [api 5.21]
        urls = [self.local(), self.local("https"), self.raw_at("ok/forwarded"), self.local(path="/redirect/2"), self.local(path="/status/404")]
        records = self.fetch(urls, self.open.address)
        for record in records[:4]:
            self.assertEqual((record["errors"], record["status_code"]), ({}, 200), record)
        self.assertEqual(len(records[3]["redirects"]), 2)
        self.assertEqual(records[4]["errors"]["http"], 404)
        self.assertTrue(self.passed("/raw/ok/forwarded"))
        self.assertEqual(records[1]["tls"]["version"], "TLSv1.3")

    def test_the_environment_names_it_in_either_case(self):
        # [api 5.21]
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            with self.subTest(name=name):
                path = f"ok/{name}"
                self.assertEqual(self.fetch([self.raw_at(path)], env={name: f"http://{self.open.address}/"})[0]["errors"], {})
                self.assertTrue(self.passed(f"/raw/{path}"))

    def test_each_scheme_has_its_own(self):
        nowhere = f"http://127.0.0.1:{free_port()}"
        env = {"http_proxy": nowhere, "HTTPS_PROXY": f"http://{self.open.address}"}
        plain, secure = self.fetch([self.local(), self.local("https")], env=env)
        self.assert_failed(plain, "PROXY_ERROR", "proxy_connect_error", "connect")
        self.assertEqual(secure["errors"], {})

    def test_a_flag_wins_over_the_environment_and_none_is_direct(self):
        # [api 5.21]
        nowhere = {"http_proxy": f"http://127.0.0.1:{free_port()}"}
        self.assertEqual(self.fetch([self.raw_at("ok/flag")], self.open.address, env=nowhere)[0]["errors"], {})
        self.assertTrue(self.passed("/raw/ok/flag"))
        self.assertEqual(self.fetch([self.raw_at("ok/none")], "none", env=nowhere)[0]["errors"], {})
        self.assertFalse(self.passed("/raw/ok/none"))

    def test_what_no_proxy_names_is_direct(self):
        # [api 5.21]
        port = self.net["raw_port"]
        direct = {"127.0.0.1": True, "127.0.0.0/8": True, f"127.0.0.1:{port}": True, "*": True, "example.com, 127.0.0.1": True,
                  "127.0.0.1:1": False, "127.0.0.2": False, "localhost": False, "7.0.0.1": False}
        for n, (listed, is_direct) in enumerate(direct.items()):
            with self.subTest(no_proxy=listed):
                path = f"ok/no-proxy-{n}"
                self.assertEqual(self.fetch([self.raw_at(path)], self.open.address, env={"NO_PROXY": listed})[0]["errors"], {})
                self.assertEqual(self.passed(f"/raw/{path}"), not is_direct)

    def test_no_proxy_names_stand_for_all_below_them(self):
        for listed in ("test", ".test", "*.test", "raw.test", "RAW.test."):
            with self.subTest(no_proxy=listed):
                path = f"ok/below-{listed}"
                env = {"no_proxy": listed, "http_proxy": f"http://127.0.0.1:{free_port()}"}
                self.assertEqual(self.fetch([self.raw(path)], env=env)[0]["errors"], {})

    def test_credentials_open_the_guarded_one(self):
        records = self.fetch([self.local(), self.local("https"), self.raw_at("ok/guarded")], f"http://{USER}:{PASSWORD}@{self.guarded.address}")
        self.assertEqual([record["errors"] for record in records], [{}] * 3)
        self.assertNotIn("authorization", self.heads("/raw/ok/guarded")[-1].lower())  # Neither they nor any of ours reach the server.

    def test_missing_and_wrong_credentials_are_told(self):
        # [api 4.27]
        for proxy in (self.guarded.address, f"{USER}:wrong@{self.guarded.address}"):
            plain, secure = self.fetch([self.local(), self.local("https")], proxy, retries=2)
            if plain["errors"]["http"] != 401:  # So tinyproxy calls wrong ones; a server's 401 looks the same.
                self.assert_failed(plain, "PROXY_ERROR", "proxy_auth_required", "transfer")
                self.assertIn(self.guarded.address, plain["errors"]["detail"])
            self.assert_failed(secure, "PROXY_ERROR", "proxy_auth_required", "connect")
            self.assertIn(self.guarded.address, secure["errors"]["detail"])
            for record in (plain, secure):
                self.assertEqual((record["attempts"], record["errors"]["retryable"]), (1, False), record)

    def test_a_server_the_proxy_cannot_reach(self):
        # [api 4.27]
        """For HTTPS it is the proxy who says so. For HTTP its answer looks like a server's: nobody can tell."""
        port = free_port()
        plain, secure = self.fetch([f"http://127.0.0.1:{port}/", f"https://127.0.0.1:{port}/"], self.open.address)
        self.assertIn(plain["errors"]["http"], (500, 502))
        self.assert_failed(secure, "PROXY_ERROR", "proxy_connect_error", "connect")

    def test_credentials_are_nowhere_to_be_read(self):
        proxy = f"http://{USER}:{PASSWORD}@{self.guarded.address}"
        wrong = f"http://{USER}:{PASSWORD}@127.0.0.1:{free_port()}"
        for named in (proxy, wrong):
            with Service(self.net, "--proxy", named, log_level="debug") as service:
                task = service.submit([self.local(), self.local("https"), "http://no-such-name.nx.test/"], retries=0)
                service.wait(task)
                told = [service.curl("GET", path).body.decode() for path in (f"/tasks/{task}", "/tasks", f"/tasks/{task}/results")]
                service.stop()
                for text in (*told, service.said()):
                    for secret in (PASSWORD, ENCODED):
                        self.assertNotIn(secret, text)
                self.assertIn("proxies", service.said())
                self.assertIn(named.rpartition("@")[2], service.said())

    def test_check_uses_it_too(self):
        command = [TRAWL, "check", "--quiet", "--format", "ndjson", "--proxy", self.open.address, self.raw_at("ok/checked")]
        done = subprocess.run(command, capture_output=True, env=clean_environment(), timeout=60 * SLOW, check=False)
        self.assertEqual(done.returncode, 0, done)
        self.assertTrue(self.passed("/raw/ok/checked"))

    def test_what_is_no_proxy_is_refused_at_start(self):
        for flags, env, said in ((("--proxy", "https://127.0.0.1:1"), {}, "TLS"), (("--proxy", "socks5://127.0.0.1:1"), {}, "SOCKS"),
                                 ((), {"https_proxy": "https://127.0.0.1:1"}, "https_proxy"),
                                 (("--proxy", f"ftp://{USER}:{PASSWORD}@127.0.0.1"), {}, "--proxy"),
                                 (("--proxy", "127.0.0.1:1"), {"no_proxy": "10.*"}, "no_proxy")):
            with self.subTest(flags=flags, env=env):
                done = subprocess.run([TRAWL, "serve", *flags], capture_output=True, env={**clean_environment(), **env}, timeout=60 * SLOW, check=False)
                self.assertEqual(done.returncode, 1)
                self.assertIn(said, done.stderr.decode())
                self.assertNotIn(PASSWORD, done.stderr.decode())


class StrangeProxy(ProxyTest):
    def through(self, serve, urls, **options):
        with Scripted(serve) as proxy:
            return self.fetch(urls, proxy.address, **options), proxy

    def test_names_are_left_to_it_and_the_server_is_asked_for_by_name(self):
        url = f"https://h0.test:{self.net['https_port']}/page/1"
        with Scripted(tunnel) as proxy:
            record = self.fetch([url], proxy.address, flags=("--dns-server", f"127.0.0.1:{free_port()}"))[0]
        self.assertEqual(record["errors"], {}, record)
        self.assertEqual(record["remote_ip"], "127.0.0.1")
        self.assertEqual(proxy.heads[0].split("\r\n")[:2], [f"CONNECT h0.test:{self.net['https_port']} HTTP/1.1", f"Host: h0.test:{self.net['https_port']}"])

    def test_plain_requests_name_the_whole_url(self):
        (record,), proxy = self.through(page, ["http://user:pass@nowhere.nx.test:81/a?b=c#d"], headers={"X-Own": "1"})
        self.assertEqual((record["errors"], record["content_length"]), ({}, 5), record)
        lines = proxy.heads[0].split("\r\n")
        self.assertEqual(lines[:2], ["GET http://nowhere.nx.test:81/a?b=c HTTP/1.1", "Host: nowhere.nx.test:81"])
        self.assertIn("X-Own: 1", lines)

    def test_what_is_for_the_server_does_not_reach_it(self):
        url = f"https://user:pass@h0.test:{self.net['https_port']}/page/1?secret"
        _, proxy = self.through(tunnel, [url], headers={"X-Own": "1", "Cookie": "c=d"})
        for own in ("X-Own", "Cookie", "Authorization", "secret"):
            self.assertNotIn(own, "".join(proxy.heads))

    def test_connections_are_kept_through_it(self):
        plain = [f"http://nowhere.nx.test/{n}" for n in range(5)]
        secure = [f"https://h0.test:{self.net['https_port']}/page/{n}" for n in range(5)]
        for serve, urls, heads in ((page, plain, 5), (tunnel, secure, 1)):
            records, proxy = self.through(serve, urls, host_concurrency=1)
            self.assertEqual([record["errors"] for record in records], [{}] * 5)
            self.assertEqual((proxy.counts.accepted, len(proxy.heads)), (1, heads))

    def test_a_certificate_behind_it_is_judged_as_ever(self):
        hosts = {"expired.test": "tls_certificate_error", "wrong-host.test": "tls_certificate_error", "self-signed.test": "tls_certificate_error"}
        records, _ = self.through(tunnel, [f"https://{host}:{self.net['https_port']}/" for host in hosts])
        for record, code in zip(records, hosts.values()):
            self.assert_failed(record, "SSL_ERROR", code, "tls")
        (record,), _ = self.through(tunnel, [f"https://h0.test:{self.net['tls_plain_port']}/"])
        self.assert_failed(record, "SSL_ERROR", "tls_protocol_error", "tls")

    def test_its_answers_to_connect(self):
        established = b"HTTP/1.1 200 OK\r\n\r\n"
        table = {  # What it does: (code, retryable, a word of `detail`)
            "403": (refuses(403), "proxy_connect_error", False, "403"), "404": (refuses(404), "proxy_connect_error", False, "404"),
            "500": (refuses(500), "proxy_connect_error", True, "500"), "502": (refuses(502), "proxy_connect_error", True, "502"),
            "503": (refuses(503), "proxy_connect_error", True, "503"), "504": (refuses(504), "proxy_connect_error", True, "504"),
            "redirect": (refuses(302, "Location: http://127.0.0.1/"), "proxy_connect_error", False, "302"),
            "407": (refuses(407, 'Proxy-Authenticate: Basic realm="p"'), "proxy_auth_required", False, "407"),
            "garbage": (answers(b"\x00\x01\x02 what?\r\n\r\n"), "proxy_connect_error", False, "CONNECT"),
            "ssh": (answers(b"SSH-2.0-x\r\n", then="hang"), "proxy_connect_error", False, "SSH"),
            "closes": (answers(), "proxy_connect_error", True, "CONNECT"), "resets": (answers(then="rst"), "proxy_connect_error", True, "CONNECT"),
            "mid-head": (answers(b"HTTP/1.1 200 O"), "proxy_connect_error", True, "CONNECT"),
            "flood": (answers(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 50000, then="hang"), "proxy_connect_error", False, "CONNECT"),
            "talks-first": (answers(established + b"\x16\x03\x03", then="hang"), "proxy_connect_error", False, "before TLS"),
        }
        for name, (serve, code, retryable, word) in table.items():
            with self.subTest(answer=name):
                (record,), proxy = self.through(serve, ["https://h0.test/"])
                self.assert_failed(record, "PROXY_ERROR", code, "connect")
                self.assertEqual(record["errors"]["retryable"], retryable, record)
                self.assertIn(word, record["errors"]["detail"])
                self.assertIn(proxy.address, record["errors"]["detail"])
                self.assertNotIn("status_code", record)

    def test_a_tunnel_that_ends_in_the_handshake_is_no_success(self):
        (record,), _ = self.through(answers(b"HTTP/1.1 200 OK\r\n\r\n"), ["https://h0.test/"])
        self.assert_failed(record, "PROTOCOL_ERROR", "connection_terminated", "tls")

    def test_one_that_is_not_there(self):
        # [api 4.27]
        proxy = f"127.0.0.1:{free_port()}"
        records = self.fetch([self.local(), self.local("https")], proxy, retries=1)
        for record in records:
            self.assert_failed(record, "PROXY_ERROR", "proxy_connect_error", "connect")
            self.assertEqual((record["attempts"], record["errors"]["retryable"]), (2, True))
            self.assertIn(proxy, record["errors"]["detail"])
        (record,) = self.fetch([self.local()], "no-such-proxy.nx.test:3128")
        self.assert_failed(record, "PROXY_ERROR", "proxy_connect_error", "dns")
        self.assertFalse(record["errors"]["retryable"])

    def test_one_that_stalls_costs_no_more_than_the_limit(self):
        limits = {"timeout_ms": int(3000 * SLOW), "connect_timeout_ms": int(500 * SLOW)}
        (record,), proxy = self.through(answers(then="hang"), ["https://h0.test/"], **limits)
        self.assert_failed(record, "TIMEOUT", "connection_timeout", "connect")
        self.assertIn(proxy.address, record["errors"]["detail"])
        self.assertGreaterEqual(record["timings"]["total"], 500 * SLOW)
        self.assertLess(record["timings"]["total"], 3000 * SLOW)
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.create_connection(full.getsockname()), \
                socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(full.getsockname())
            (record,) = self.fetch([self.local()], f"127.0.0.1:{full.getsockname()[1]}", **limits)
        self.assert_failed(record, "TIMEOUT", "connection_timeout", "connect")

    def test_a_dead_one_opens_no_circuit_of_a_server(self):
        """The next proxy, or the same one repaired, finds every host as it was."""
        proxy = f"127.0.0.1:{free_port()}"
        urls = [f"https://h0.test/{n}" for n in range(30)]
        records = self.fetch(urls, proxy, flags=("--host-concurrency", "1", "--host-delay-ms", "0"))
        self.assertEqual({record["errors"]["code"] for record in records}, {"proxy_connect_error"})


if __name__ == "__main__":
    main()
