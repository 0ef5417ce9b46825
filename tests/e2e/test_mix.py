"""Many tasks at once over a mix of good and hostile servers: one record for each URL, true, and in time.

Twenty tasks of a thousand URLs; with TRAWL_TEST_ALL=1 a thousand of them.
"""
import collections
import http.client
import json
import time

from harness import ALL, SLOW, TEXT, ServiceTest, main
from net.canned import Canned

TASKS, URLS = (1000 if ALL else 20), 1000
TIMEOUT_MS = int(1000 * SLOW)
LATE_MS = 1000 if ALL and SLOW == 1 else 5000 * SLOW
HOSTS = 64

# What must come of a path.
STALLS = {"stall": {"http_response_timeout"}, "stall-head": {"http_response_timeout"}, "stall-body": {"connection_read_timeout"}}
HOSTILE = {"fin": {"connection_terminated"}, "rst": {"connection_terminated"}, "cut": {"http_response_incomplete"},
           "cut-chunk": {"http_response_incomplete"}, "bad-chunk": {"http_response_transfer_coding"},
           "lengths": {"http_protocol_error"}, "garbage": {"http_protocol_error"},
           "flood": {"http_response_header_section_size"}, "long": {"http_response_body_size"}, "loop": {"redirect_loop"},
           "busy": {"http_status"}}
GOOD = {"page/1": {None}, "size/1k": {None}, "redirect/2": {None}, "status/404": {"http_status"}, "no-keepalive": {None}}
# With thousands in flight on a busy machine any of them may run out of its second; then it must say so.
TIMEOUTS = {"connection_timeout", "connection_write_timeout", "http_response_timeout", "connection_read_timeout", "dns_timeout"}


class Mix(ServiceTest):
    flags = ("--max-in-flight", "8192")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.canned = cls.enterClassContext(Canned(cls.net["spread_addresses"]))

    def kind_of(self, n):
        """The path of the n-th URL of a task: two of a hundred stall, ten are hostile in other ways."""
        if n % 100 in (17, 67):
            return list(STALLS)[n // 50 % len(STALLS)]
        if n % 10 == 3:
            return list(HOSTILE)[n // 10 % len(HOSTILE)]
        return list(GOOD)[n % len(GOOD)]

    def url(self, task, n):
        kind, host = self.kind_of(n), (task * 7 + n) % HOSTS
        if kind not in GOOD:
            return f"http://h{host}.test:{self.canned.port}/{kind}/{task}/{n}"
        return (self.https if n % 50 == 1 else self.http)(f"/{kind}" + (f"?{task}.{n}" if kind != "redirect/2" else ""), host)

    def expected(self, n):
        kind = self.kind_of(n)
        return STALLS.get(kind, set()) | HOSTILE.get(kind, set()) | GOOD.get(kind, set()) | TIMEOUTS

    def submit_all(self):
        """The ids. Without curl, which takes longer than the service."""
        line = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=60 * SLOW)
        tasks = []
        for task in range(TASKS):
            body = "\n".join(self.url(task, n) for n in range(URLS))
            line.request("POST", f"/submit?timeout_ms={TIMEOUT_MS}&retries=0", body, TEXT)
            answer = line.getresponse()
            self.assertEqual(answer.status, 200)
            tasks.append(json.loads(answer.read())["task_id"])
        line.close()
        return tasks

    def check(self, number, task):
        """What came of a task, counted."""
        summary = self.service.wait(task, 60 + TASKS)
        self.assertEqual((summary["status"], summary["total"], summary["done"]), ("done", URLS, URLS))
        records = self.service.records(task)
        self.assertEqual(sorted(record["index"] for record in records), list(range(URLS)))
        codes = collections.Counter()
        for record in records:
            n, code, total = record["index"], record["errors"].get("code"), record["timings"]["total"]
            self.assertEqual(record["url"], self.url(number, n))
            self.assertIn(code, self.expected(n), record)
            self.assertLess(total, TIMEOUT_MS + LATE_MS, record)
            if code in TIMEOUTS:
                self.assertGreaterEqual(total, TIMEOUT_MS, record)
            codes[code, n % 100 in (17, 67)] += 1
        self.assertEqual(summary["ok"], sum(count for (code, _), count in codes.items() if code is None))
        self.assertEqual(self.service.curl("DELETE", f"/tasks/{task}").status, 204)
        return codes, max(record["timings"]["total"] for record in records)

    def test_each_url_has_one_true_record_in_time(self):
        began = time.monotonic()
        tasks = self.submit_all()
        codes, latest = collections.Counter(), 0
        for number, task in enumerate(tasks):
            counted, slowest = self.check(number, task)
            codes += counted
            latest = max(latest, slowest)
        took = time.monotonic() - began
        self.assertEqual(sum(codes.values()), TASKS * URLS)
        self.assertEqual(sum(count for (_, stalled), count in codes.items() if stalled), TASKS * URLS // 50)
        came = {code for code, _ in codes}
        self.assertLessEqual(set().union(*STALLS.values(), *HOSTILE.values(), *GOOD.values()), came)  # Each kind came through.
        if ALL:
            print(f"{TASKS * URLS} records in {took:.1f} s, the slowest {latest:.0f} ms: {dict(codes)}")


if __name__ == "__main__":
    main()
