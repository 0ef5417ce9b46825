"""Each limit of a fetch holds, never early, seldom late, and only for what it is a limit of."""
import base64
import datetime
import time

from harness import ALL, SLOW, NetTest, Service, ServiceTest, main, until

LATE_MS = 1000 if ALL and SLOW == 1 else 5000 * SLOW  # How late a limit may be noticed.


def ms(milliseconds):
    return int(milliseconds * SLOW)


class TimeTest(NetTest):
    def assert_timed_out(self, record, code, phase, limit_ms, option):
        errors = record["errors"]
        word = "DNS_ERROR" if phase == "dns" else "TIMEOUT"
        self.assertEqual((errors.get("http"), errors.get("code"), errors.get("phase")), (word, code, phase), record)
        self.assertIn(option, errors["detail"])
        self.assertGreaterEqual(record["timings"]["total"], limit_ms, record)
        self.assertLess(record["timings"]["total"], limit_ms + LATE_MS, record)

    def slow(self, name, milliseconds, host="raw.test"):
        return self.raw(f"slow/{name}?s={ms(milliseconds) / 1000}", host)


class Waiting(TimeTest):
    """Time in a queue of trawl's own is no time of the fetch."""

    def assert_waited(self, records, limit_ms, waited_ms):
        """All went well although the last waited longer than its whole limit."""
        for record in records:
            self.assertEqual((record["errors"], record["attempts"]), ({}, 1), record)
            self.assertLess(record["timings"]["total"], limit_ms)
        longest = max(record["timings"]["queue"] for record in records)
        self.assertGreaterEqual(longest, waited_ms)
        self.assertGreater(longest, limit_ms)

    def test_for_a_slot_of_the_window(self):
        # [api 2.25, 4.11]
        with Service(self.net, "--max-in-flight", "1") as service:
            urls = [self.slow("window", 300, f"w{n}.test") for n in range(5)]
            self.assert_waited(service.fetch(urls, timeout_ms=ms(900), connect_timeout_ms=ms(500), retries=0), ms(900), ms(1200))

    def test_for_a_slot_of_the_host_and_for_its_delay(self):
        # [api 2.25, 2.33, 4.11]
        with Service(self.net) as service:
            limits = {"timeout_ms": ms(900), "connect_timeout_ms": ms(500), "retries": 0}
            slow = [self.slow(f"one/{n}", 300) for n in range(5)]
            quick = [self.raw(f"ok/delay/{n}", "delay.test") for n in range(5)]
            tasks = service.submit(slow, host_concurrency=1, **limits), service.submit(quick, host_delay_ms=ms(300), **limits)
            for task in tasks:
                service.wait(task)
                self.assert_waited(service.records(task), ms(900), ms(1200))

    def test_for_a_pause_that_the_host_asked_for(self):
        # [api 2.25, 4.15]
        with Service(self.net) as service:
            url = self.raw("flaky/asked?how=503&retry_after=2", "pausing.test")
            record = service.fetch([url], timeout_ms=1000, retries=1)[0]
            self.assertEqual((record["errors"], record["attempts"]), ({}, 2), record)
            self.assertGreaterEqual(record["timings"]["queue"], 1900)


