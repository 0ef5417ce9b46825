"""The API's server against whoever connects: requests that two servers could read in two ways, crowds that say nothing
or little, and one client that wants all connections."""
import contextlib
import resource
import socket
import threading

from harness import ALL, SLOW, NetTest, Service, ServiceTest, hear, main, until

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /submit HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
# Each is one request to some servers and two, or another one, to others (RFC 9112 2.2, 5.1, 5.2, 6.1, 6.3, 7.1).
AMBIGUOUS = {
    "length and chunks": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n",
    "equal lengths": POST + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "a list of lengths": POST + b"Content-Length: 0, 44\r\n\r\n",
    "a length with a sign": POST + b"Content-Length: +0\r\n\r\n",
    "a length with a point": POST + b"Content-Length: 0.0\r\n\r\n",
    "a length that is none": POST + b"Content-Length: \r\n\r\n",
    "chunked twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked, then more": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "chunked in quotes": POST + b"Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
    "nearly chunked": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked behind a tab": POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    "chunked over two lines": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a length over two lines": POST + b"X: a\r\n\tContent-Length: 44\r\nContent-Length: 0\r\n\r\n",
    "a blank before the colon": POST + b"Content-Length : 0\r\n\r\n",
    "a blank before the name": POST.replace(b"\r\nContent-Type", b"\r\n Content-Type") + b"\r\n",
    "a bare CR": POST + b"X: a\rContent-Length: 44\r\nContent-Length: 0\r\n\r\n",
    "a bare LF": POST + b"X: a\nContent-Length: 44\r\nContent-Length: 0\r\n\r\n",
    "a NUL": POST + b"X: a\0b\r\nContent-Length: 0\r\n\r\n",
    "a name with a NUL": POST + b"Content\0-Length: 0\r\n\r\n",
    "no colon": POST + b"Content-Length 0\r\n\r\n",
    "two hosts": POST + b"Host: other\r\nContent-Length: 0\r\n\r\n",
    "no host": POST.replace(b"Host: localhost\r\n", b"") + b"Content-Length: 0\r\n\r\n",
    "a host with a blank": POST.replace(b"localhost", b"local host") + b"Content-Length: 0\r\n\r\n",
    "a host with a user": POST.replace(b"localhost", b"evil.example@localhost") + b"Content-Length: 0\r\n\r\n",
    "a host with half an address": POST.replace(b"localhost", b"[::1") + b"Content-Length: 0\r\n\r\n",
    "a target that names no host": POST.replace(b"/submit", b"http:///submit") + b"Content-Length: 0\r\n\r\n",
    "a target with a fragment": POST.replace(b"/submit", b"/submit#x") + b"Content-Length: 0\r\n\r\n",
    "a bare LF after the request line": POST.replace(b"1.1\r\n", b"1.1\n") + b"\r\n",
    "two blanks in the request line": b"GET  /tasks HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a tab in the request line": b"GET\t/tasks HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "another version": b"GET /tasks HTTP/2.0\r\nHost: localhost\r\n\r\n",
    "no version": b"GET /tasks\r\n\r\n",
    "chunks in HTTP/1.0": b"POST /submit HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
}
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
BAD_CHUNKS = {
    "a sign": b"+1\r\na\r\n0\r\n\r\n",
    "hexadecimal with 0x": b"0x1\r\na\r\n0\r\n\r\n",
    "a blank before": b" 1\r\na\r\n0\r\n\r\n",
    "an underscore": b"1_0\r\na\r\n0\r\n\r\n",
    "too large": b"10000000000000001\r\na\r\n0\r\n\r\n",
    "negative": b"-1\r\na\r\n0\r\n\r\n",
    "nothing": b"\r\na\r\n0\r\n\r\n",
    "a bare LF": b"1\na\r\n0\r\n\r\n",
    "a bare LF after the data": b"1\r\na\n0\r\n\r\n",
    "more than it says": b"1\r\nab\r\n0\r\n\r\n",
    "less than it says": b"5\r\nab\r\n0\r\n\r\nxx",
    "an extension with a bare LF": b"1;a\nb\r\na\r\n0\r\n\r\n",
}


