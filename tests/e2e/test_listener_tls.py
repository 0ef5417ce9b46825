"""The API over TLS: what curl and other clients meet, certificates that change, and what is refused."""
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import time
import unittest

from harness import SLOW, TRAWL, NetTest, Service, curl, free_port, hear, main, until
from net import key_updates, renegotiations
from test_events import WebSocket


KEYS = {"ec": "ec_paramgen_curve:P-256", "rsa": "rsa_keygen_bits:2048"}


def make_certificate(path, name, key="ec"):
    """A certificate of its own for 127.0.0.1, in path.pem and path.key."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", key, "-pkeyopt", KEYS[key], "-nodes", "-days", "2", "-subj",
                    f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", path + ".key.new", "-out", path + ".pem.new"],
                   check=True, capture_output=True)
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


AIOHTTP_WATCHER = """
import asyncio, json, ssl, sys, aiohttp
async def watch(trusted, url):
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url, ssl=ssl.create_default_context(cafile=trusted)) as socket:
            async for message in socket:
                print(message.data)
            print(socket.close_code)
asyncio.run(watch(*sys.argv[1:]))
"""


class SecureTest(NetTest):
    """... and a service that speaks TLS."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.path = os.path.join(cls.net["dir"], f"listener-{cls.__name__}")
        make_certificate(cls.path, "first")
        cls.service = cls.enterClassContext(SecureService(cls.net, "--tls-cert", cls.path + ".pem", "--tls-key", cls.path + ".key"))

    def ask(self, method, path, body=None, headers=None, *flags):
        return curl(method, self.service.server + path, body, headers, "--cacert", self.path + ".pem", *flags)


class Tls(SecureTest):
    def test_curl_checks_the_certificate_and_is_answered_by_either_version(self):
        # [api 5.30]
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
            said = hear(client)
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
            self.assertIn(b"task_cancelled", hear(client))

    def test_a_client_that_waits_and_asks_for_new_keys_costs_nothing(self):
        task = self.ask("POST", "/submit", {"urls": [self.raw("stall/keys")], "options": {"timeout_ms": 600000}}).json()["task_id"]
        self.assertTrue(until(lambda: self.open_at("/raw/stall/keys") == 1))  # Else its own socket may come after we count.
        before = self.service.sockets()
        client = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{self.service.port}", "-tls1_3"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (client.kill(), client.communicate()))
        while b"Verify return code" not in client.stdout.readline():
            pass

        def say(text):  # A command stands at the beginning of what s_client reads at once.
            client.stdin.write(text)
            client.stdin.flush()
            time.sleep(0.3)
        say(f"GET /tasks/{task} HTTP/1.1\nHost: localhost\nPrefer: wait=60\n\n".encode().replace(b"\n", b"\r\n"))
        for _ in range(2):
            say(b"K\n")  # KeyUpdate, update_requested: TLS itself has to answer.
        used = self.service.cpu_s()
        time.sleep(2)
        self.assertLess(self.service.cpu_s() - used, 1)  # Of one that never rests: 2.
        client.kill()
        self.assertTrue(until(lambda: self.service.sockets() <= before, 20))
        self.ask("DELETE", f"/tasks/{task}")

    def ways_to_wait(self):
        """A task that never ends; and by name requests after which a connection stays open."""
        task = self.ask("POST", "/submit", {"urls": [self.raw("stall/flood")], "options": {"timeout_ms": 600000}}).json()["task_id"]
        self.addCleanup(self.ask, "DELETE", f"/tasks/{task}")
        fields = " HTTP/1.1\r\nHost: localhost\r\n"
        idle = f"GET /healthz{fields}\r\n"
        return task, {"idle": idle, "a poll that waits": f"{idle}GET /tasks/{task}{fields}Prefer: wait=60\r\n\r\n",
                      "events": f"GET /tasks/{task}/events{fields}\r\n",
                      "a WebSocket": f"GET /tasks/{task}/ws{fields}Upgrade: websocket\r\nConnection: Upgrade\r\n"
                                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"}

    def change_keys(self, count, how, request, task):
        """A client that does nothing else any more; how many times it did, and whether it was "closed" for it, or is left
        "open": then it is told that the task was cancelled, which it is after that."""
        again = [] if task in request else [f"GET /tasks/{task}?view=summary HTTP/1.1\r\nHost: localhost\r\n\r\n"]
        with subprocess.Popen([sys.executable, key_updates.__file__, str(self.service.port), str(30 * SLOW), str(count), how,
                               request, '"cancelled"', *again], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
            self.assertRegex(client.stdout.readline(), r"^HTTP/1.1 (200|101) ")
            sent = int(client.stdout.readline())
            if sent == count:
                self.ask("POST", f"/tasks/{task}/cancel")
            end = client.communicate("\n", timeout=60 * SLOW)[0].strip()
        self.assertEqual(client.returncode, 0)
        return sent, end

    def test_a_client_that_changes_its_keys_for_ever_is_closed_and_costs_next_to_nothing(self):
        task, ways = self.ways_to_wait()
        self.assertTrue(until(lambda: self.open_at("/raw/stall/flood") == 1))
        before = self.service.sockets()
        for name, request in ways.items():
            for how in ("reads", "deaf"):
                with self.subTest(name, how=how):
                    used = self.service.cpu_s()
                    sent, end = self.change_keys(1000000, how, request, task)
                    self.assertEqual(end, "closed")
                    self.assertLess(sent, 500000)
                    self.assertLess(self.service.cpu_s() - used, 1 * SLOW)  # A million take 20.
                    self.assertEqual(self.ask("GET", "/healthz").status, 200)
        self.assertTrue(until(lambda: self.service.sockets() <= before, 20))

    def test_a_client_that_changes_its_keys_some_times_is_not(self):
        for name in self.ways_to_wait()[1]:
            with self.subTest(name):
                task, ways = self.ways_to_wait()
                self.assertEqual(self.change_keys(32, "reads", ways[name], task), (32, "open"))

    def test_the_33rd_change_of_keys_is_one_too_many(self):
        task, ways = self.ways_to_wait()
        self.assertEqual(self.change_keys(33, "reads", ways["idle"], task)[1], "closed")

    def test_a_client_that_asks_for_renegotiation_for_ever_is_closed_and_costs_next_to_nothing(self):
        _, ways = self.ways_to_wait()
        self.assertTrue(until(lambda: self.open_at("/raw/stall/flood") == 1))
        before = self.service.sockets()
        for name, request in {"nothing": "", **ways}.items():
            with self.subTest(name):
                used = self.service.cpu_s()
                done = subprocess.run([sys.executable, renegotiations.__file__, str(self.service.port), str(30 * SLOW), "200000", request],
                                      capture_output=True, text=True, check=False, timeout=90 * SLOW)
                self.assertEqual(done.returncode, 0, done.stderr)
                *status, end = done.stdout.splitlines()
                self.assertEqual(len(status), 1 if request else 0)
                self.assertRegex("".join(status), r"^(HTTP/1.1 (200|101) |$)")
                heard, end = end.split()
                self.assertEqual(end, "closed")
                self.assertLess(int(heard), 100000)  # Answers to all would be 6 MB.
                self.assertLess(self.service.cpu_s() - used, 1 * SLOW)
                self.assertEqual(self.ask("GET", "/healthz").status, 200)
        self.assertTrue(until(lambda: self.service.sockets() <= before, 20))

    def test_old_versions_and_plain_http_are_refused(self):
        # [api 5.30]
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.service.port}", "-tls1_1", "-cipher",
                               "DEFAULT@SECLEVEL=0"], input=b"", capture_output=True, check=False, timeout=60 * SLOW)
        self.assertIn(b"protocol version", done.stdout + done.stderr)
        with socket.create_connection(("127.0.0.1", self.service.port), 60 * SLOW) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertNotIn(b"200", hear(client))
        with socket.create_connection(("127.0.0.1", self.service.port), 60 * SLOW) as silent:
            self.assertEqual(self.ask("GET", "/healthz").status, 200)
            silent.sendall(b"\x16\x03\x01\x02\x00\x01")
            self.assertEqual(self.ask("GET", "/healthz").status, 200)