class Limits(TimeTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = cls.enterClassContext(Service(cls.net))
        cls.strange_names = cls.enterClassContext(Service(cls.net, dns=cls.net["scripted_dns_server"]))

    def test_of_a_dial_in_each_of_its_steps(self):
        # [api 2.26, 4.23]
        limits = {"connect_timeout_ms": ms(600), "timeout_ms": ms(20000), "retries": 0}
        name, = self.strange_names.fetch(["http://silent.dns/"], **limits)
        self.assert_timed_out(name, "dns_timeout", "dns", ms(600), "connect_timeout_ms")
        port, tls = self.service.fetch([f"http://127.0.0.1:{self.net['blackhole_port']}/",
                                        f"https://127.0.0.1:{self.net['tls_stall_port']}/"], **limits)
        self.assert_timed_out(port, "connection_timeout", "connect", ms(600), "connect_timeout_ms")
        self.assert_timed_out(tls, "connection_timeout", "tls", ms(600), "connect_timeout_ms")

    def test_of_a_dial_is_one_for_all_of_its_steps(self):
        # [api 2.26]
        url = f"https://late{ms(400)}.dns:{self.net['tls_stall_port']}/"
        record = self.strange_names.fetch([url], connect_timeout_ms=ms(700), timeout_ms=ms(20000), retries=0)[0]
        self.assert_timed_out(record, "connection_timeout", "tls", ms(700), "connect_timeout_ms")
        self.assertGreaterEqual(record["timings"]["dns"], ms(400) - 50)

    def test_of_an_attempt_holds_in_the_dial_too(self):
        limits = {"connect_timeout_ms": ms(20000), "timeout_ms": ms(600), "retries": 0}
        name, = self.strange_names.fetch(["http://silent.dns/again"], **limits)
        self.assert_timed_out(name, "dns_timeout", "dns", ms(600), "timeout_ms")
        tls, = self.service.fetch([f"https://127.0.0.1:{self.net['tls_stall_port']}/"], **limits)
        self.assert_timed_out(tls, "connection_timeout", "tls", ms(600), "timeout_ms")

    def test_of_an_attempt_is_one_for_all_of_its_hops(self):
        # [api 2.24, 4.23]
        """Each hop would be quick enough by itself."""
        head = f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {self.slow('second', 900)}\r\n\r\n"
        late = "," + base64.b64encode(head.encode()).decode().replace("+", "%2B")
        url = self.raw(f"bytes/first?b64={late}&gap_ms={ms(600)}&then=close")
        record = self.service.fetch([url], timeout_ms=ms(1200), retries=0)[0]
        self.assert_timed_out(record, "http_response_timeout", "ttfb", ms(1200), "timeout_ms")
        self.assertEqual(len(record["redirects"]), 1)
        self.assertEqual(self.service.fetch([url], timeout_ms=ms(8000), retries=0)[0]["errors"], {})

    def test_many_at_once_each_hold(self):
        limits = [ms(n) for n in range(100, 1600, 100)]
        tasks = [(limit, self.service.submit([self.raw(f"stall/{limit}/{n}") for n in range(20)], timeout_ms=limit, retries=0))
                 for limit in limits]
        for limit, task in tasks:
            self.service.wait(task)
            for record in self.service.records(task):
                self.assertEqual(record["errors"]["http"], "TIMEOUT", record)
                self.assertGreaterEqual(record["timings"]["total"], limit, record)
                self.assertLess(record["timings"]["total"], limit + LATE_MS, record)


class Deadline(ServiceTest):
    def test_of_a_task_ends_whatever_it_does(self):
        # [api 2.34, 4.29]
        """In flight, in a queue, before its next attempt, in a pause that its host asked for."""
        stalls = [self.raw(f"stall/deadline/{n}", "stalls.test") for n in range(4)]
        retries = [self.raw(f"flaky/deadline/{n}?fail=99", "retries.test") for n in range(4)]
        pauses = [self.raw(f"flaky/pause/{n}?fail=99&how=429&retry_after=50", "pauses.test") for n in range(4)]
        began = time.monotonic()
        task = self.service.submit([*stalls, *retries, *pauses], deadline_s=2, host_concurrency=1, retries=10)
        self.assertTrue(until(lambda: self.seen("/raw/flaky/pause")["requests"]))
        summary = self.service.wait(task)
        self.assertLess(time.monotonic() - began, 2 + LATE_MS / 1000)
        self.assertEqual((summary["status"], summary["done"], summary["ok"]), ("deadline_exceeded", 12, 0))
        created, finished = (datetime.datetime.fromisoformat(summary[key]) for key in ("created_at", "finished_at"))
        self.assertGreaterEqual((finished - created).total_seconds(), 2)
        records = self.service.records(task)
        self.assertEqual(sorted(record["index"] for record in records), list(range(12)))
        for record in records:
            self.assertEqual((record["errors"]["http"], record["errors"]["code"]), ("CANCELLED", "deadline_exceeded"), record)
            self.assertIn(record["errors"]["phase"], ("queue", "ttfb"))


if __name__ == "__main__":
    main()
