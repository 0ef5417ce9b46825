"""A hundred thousand URLs in one body; with TRAWL_TEST_ALL=1 a million."""
import collections
import json
import time

from harness import ALL, JSON, SLOW, TEXT, ServiceTest, main

COUNTS = (100_000, 1_000_000) if ALL else (100_000,)


class Large(ServiceTest):
    def body(self, count):
        """On 200 hosts; one in a thousand is missing."""
        for n in range(count):
            yield self.http("/status/404" if n % 1000 == 7 else f"/page/{n}", n % 200)

    def check(self, task, count):
        summary = self.service.wait(task, count / 500)
        self.assertEqual((summary["status"], summary["total"], summary["done"]), ("done", count, count))
        self.assertEqual(summary["failed"], count // 1000)
        self.assertEqual(summary["by_code"], {"http_status": count // 1000})
        reply = self.service.curl("GET", f"/tasks/{task}/results?format=ndjson", timeout=count / 2000 + 60)
        seen = bytearray(count)
        failed = collections.Counter()
        for line in reply.body.splitlines():
            record = json.loads(line)
            seen[record["index"]] += 1
            if record["errors"]:
                failed[record["errors"]["http"]] += 1
        self.assertEqual(seen.count(1), count)
        self.assertEqual(failed, {404: count // 1000})
        self.assertEqual(self.service.curl("DELETE", f"/tasks/{task}").status, 204)

    def test_json_in_one_body(self):
        # [api 2.5]
        for count in COUNTS:
            body = json.dumps({"urls": list(self.body(count))})
            began = time.monotonic()
            reply = self.service.curl("POST", "/submit", body, JSON)
            took = time.monotonic() - began
            self.assertEqual((reply.status, reply.json()["total"]), (200, count))
            self.assertLess(took, 10 * SLOW)
            self.check(reply.json()["task_id"], count)

    def test_lines_in_one_body(self):
        # [api 2.5]
        count = COUNTS[0]
        reply = self.service.curl("POST", "/tasks", "\n".join(self.body(count)), TEXT)
        self.assertEqual((reply.status, reply.json()["total"]), (202, count))
        self.check(reply.json()["task_id"], count)

    def test_a_large_result_in_one_answer(self):
        count = 100_000
        reply = self.service.curl("POST", "/tasks", "\n".join(self.http(f"/page/{n}", n % 200) for n in range(count)), TEXT)
        task = reply.json()["task_id"]
        self.service.wait(task, count / 500)
        answer = self.service.get(f"/tasks/{task}")
        self.assertEqual((len(answer["result"]), answer["ok"]), (count, count))
        self.assertEqual(len(self.service.get("/tasks")[task]["result"]), count)

    def test_memory_for_a_url_is_small(self):
        # [api 2.5]
        if SLOW != 1:
            self.skipTest("sanitizers have memory of their own")
        count = COUNTS[-1]
        # None of it ends: the first stalls, and only one is asked for at a time.
        body = "\n".join(f"http://raw.test:{self.net['raw_port']}/raw/stall/memory/{n:07}" for n in range(count))
        before = self.service.resident_kb()
        reply = self.service.curl("POST", "/tasks?host_concurrency=1&timeout_ms=600000", body, TEXT)
        grown = (self.service.resident_kb() - before) * 1024 - len(body)
        self.assertLess(grown / count, 150, "octets for a URL that waits, beside its text")
        self.service.curl("DELETE", f"/tasks/{reply.json()['task_id']}")


if __name__ == "__main__":
    main()
