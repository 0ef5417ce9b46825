"""Watching a task live: server-sent events, WebSocket, and large answers as gzip."""
import base64
import hashlib
import http.client
import json
import os
import socket
import struct
import tempfile
import zlib

from harness import SLOW, TEXT, Service, ServiceTest, main, until
from net import origin, process


def parse_events(text):
    """The events of an event stream, as dictionaries; comments are left out."""
    events = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            events.append({**fields, "data": json.loads(fields["data"])})
    return events


class WebSocket:
    """Just enough of RFC 6455 to watch, and to misbehave."""

    def __init__(self, port, path, timeout, receive_buffer=None, tls=None):
        """`tls`: an SSLContext, for wss."""
        self.sock = socket.socket()
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(timeout)
        self.sock.connect(("127.0.0.1", port))
        if tls:
            self.sock = tls.wrap_socket(self.sock, server_hostname="127.0.0.1", suppress_ragged_eofs=False)
        key = base64.b64encode(os.urandom(16)).decode()
        self.sock.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
                          f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nX-Request-Id: mine\r\n\r\n".encode())
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            self._fill()
        self.head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        expected = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
        self.accepted = f"sec-websocket-accept: {expected}".encode().lower() in self.head.lower()

    def _fill(self):
        block = self.sock.recv(65536)
        if not block:
            raise EOFError
        self.buffer += block

    def _take(self, size):
        while len(self.buffer) < size:
            self._fill()
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def receive(self):
        """The next frame: opcode and payload."""
        first, size = self._take(2)
        if size == 126:
            size, = struct.unpack(">H", self._take(2))
        elif size == 127:
            size, = struct.unpack(">Q", self._take(8))
        return first & 15, self._take(size)

    def send(self, opcode, payload=b""):
        mask = os.urandom(4)
        size = bytes([128 | len(payload)]) if len(payload) < 126 else bytes([254]) + struct.pack(">H", len(payload))
        self.sock.sendall(bytes([128 | opcode]) + size + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload)))

    def frames(self):
        """All text frames as JSON, and the code of the close, which is answered, as pings are."""
        texts = []
        while True:
            opcode, payload = self.receive()
            if opcode == 1:
                texts.append(json.loads(payload))
            elif opcode == 9:
                self.send(10, payload)
            elif opcode == 8:
                try:
                    self.send(8, payload)
                except OSError:
                    pass  # Whoever refuses what was said does not wait for it.
                return texts, struct.unpack(">H", payload[:2])[0]

    def hurry(self):
        """From here on it takes what comes, not a few octets at a time."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)

    def close(self):
        self.sock.close()


class Watching(ServiceTest):
    def many(self, count):
        urls = "\n".join(self.http(f"/page/{n}", n % 50) for n in range(count))
        return self.service.curl("POST", "/tasks", urls, TEXT).json()["task_id"]

    def events(self, task, query="", **headers):
        reply = self.service.curl("GET", f"/tasks/{task}/events{query}", None, {k.replace("_", "-"): v for k, v in headers.items()})
        self.assertEqual((reply.status, reply.headers["content-type"]), (200, "text/event-stream"), reply)
        return parse_events(reply.body.decode())

    def assert_each_once(self, events, count):
        indexes = [event["data"]["index"] for event in events if event["event"] == "record"]
        self.assertEqual(sorted(indexes), list(range(count)))


class Events(Watching):
    def test_progress_and_the_end(self):
        # [api 1.6, 4.41]
        task = self.many(3000)
        events = self.events(task)
        self.assertEqual({event["event"] for event in events[:-1]}, {"progress"})
        self.assertEqual(events[-1]["event"], "end")
        self.assertEqual((events[-1]["data"]["status"], events[-1]["data"]["done"], events[-1]["id"]), ("done", 3000, "p3000"))
        done = [event["data"]["done"] for event in events]
        self.assertEqual(done, sorted(done))
        self.assertEqual(events[-1]["data"], self.service.summary(task))

    def test_records_as_they_finish_each_once(self):
        # [api 4.41]
        task = self.many(3000)
        events = self.events(task, "?records=1")
        self.assert_each_once(events, 3000)
        self.assertEqual([event["id"] for event in events if event["event"] == "record"], [f"p{n}" for n in range(1, 3001)])

    def test_whoever_comes_back_misses_nothing_and_sees_nothing_twice(self):
        # [api 4.40, 4.41]
        task = self.many(500)
        self.service.wait(task)
        events = self.events(task, "?records=1")
        place = events[200]["id"]
        for rest in (self.events(task, "?records=1", Last_Event_ID=place), self.events(task, f"?records=1&cursor={place}"),
                     self.events(task, "?records=1&cursor=p3", Last_Event_ID=place)):
            self.assert_each_once(events[:201] + rest, 500)
        lines = self.service.curl("GET", f"/tasks/{task}/results?format=ndjson&cursor={place}").lines()
        self.assertEqual(lines, [event["data"] for event in self.events(task, "?records=1", Last_Event_ID=place) if event["event"] == "record"])

    def test_progress_comes_at_most_four_times_a_second(self):
        # [api 4.41]
        task = self.service.submit([self.http(f"/page/{n}") for n in range(200)], host_delay_ms=10)
        events = self.events(task)
        summary = events[-1]["data"]
        self.assertLessEqual(len(events), 3 + 4 * 10 * SLOW)
        self.assertEqual(summary["done"], 200)

    def test_a_record_is_told_as_soon_as_it_is_there(self):
        # [api 4.43]
        task = self.service.submit(["bad", self.raw("stall/event")], timeout_ms=600000)
        connection = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=20 * SLOW)
        connection.request("GET", f"/tasks/{task}/events?records=1", headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        self.assertEqual((answer.getheader("Cache-Control"), answer.getheader("Content-Encoding")), ("no-store", None))
        seen = b""
        while b"event: record" not in seen:
            seen += answer.readline()
        self.service.curl("DELETE", f"/tasks/{task}")
        with self.assertRaises(http.client.IncompleteRead) as broken:
            answer.read()
        self.assertIn(b"event: problem\n", broken.exception.partial)
        connection.close()

    def test_what_makes_no_sense_is_refused(self):
        task = self.service.submit(["bad"])
        for route in ("events", "ws"):
            for query in ("records=2", "cursor=x", "cursor=p2", "follow=1", "records=1&records=1"):
                self.assert_problem(self.service.curl("GET", f"/tasks/{task}/{route}?{query}"), 400)
            self.assert_problem(self.service.curl("GET", f"/tasks/nothing/{route}"), 404)
        self.assert_problem(self.service.curl("GET", f"/tasks/{task}/events", None, {"Last-Event-ID": "x"}), 400)

    def test_an_empty_task_has_its_end(self):
        self.assertEqual(self.events(self.service.submit([]))[-1]["event"], "end")

    def test_slow_watchers_cost_no_memory(self):
        # [api 3.10]
        task = self.many(20000)
        self.service.wait(task, 120)
        before = self.service.resident_kb()
        slow = [WebSocket(self.service.port, f"/tasks/{task}/ws?records=1", 20 * SLOW, 4096) for _ in range(10)]
        for _ in range(10):
            sock = socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.connect(("127.0.0.1", self.service.port))
            sock.sendall(f"GET /tasks/{task}/events?records=1 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            self.addCleanup(sock.close)
        self.service.summary(task)
        self.assertLess(self.service.resident_kb() - before, 20000 * SLOW)  # Each answer has 8 MB.
        for each in slow:
            each.close()
        self.service.summary(task)


class WebSockets(Watching):
    def open(self, task, query="", **more):
        watcher = WebSocket(self.service.port, f"/tasks/{task}/ws{query}", 30 * SLOW, **more)
        self.addCleanup(watcher.close)
        return watcher

    def test_the_same_events_as_frames(self):
        # [api 1.7, 4.40, 4.42, 4.43]
        task = self.many(2000)
        watcher = self.open(task, "?records=1")
        self.assertTrue(watcher.accepted, watcher.head)
        self.assertTrue(watcher.head.startswith(b"HTTP/1.1 101 "))
        self.assertIn(b"x-request-id: mine", watcher.head.lower())
        frames, code = watcher.frames()
        self.assertEqual(code, 1000)
        self.assert_each_once(frames, 2000)
        self.assertEqual((frames[-1]["event"], frames[-1]["id"], frames[-1]["data"]["status"]), ("end", "p2000", "done"))
        self.assertTrue(all(set(frame) == {"event", "id", "data"} for frame in frames))
        rest, _ = self.open(task, f"?records=1&cursor={frames[900]['id']}").frames()
        self.assert_each_once(frames[:901] + rest, 2000)

    def test_a_long_record_is_one_frame(self):
        task = self.service.submit([{"url": "bad", "meta": "m" * 60000}])
        frames, code = self.open(task, "?records=1").frames()
        self.assertEqual((code, [len(f["data"]["meta"]) for f in frames if f["event"] == "record"]), (1000, [60000]))

    def test_pings_are_answered_and_what_is_said_is_passed_over(self):
        task = self.service.submit([self.raw("stall/ws")], timeout_ms=600000)
        watcher = self.open(task)
        self.assertEqual(json.loads(watcher.receive()[1])["event"], "progress")
        watcher.send(1, b"hello")
        watcher.send(9, b"are you there")
        self.assertEqual(watcher.receive(), (10, b"are you there"))
        self.service.curl("POST", f"/tasks/{task}/cancel")
        frames, code = watcher.frames()
        self.assertEqual((frames[-1]["data"]["status"], code), ("cancelled", 1000))

    def test_a_client_may_close_or_just_leave(self):
        task = self.service.submit([self.raw("stall/leave")], timeout_ms=600000)
        self.assertTrue(until(lambda: self.open_at("/raw/stall/leave") == 1))
        before = self.service.sockets()
        polite, rude = self.open(task), self.open(task)
        polite.receive()
        polite.send(8, struct.pack(">H", 1000))
        self.assertEqual(polite.receive()[0], 8)
        self.assertEqual(polite.sock.recv(1), b"")  # The server closes first (RFC 6455 7.1.1).
        polite.close()
        rude.close()
        self.assertTrue(until(lambda: self.service.sockets() <= before, 20))
        self.service.curl("DELETE", f"/tasks/{task}")

    def test_a_deleted_task_says_so(self):
        # [api 4.43]
        task = self.service.submit([self.raw("stall/gone")], timeout_ms=600000)
        watcher = self.open(task)
        watcher.receive()
        self.service.curl("DELETE", f"/tasks/{task}")
        frames, code = watcher.frames()
        self.assertEqual((frames[-1]["event"], frames[-1]["data"]["status"], code), ("problem", 404, 4404))

    def test_a_message_too_long_is_refused(self):
        task = self.service.submit([self.raw("stall/long")], timeout_ms=600000)
        watcher = self.open(task)
        watcher.send(1, b"x" * 5000)
        self.assertEqual(watcher.frames()[1], 1009)
        self.service.curl("DELETE", f"/tasks/{task}")

    def test_a_service_that_ends_says_so(self):
        # [api 4.43]
        with Service(self.net) as other:
            task = other.submit([self.raw("stall/ending")], timeout_ms=600000)
            watcher = WebSocket(other.port, f"/tasks/{task}/ws", 30 * SLOW)
            self.addCleanup(watcher.close)
            watcher.receive()
            other.stop()
            frames, code = watcher.frames()
            self.assertIn((frames[-1]["event"], code), (("end", 1000), ("problem", 1001)))

    def test_who_does_not_ask_for_a_websocket_is_told(self):
        # [api 1.7]
        task = self.service.submit(["bad"])
        reply = self.service.curl("GET", f"/tasks/{task}/ws")
        self.assert_problem(reply, 426)
        self.assertEqual((reply.headers["upgrade"], reply.headers["sec-websocket-version"]), ("websocket", "13"))
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": base64.b64encode(bytes(16)).decode()}
        self.assert_problem(self.service.curl("GET", f"/tasks/{task}/ws", None, {**upgrade, "Sec-WebSocket-Version": "8"}), 426)
        for key in ("x", "!" * 24, "a" * 24, "a" * 23 + "=", "a" * 21 + "===", "a" * 22, base64.b64encode(bytes(15)).decode(), base64.b64encode(bytes(18)).decode()):
            fields = {**upgrade, "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key}
            self.assert_problem(self.service.curl("GET", f"/tasks/{task}/ws", None, fields), 400)
        twice = ("-H", "sec-websocket-key: " + upgrade["Sec-WebSocket-Key"])
        self.assert_problem(self.service.curl("GET", f"/tasks/{task}/ws", None, {**upgrade, "Sec-WebSocket-Version": "13"}, *twice), 400)
        self.assert_problem(self.service.curl("GET", f"/tasks/{task}/ws", None,
                                              {**upgrade, "Sec-WebSocket-Version": "13", "Origin": "http://evil.example"}), 403)


    def test_what_asks_for_a_websocket_may_stand_on_several_lines(self):
        # RFC 9110 5.3: proxies add lines of their own.
        task = self.service.submit(["bad"])
        key = base64.b64encode(bytes(16)).decode()
        with socket.create_connection(("127.0.0.1", self.service.port), 30 * SLOW) as client:
            client.sendall(f"GET /tasks/{task}/ws HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\nUpgrade: h2c\r\n"
                           f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
                           f"Sec-WebSocket-Version: 13\r\n\r\n".encode())
            self.assertEqual(client.recv(12), b"HTTP/1.1 101")

    def test_a_key_of_22_digits_at_random_will_do(self):
        # RFC 4648 3.5: the last has bits that mean nothing, which some clients do not clear.
        task = self.service.submit(["bad"])
        for key in ("a" * 21 + "b==", "+" * 22 + "==", "/9" * 11 + "=="):
            with socket.create_connection(("127.0.0.1", self.service.port), 30 * SLOW) as client:
                client.sendall(f"GET /tasks/{task}/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                               f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
                self.assertEqual(client.recv(12), b"HTTP/1.1 101", key)


class Gateway(Watching):
    """nginx in front as it comes: with its buffers on, and HTTP/1.0 behind it."""

    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.door = os.path.join(folder, "door")
        with open(os.path.join(folder, "nginx.conf"), "w", encoding="ascii") as config:
            paths = "".join(f"{kind}_temp_path {kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
            config.write(f"daemon off; master_process off; pid pid; events {{}}\nhttp {{ access_log off; {paths}\n"
                         f"server {{ listen unix:{self.door};\nlocation / {{ proxy_pass http://127.0.0.1:{self.service.port}; }} }} }}\n")
        log = os.path.join(folder, "log")
        nginx = process.spawn([origin.binary(), "-p", folder, "-e", log, "-c", "nginx.conf"], log)
        self.addCleanup(nginx.wait)
        self.addCleanup(nginx.terminate)
        self.assertTrue(until(lambda: os.path.exists(os.path.join(folder, "pid"))))

    def test_what_is_live_comes_through_at_once(self):
        task = self.service.submit(["bad", self.raw("stall/gateway")], timeout_ms=600000)
        self.addCleanup(self.service.curl, "DELETE", f"/tasks/{task}")
        for path, expected in (("events?records=1", b"event: record"), ("results?format=ndjson&follow=1", b'{"index":0,')):
            with self.subTest(path), socket.socket(socket.AF_UNIX) as client:
                client.settimeout(20 * SLOW)
                client.connect(self.door)
                client.sendall(f"GET /tasks/{task}/{path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                said = b""
                while expected not in said:
                    piece = client.recv(65536)
                    self.assertNotEqual(piece, b"", said)
                    said += piece


class Gzip(Watching):
    def test_large_answers_are_coded_for_those_who_take_it(self):
        # [api 1.30]
        task = self.many(1000)
        self.service.wait(task)
        for path in (f"/tasks/{task}", "/tasks", f"/tasks/{task}/results?limit=1000", f"/tasks/{task}/results?format=ndjson",
                     f"/tasks/{task}/results?format=csv"):
            plain = self.service.curl("GET", path)
            self.assertNotIn("content-encoding", plain.headers)
            coded = self.service.curl("GET", path, None, {"Accept-Encoding": "br, gzip"})
            self.assertEqual(coded.headers["content-encoding"], "gzip")
            self.assertLess(len(coded.body), len(plain.body) / 4)
            self.assertEqual(zlib.decompress(coded.body, 31), plain.body)
            self.assertEqual(self.service.curl("GET", path, None, None, "--compressed").body, plain.body)
            self.assertEqual(self.service.curl("HEAD", path, None, {"Accept-Encoding": "gzip"}).headers["content-encoding"], "gzip")
            for refused in ("identity", "gzip;q=0", "br", "*;q=0", "gzip;q=0.5, identity"):
                self.assertNotIn("content-encoding", self.service.curl("GET", path, None, {"Accept-Encoding": refused}).headers)
            self.assertIn("accept-encoding", plain.headers["vary"].lower())

    def test_small_answers_are_not(self):
        # [api 1.30]
        reply = self.service.curl("GET", "/healthz", None, {"Accept-Encoding": "gzip"})
        self.assertNotIn("content-encoding", reply.headers)
        self.assertIn("accept-encoding", reply.headers["vary"].lower())

    def test_a_follower_can_read_every_record_when_it_comes(self):
        task = self.service.submit(["bad", self.raw("stall/gzip")], timeout_ms=600000)
        connection = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=20 * SLOW)
        connection.request("GET", f"/tasks/{task}/results?format=ndjson&follow=1", headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        self.assertEqual(answer.getheader("Content-Encoding"), "gzip")
        decoder, text = zlib.decompressobj(31), b""
        while not text.endswith(b"\n"):
            text += decoder.decompress(answer.read1(65536))
        self.assertEqual(json.loads(text)["index"], 0)
        self.service.curl("POST", f"/tasks/{task}/cancel")
        text = decoder.decompress(answer.read())
        self.assertEqual(json.loads(text)["index"], 1)
        self.assertTrue(decoder.eof)
        connection.close()


if __name__ == "__main__":
    main()