class WebSockets(SecureTest):
    def trusting(self):
        return ssl.create_default_context(cafile=self.path + ".pem")

    def watch(self, task, query="", port=None, **more):
        watcher = WebSocket(port or self.service.port, f"/tasks/{task}/ws{query}", 30 * SLOW, tls=more.pop("tls", self.trusting()), **more)
        self.addCleanup(watcher.close)
        self.assertTrue(watcher.accepted, watcher.head)
        return watcher

    def submit(self, urls, **options):
        return self.ask("POST", "/submit", {"urls": urls, "options": options}).json()["task_id"]

    def ended(self, urls):
        task = self.submit(urls)
        self.assertTrue(until(lambda: self.ask("GET", f"/tasks/{task}?view=summary").json()["status"] == "done", 60))
        return task

    def assert_each_once(self, frames, count):
        self.assertEqual(sorted(frame["data"]["index"] for frame in frames if frame["event"] == "record"), list(range(count)))

    def test_progress_records_and_the_end_by_either_version(self):
        # [api 1.8]
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = self.trusting()
            context.minimum_version = context.maximum_version = version
            # Some frames are longer than a record of TLS, which is 16 KiB.
            urls = [{"url": self.http(f"/page/{n}", n % 50), "meta": "m" * (60000 if n % 500 == 7 else 1)} for n in range(2000)]
            watcher = self.watch(self.submit(urls), "?records=1", tls=context)
            self.assertIn(b"x-request-id: mine", watcher.head.lower())
            frames, code = watcher.frames()
            self.assertEqual(code, 1000)
            self.assertEqual(frames[0]["event"], "progress")
            self.assert_each_once(frames, 2000)
            self.assertEqual((frames[-1]["event"], frames[-1]["id"], frames[-1]["data"]["status"]), ("end", "p2000", "done"))
            self.assertEqual(watcher.sock.recv(1), b"")  # Its TLS was ended, too: not cut off.

    def test_a_client_that_is_not_ours_sees_the_same(self):
        # [api 1.8]
        if subprocess.run(["/usr/bin/python3", "-c", "import aiohttp"], capture_output=True, check=False).returncode:
            raise unittest.SkipTest("Debian's python3-aiohttp is not installed")
        task = self.ended([f"nope-{n}" for n in range(500)])
        done = subprocess.run(["/usr/bin/python3", "-c", AIOHTTP_WATCHER, self.path + ".pem", f"{self.service.server}/tasks/{task}/ws?records=1"],
                              capture_output=True, text=True, check=False, timeout=60 * SLOW)
        self.assertEqual(done.returncode, 0, done.stderr)
        *frames, code = map(json.loads, done.stdout.splitlines())
        self.assertEqual(code, 1000)
        self.assert_each_once(frames, 500)

    def test_it_hears_what_is_said_while_nobody_reads(self):
        task = self.ended([f"nope-{n}-{'x' * 300}" for n in range(20000)])
        watcher = self.watch(task, "?records=1", receive_buffer=4096)
        self.ask("GET", "/healthz")  # By now it is far ahead of us.
        watcher.send(9, b"before a close")
        watcher.send(8, struct.pack(">H", 1000))
        watcher.hurry()
        seen = []
        while (frame := watcher.receive())[0] != 8:
            seen.append(frame)
        self.assertIn((10, b"before a close"), seen)
        self.assertLess(len(seen), 20000)  # It was heard before all was told.

    def test_slow_watchers_cost_no_memory_and_miss_nothing(self):
        task = self.ended([f"nope-{n}-{'x' * 300}" for n in range(20000)])
        before = self.service.resident_kb()
        slow = [self.watch(task, "?records=1", receive_buffer=4096) for _ in range(10)]
        self.ask("GET", "/healthz")
        self.assertLess(self.service.resident_kb() - before, 20000 * SLOW)  # Each has 10 MB to hear.
        slow[0].hurry()
        frames, code = slow[0].frames()
        self.assertEqual((code, frames[-1]["event"]), (1000, "end"))
        self.assert_each_once(frames, 20000)

    def test_a_client_may_close_or_leave_or_break_off(self):
        task = self.submit([self.raw("stall/wss")], timeout_ms=600000)
        self.assertTrue(until(lambda: self.open_at("/raw/stall/wss") == 1))
        before = self.service.sockets()
        polite, rude, broken, long = (self.watch(task) for _ in range(4))
        for each in (polite, rude, broken, long):
            self.assertEqual(json.loads(each.receive()[1])["event"], "progress")
        polite.send(8, struct.pack(">H", 1000))
        self.assertEqual(polite.receive()[0], 8)
        polite.close()
        rude.close()  # Without ending TLS.
        with socket.socket(fileno=broken.sock.detach()) as bare:
            bare.sendall(b"this is no record of TLS")
            self.assertTrue(until(lambda: self.service.sockets() <= before + 2, 20))
        long.send(1, b"x" * 5000)
        self.assertEqual(long.frames()[1], 1009)
        long.close()
        self.assertTrue(until(lambda: self.service.sockets() <= before, 20))
        self.ask("DELETE", f"/tasks/{task}")

    def test_a_deleted_task_says_so(self):
        task = self.submit([self.raw("stall/wss-gone")], timeout_ms=600000)
        watcher = self.watch(task)
        watcher.receive()
        self.ask("DELETE", f"/tasks/{task}")
        frames, code = watcher.frames()
        self.assertEqual((frames[-1]["event"], frames[-1]["data"]["status"], code), ("problem", 404, 4404))

    def test_a_service_that_ends_says_so(self):
        with SecureService(self.net, "--tls-cert", self.path + ".pem", "--tls-key", self.path + ".key") as other:
            reply = curl("POST", other.server + "/submit", {"urls": [self.raw("stall/wss-ending")], "options": {"timeout_ms": 600000}},
                         None, "--cacert", self.path + ".pem")
            watcher = self.watch(reply.json()["task_id"], port=other.port)
            watcher.receive()
            other.stop()
            frames, code = watcher.frames()
            self.assertIn((frames[-1]["event"], code), (("end", 1000), ("problem", 1001)))


class Renewing(NetTest):
    def shown(self, service):
        return ssl.get_server_certificate(("127.0.0.1", service.port))

    def test_a_new_certificate_is_shown_without_a_restart_and_a_broken_one_is_not(self):
        # [api 5.30]
        path = os.path.join(self.net["dir"], "renewed")
        make_certificate(path, "first")
        with SecureService(self.net, "--tls-cert", path + ".pem", "--tls-key", path + ".key", log_level="info") as service:
            with service.connect() as open_before:
                before = self.shown(service)
                make_certificate(path, "second")
                self.assertTrue(until(lambda: self.shown(service) != before))
                renewed = self.shown(service)
                open_before.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                self.assertTrue(hear(open_before).startswith(b"HTTP/1.1 200"))
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