class Ambiguous(ServiceTest):
    def connect(self):
        client = socket.create_connection(("127.0.0.1", self.service.port), 60 * SLOW)
        self.addCleanup(client.close)
        return client

    def answer(self, octets):
        client = self.connect()
        client.sendall(octets)
        return hear(client)

    def test_what_could_be_two_requests_is_refused_and_ends_the_connection(self):
        # [api 1.29]
        before = self.service.get("/tasks")
        for name, octets in AMBIGUOUS.items():
            with self.subTest(name):
                said = self.answer(octets + SMUGGLED)
                self.assertTrue(said.startswith((b"HTTP/1.1 400", b"HTTP/1.1 501", b"HTTP/1.1 505")), said[:200])
                self.assertEqual(said.count(b"HTTP/1.1 "), 1)
                self.assertIn(b"Connection: close\r\n", said)
        self.assertEqual(self.service.get("/tasks"), before)

    def test_chunks_that_are_not_as_they_should_be_make_no_task(self):
        before = self.service.get("/tasks")
        for name, octets in BAD_CHUNKS.items():
            with self.subTest(name):
                said = self.answer(CHUNKED + octets + SMUGGLED)
                self.assertTrue(said.startswith(b"HTTP/1.1 400"), said[:200])
                self.assertEqual(said.count(b"HTTP/1.1 "), 1)
        self.assertEqual(self.service.get("/tasks"), before)

    def test_an_endless_line_of_a_chunk_is_cut_off(self):
        client = self.connect()
        client.sendall(CHUNKED + b"1;")
        with contextlib.suppress(OSError):  # Where it does not listen any more; before that it only passes over what comes.
            for _ in range(40000):
                client.sendall(b"a" * 10000)
        said = hear(client)  # Its answer may be lost: it closes with much of ours unread.
        self.assertTrue(not said or said.startswith(b"HTTP/1.1 431"), said[:200])
        self.assertLess(self.service.resident_kb(), 200 * 1024)

    def test_a_line_of_a_chunk_or_trailers_over_the_limit_are_answered(self):
        for name, octets in {"extension": b"1;", "trailer": b"1\r\na\r\n0\r\nX: "}.items():
            with self.subTest(name):
                said = self.answer(CHUNKED + octets + b"a" * 66000)
                self.assertTrue(said.startswith(b"HTTP/1.1 431"), said[:200])
                self.assertIn(b"Connection: close\r\n", said)

    def test_requests_sent_ahead_are_answered_in_order(self):
        said = self.answer(b"".join(b"GET /nothing/%d HTTP/1.1\r\nHost: localhost\r\n%s\r\n" %
                                    (n, b"Connection: close\r\n" if n == 99 else b"") for n in range(100)))
        at = [said.index(b"'/nothing/%d'" % n) for n in range(100)]
        self.assertEqual((at, said.count(b"HTTP/1.1 404")), (sorted(at), 100))

    def test_a_target_in_absolute_form_counts_before_host(self):
        self.assertTrue(self.answer(b"GET http://localhost/healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
                        .startswith(b"HTTP/1.1 200"))
        self.assertTrue(self.answer(b"GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                        .startswith(b"HTTP/1.1 403"))

    def test_the_body_of_who_expects_100_is_asked_for_only_when_it_is_wanted(self):
        client = self.connect()
        client.sendall(POST + b"Content-Length: 7\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
        self.assertEqual(client.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n")
        client.sendall(b"# none\n")
        self.assertTrue(hear(client).startswith(b"HTTP/1.1 200"))
        said = self.answer(b"POST /tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: 7\r\n"
                           b"Expect: 100-continue\r\n\r\n")
        self.assertTrue(said.startswith(b"HTTP/1.1 415"), said[:200])
        said = self.answer(POST + b"Content-Length: 7\r\nExpect: miracles\r\n\r\n")
        self.assertTrue(said.startswith(b"HTTP/1.1 417"), said[:200])


class Crowds(NetTest):
    idle = 10000 if ALL else 500
    dripping = 500 if ALL else 60

    def setUp(self):
        allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed[1], allowed[1]))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, allowed)
        if allowed[1] < 2 * self.idle:
            self.skipTest(f"{allowed[1]} descriptors are too few for {self.idle} clients")

    def crowd(self, service, count, octets):
        clients = []
        for _ in range(count):
            client = socket.create_connection(("127.0.0.1", service.port), 60 * SLOW)
            self.addCleanup(client.close)
            if octets:
                client.sendall(octets)
            clients.append(client)
        return clients

    def test_crowds_that_idle_or_drip_hold_nobody_up(self):
        with Service(self.net, "--max-connections", str(2 * self.idle)) as service:
            self.crowd(service, self.idle, b"")
            heads = self.crowd(service, self.dripping, b"GET /healthz HTTP/1.1\r\nX: ")
            bodies = self.crowd(service, self.dripping, CHUNKED)
            over = threading.Event()

            def drip():
                while not over.wait(0.05):
                    for clients, octet in ((heads, b"a"), (bodies, b"1\r\n#\r\n")):
                        for client in clients:
                            try:
                                client.sendall(octet)
                            except OSError:  # It was given up; so much the better.
                                pass
            dripper = threading.Thread(target=drip)
            dripper.start()
            try:
                for _ in range(50):
                    self.assertEqual(service.curl("GET", "/healthz", timeout=10).status, 200)
                records = service.fetch([self.http(f"/page/{n}") for n in range(200)])
                self.assertEqual([record["errors"] for record in records], [{}] * 200)
            finally:
                over.set()
                dripper.join()

    def test_one_address_gets_so_many_connections_and_others_are_served(self):
        # [api 5.26]
        with Service(self.net, "--max-connections-per-address", "8") as service:
            held = self.crowd(service, 8, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
            said = b""
            def refused():
                nonlocal said
                with socket.create_connection(("127.0.0.1", service.port), 60 * SLOW) as client:
                    client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    said = hear(client)
                return said.startswith(b"HTTP/1.1 503")
            self.assertTrue(until(refused), said)
            self.assertIn(b"Retry-After: ", said)
            self.assertIn(b"--max-connections-per-address", said)
            with socket.create_connection(("127.0.0.1", service.port), 60 * SLOW, ("127.0.0.9", 0)) as other:
                other.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                self.assertTrue(hear(other).startswith(b"HTTP/1.1 200"))
            for client in held:
                client.close()
            self.assertTrue(until(lambda: not refused()))


if __name__ == "__main__":
    main()
