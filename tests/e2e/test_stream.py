"""Records handed out while they arrive: pages, lines, slow readers, and a task deleted under them."""
import http.client
import json
import os
import socket
import subprocess
import threading
import time

from harness import ALL, SLOW, TEXT, ServiceTest, clean_environment, main, until

MANY = 20000
LARGE = (50_000, 1_000_000) if ALL else (50_000,)
# What a slow reader may cost whatever the size of the task: a session, the block that it has not taken (64 KiB and the
# record that passes it) and its chunk are 0.2 MB; the rest is room for what else the service did meanwhile.
READER_KB = 2048


class Streams(ServiceTest):
    def start_many(self, count=MANY):
        urls = "\n".join(self.http(f"/page/{n}", n % 50) for n in range(count))
        return self.service.curl("POST", "/tasks", urls, TEXT).json()["task_id"]

    def assert_complete(self, indexes, count=MANY):
        self.assertEqual(len(indexes), count)
        self.assertEqual(set(indexes), set(range(count)))

    def test_pages_read_while_the_task_runs_give_each_record_once(self):
        # [api 4.33, 4.40]
        task = self.start_many()
        indexes, cursor, empty = [], None, 0
        while True:
            page = self.service.get(f"/tasks/{task}/results?limit=777" + (f"&cursor={cursor}" if cursor else ""))
            self.assertLessEqual(len(page["results"]), 777)
            indexes += [record["index"] for record in page["results"]]
            empty += not page["results"]
            if page["next"] is None:
                break
            cursor = page["next"]
            if not page["results"]:
                time.sleep(0.01)
        self.assertNotEqual(self.service.summary(task)["status"], "running")
        self.assert_complete(indexes)

    def test_a_cursor_can_be_used_again(self):
        # [api 4.40]
        task = self.start_many(100)
        self.service.wait(task)
        first = self.service.get(f"/tasks/{task}/results?limit=40")
        second = self.service.get(f"/tasks/{task}/results?limit=40&cursor={first['next']}")
        self.assertEqual(second, self.service.get(f"/tasks/{task}/results?limit=40&cursor={first['next']}"))
        rest = self.service.curl("GET", f"/tasks/{task}/results?cursor={second['next']}&format=ndjson").lines()
        self.assert_complete([r["index"] for r in first["results"] + second["results"] + rest], 100)

    def test_lines_of_a_running_task_are_those_that_were_finished(self):
        task = self.service.submit([self.http("/page/1"), self.raw("stall/line")], timeout_ms=600000)
        self.assertTrue(until(lambda: self.service.summary(task)["done"] == 1))
        self.assertEqual([line["index"] for line in self.service.records(task)], [0])
        self.service.curl("DELETE", f"/tasks/{task}")

    def test_following_lasts_until_the_task_ends(self):
        # [api 4.37]
        task = self.start_many()
        reply = self.service.curl("GET", f"/tasks/{task}/results?format=ndjson&follow=1")
        self.assert_complete([line["index"] for line in reply.lines()])
        self.assertEqual(self.service.summary(task)["status"], "done")

    def test_a_follower_sees_a_record_as_soon_as_it_is_there(self):
        # [api 4.37]
        task = self.service.submit([self.http("/page/1"), self.raw("stall/follow")], timeout_ms=600000)
        connection = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=10 * SLOW)
        connection.request("GET", f"/tasks/{task}/results?follow=1", headers={"Accept": "application/x-ndjson"})
        answer = connection.getresponse()
        self.assertEqual(json.loads(answer.readline())["index"], 0)
        self.service.curl("POST", f"/tasks/{task}/cancel")
        self.assertEqual(json.loads(answer.readline())["errors"]["code"], "task_cancelled")
        self.assertEqual(answer.readline(), b"")
        connection.close()

    def open_slowly(self, path, receive_buffer=4096):
        """A client that takes its time: the head only, and a small window."""
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.settimeout(20 * SLOW)
        sock.connect(("127.0.0.1", self.service.port))
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/x-ndjson\r\n\r\n".encode())
        self.addCleanup(sock.close)
        return sock

    @staticmethod
    def read_all(sock):
        """Until the server closes, or the last chunk."""
        received = bytearray()
        while not received.endswith(b"\r\n0\r\n\r\n"):
            block = sock.recv(65536)
            if not block:
                break
            received += block
        return bytes(received)

    def test_a_slow_reader_holds_nobody_up_and_costs_no_memory(self):
        # [api 3.10]
        task = self.start_many(60000)
        self.service.wait(task, 120)
        before = self.service.resident_kb()
        readers = [self.open_slowly(f"/tasks/{task}/results") for _ in range(20)]
        for reader in readers:
            self.assertTrue(reader.recv(1000).startswith(b"HTTP/1.1 200"))
        self.assertLess(self.service.resident_kb() - before, 20000 * SLOW)  # The whole answer has 20 MB and more.
        began = time.monotonic()
        self.service.summary(task)
        self.assertLess(time.monotonic() - began, 1 * SLOW)
        self.assertTrue(self.read_all(readers[0]).endswith(b"0\r\n\r\n"))

    def test_a_task_deleted_under_a_reader_ends_with_a_problem_and_no_last_chunk(self):
        # [api 4.38]
        task = self.start_many(60000)
        self.service.wait(task, 120)
        reader = self.open_slowly(f"/tasks/{task}/results")
        start = reader.recv(2000)
        self.assertEqual(self.service.curl("DELETE", f"/tasks/{task}").status, 204)
        received = start + self.read_all(reader)
        self.assertFalse(received.endswith(b"\r\n0\r\n\r\n"))
        self.assertIn(b"transfer-encoding: chunked", received.lower().partition(b"\r\n\r\n")[0])
        last = [line for line in received.split(b"\n") if line.startswith(b"{")][-1]
        self.assertIn("problem", json.loads(last))

    def test_a_task_deleted_under_a_follower_ends_with_a_problem(self):
        task = self.service.submit([self.raw("stall/under")], timeout_ms=600000)
        reader = self.open_slowly(f"/tasks/{task}/results?follow=1")
        self.assertTrue(reader.recv(10).startswith(b"HTTP/1.1"))
        self.service.curl("DELETE", f"/tasks/{task}")
        received = self.read_all(reader)
        self.assertIn(b'{"problem"', received)
        self.assertFalse(received.endswith(b"\r\n0\r\n\r\n"))

    def curl_slowly(self, path, into):
        """A curl that takes 1 MB a second, and has begun."""
        command = ["curl", "-q", "--noproxy", "*", "--silent", "--show-error", "--limit-rate", "1M", "--no-buffer", "--max-time", str(100 * SLOW),
                   "--output", into, self.service.server + path]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, env=clean_environment())
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        self.assertTrue(until(lambda: os.path.exists(into) and os.path.getsize(into) > 0))
        return process

    def read_slowly(self, sock, octets):
        """Up to that many, and the most memory that the service had meanwhile: first in sips, then in gulps."""
        received, most = bytearray(), 0
        for _ in range(50):
            received += sock.recv(4096)
            time.sleep(0.02)
            most = max(most, self.service.resident_kb())
        while len(received) < octets:
            block = sock.recv(1 << 20)
            self.assertTrue(block, "the stream ended too soon")
            received += block
            most = max(most, self.service.resident_kb())
        return received, most

    def assert_cut(self, lines, count):
        """Records, each once and not all of them, then the reason."""
        *records, last = map(json.loads, lines)
        self.assertEqual((list(last), last["problem"]["status"]), (["problem"], 404))
        self.assertLess(len(records), count)
        self.assertEqual(len({record["index"] for record in records}), len(records))

    def test_a_large_task_costs_a_slow_reader_no_memory_and_its_deletion_is_an_error_to_all_who_read(self):
        for count in LARGE:
            with self.subTest(count=count):
                task = self.start_many(count)
                self.service.wait(task, count / 500)
                path = f"/tasks/{task}/results?format=ndjson"
                before = self.service.resident_kb()
                reader = self.open_slowly(path, 65536)
                received, most = self.read_slowly(reader, count * 50)  # About a seventh of it.
                if SLOW == 1:  # Sanitizers keep memory of their own.
                    self.assertLess(most - before, READER_KB)
                into = os.path.join(self.net["dir"], f"cut-{count}")
                curl = self.curl_slowly(path, into)
                self.assertEqual(self.service.curl("DELETE", f"/tasks/{task}").status, 204)
                received += self.read_all(reader)
                self.assertFalse(received.endswith(b"\r\n0\r\n\r\n"))
                self.assert_cut([line for line in received.split(b"\n") if line.startswith(b"{")], count)
                self.assertEqual(curl.wait(120 * SLOW), 18, curl.stderr.read())  # CURLE_PARTIAL_FILE
                with open(into, "rb") as file:
                    self.assert_cut(file.read().splitlines(), count)
                os.remove(into)

    def test_a_reader_that_leaves_harms_nobody(self):
        task = self.start_many(60000)
        for _ in range(10):
            reader = self.open_slowly(f"/tasks/{task}/results?follow=1")
            reader.recv(500)
            reader.close()
        self.assertEqual(self.service.wait(task, 120)["ok"], 60000)

    def test_one_answer_is_one_snapshot(self):
        # [api 3.4]
        task = self.start_many()
        running = True
        while running:
            answer = self.service.get(f"/tasks/{task}")
            running = answer["status"] == "running"
            self.assertEqual(answer["done"], answer["ok"] + answer["failed"])
            self.assertEqual(len(answer["result"]), answer["done"])
        self.assertEqual(answer["done"], MANY)

    def test_many_read_at_once(self):
        task = self.start_many()
        found = [None] * 8
        def read(n):
            found[n] = self.service.curl("GET", f"/tasks/{task}/results?follow=1&format=ndjson").body.count(b"\n")
        threads = [threading.Thread(target=read, args=(n,)) for n in range(len(found))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(found, [MANY] * len(found))

    def test_csv_has_its_columns(self):
        # [api 4.36, 4.39]
        task = self.start_many(10)
        self.service.wait(task)
        for reply in (self.service.curl("GET", f"/tasks/{task}/results?format=csv"),
                      self.service.curl("GET", f"/tasks/{task}/results", None, {"Accept": "text/csv"})):
            first, *rows = reply.body.decode().splitlines()
            self.assertEqual(first, "index,url,status_code,http,code,phase,detail,final_url,attempts,total_ms,"
                                    "content_type,content_length,remote_ip")
            self.assertEqual(len(rows), 10)


if __name__ == "__main__":
    main()
