"""Records handed out while they arrive: pages, lines, slow readers, and a task deleted under them."""
import http.client
import json
import socket
import threading
import time

from harness import SLOW, TEXT, ServiceTest, main, until

MANY = 20000


class Streams(ServiceTest):
    def start_many(self, count=MANY):
        urls = "\n".join(self.http(f"/page/{n}", n % 50) for n in range(count))
        return self.service.curl("POST", "/tasks", urls, TEXT).json()["task_id"]

    def assert_complete(self, indexes, count=MANY):
        self.assertEqual(len(indexes), count)
        self.assertEqual(set(indexes), set(range(count)))

    def test_pages_read_while_the_task_runs_give_each_record_once(self):
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
        task = self.start_many()
        reply = self.service.curl("GET", f"/tasks/{task}/results?format=ndjson&follow=1")
        self.assert_complete([line["index"] for line in reply.lines()])
        self.assertEqual(self.service.summary(task)["status"], "done")

    def test_a_follower_sees_a_record_as_soon_as_it_is_there(self):
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

    def test_a_reader_that_leaves_harms_nobody(self):
        task = self.start_many(60000)
        for _ in range(10):
            reader = self.open_slowly(f"/tasks/{task}/results?follow=1")
            reader.recv(500)
            reader.close()
        self.assertEqual(self.service.wait(task, 120)["ok"], 60000)

    def test_one_answer_is_one_snapshot(self):
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
