"""What is tried again, when, and what is left alone: retries, Retry-After, the circuit of a dead host."""
import datetime
import email.utils
import socket
import time
import unittest

from harness import ALL, SLOW, Service, ServiceTest, free_port, main, until


class Retries(ServiceTest):
    def one(self, url, **options):
        return self.service.fetch([url], **options)[0]

    def test_a_failure_that_may_pass_is_tried_again(self):
        # [api 4.31]
        hows = ("503", "500", "502", "504", "408", "429", "reset", "close")
        for how, record in zip(hows, self.service.fetch([self.raw(f"flaky/{how}?how={how}") for how in hows], keep_alive=False)):
            with self.subTest(how=how):
                self.assertEqual((record["errors"], record["attempts"]), ({}, 2), record)

    def test_retries_end(self):
        # [api 2.28, 4.31]
        record = self.one(self.raw("flaky/always?fail=99"), retries=1)
        self.assertEqual((record["errors"]["http"], record["errors"]["code"], record["attempts"]), (503, "http_status", 2))
        self.assertTrue(record["errors"]["retryable"])
        self.assertEqual(self.seen("/raw/flaky/always")["requests"], {"/raw/flaky/always": 2})

    def test_what_will_not_pass_is_not_tried_again(self):
        # [api 4.31]
        kinds = ("no-such-name", "expired", "wrong-host", "raw-bad-chunk")
        urls = [self.http("/status/404"), self.http("/status/501"), *(self.net["samples"][k]["url"] for k in kinds)]
        for record in self.service.fetch(urls, retries=3):
            self.assertTrue(record["errors"], record)
            self.assertEqual((record["attempts"], record["errors"]["retryable"]), (1, False), record)

    def test_every_attempt_has_a_timeout_of_its_own(self):
        # [api 2.24]
        began = time.monotonic()
        record = self.one(self.raw("stall/attempts"), timeout_ms=400, retries=1)
        self.assertEqual((record["errors"]["code"], record["attempts"]), ("http_response_timeout", 2))
        self.assertGreaterEqual(time.monotonic() - began, 0.8)
        self.assertLess(record["timings"]["total"], 400 + 1000 * SLOW)  # Of the last attempt.


    def test_a_fallback_from_head_is_no_attempt_and_a_retry_does_not_ask_by_head_again(self):
        record = self.one(self.http("/no-head"), method="HEAD")
        self.assertEqual((record["errors"], record["attempts"]), ({}, 1), record)
        record = self.one(self.raw("flaky/head?fail=2&how=501"), method="HEAD", retries=0)
        self.assertEqual((record["errors"]["http"], record["attempts"]), (501, 1), record)
        methods = [head.split()[0] for head in self.heads("/raw/flaky/head")]
        self.assertEqual(methods, ["HEAD", "GET"])

    def test_a_name_server_that_failed_is_asked_again_and_one_that_said_no_is_not(self):
        with Service(self.net, dns=self.net["scripted_dns_server"]) as service:
            names = {"servfail": (2, True), "refused": (2, True), "nxdomain": (1, False), "nodata": (1, False)}
            records = service.fetch([f"http://retry.{name}.dns/" for name in names], retries=1)
            for record, (attempts, retryable) in zip(records, names.values()):
                self.assertEqual((record["errors"]["http"], record["errors"]["code"]), ("DNS_ERROR", "dns_error"), record)
                self.assertEqual((record["attempts"], record["errors"]["retryable"]), (attempts, retryable), record)

    def test_backoff_is_at_most_a_second_before_the_second_attempt(self):
        records = self.service.fetch([self.raw(f"flaky/backoff/{n}") for n in range(40)])
        waits = [record["timings"]["queue"] for record in records]
        self.assertEqual({record["attempts"] for record in records}, {2})
        self.assertLess(max(waits), 1000 + 1000 * SLOW)
        self.assertGreater(max(waits) - min(waits), 300)  # Spread out, so that they do not come back all at once.


class Pauses(ServiceTest):
    """Each test has a host of its own: what a pause concerns is the host."""

    def held(self, name, path):
        return self.raw(path, f"{name}.test")

    def test_retry_after_is_waited_out_by_the_whole_host_and_by_nobody_else(self):
        # [api 4.15]
        urls = [self.held("pause", "flaky/pause?how=429&retry_after=2"), self.raw("ok/meanwhile", "other.test")]
        task = self.service.submit(urls)
        self.assertTrue(until(lambda: self.service.summary(task)["done"] == 1))
        began = time.monotonic()
        late = self.service.submit([self.held("pause", "ok/late")])
        self.service.wait(late)
        self.service.wait(task)
        first, other = sorted(self.service.records(task), key=lambda record: record["index"])
        self.assertEqual((first["errors"], first["attempts"]), ({}, 2), first)
        self.assertGreaterEqual(first["timings"]["queue"], 1900)
        self.assertLess(first["timings"]["total"], 1000 * SLOW)  # Waiting is not fetching.
        self.assertLess(other["timings"]["queue"], 1000 * SLOW)
        self.assertGreater(time.monotonic() - began, 1.0)
        self.assertGreater(self.service.records(late)[0]["timings"]["queue"], 1000)

    def test_a_date_in_any_of_its_forms_says_the_same(self):
        at = time.gmtime(time.time() + 3)
        forms = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y")
        dates = [time.strftime(form, at).replace(" ", "%20") for form in forms]
        urls = [self.held(f"dated{n}", f"flaky/dated{n}?how=503&retry_after={date}") for n, date in enumerate(dates)]
        for record in self.service.fetch(urls):
            self.assertEqual((record["errors"], record["attempts"]), ({}, 2), record)
            self.assertGreaterEqual(record["timings"]["queue"], 1500)

    def test_a_date_that_has_passed_and_what_is_no_time_hold_nobody(self):
        values = (email.utils.formatdate(time.time() - 3600, usegmt=True).replace(" ", "%20"), "0", "-5", "%2B50", "1.5", "soon", "",
                  "50,%2060", "Tue,%2099%20Foo%202099")
        urls = [self.held(f"nonsense{n}", f"flaky/nonsense{n}?how=429&retry_after={value}") for n, value in enumerate(values)]
        for record in self.service.fetch(urls):
            self.assertEqual((record["errors"], record["attempts"]), ({}, 2), record)
            self.assertLess(record["timings"]["queue"], 1000 + 2000 * SLOW)  # The usual backoff.

    def test_a_pause_is_kept_when_there_is_no_attempt_left(self):
        url = self.held("spent", "flaky/spent?fail=99&how=429&retry_after=2")
        asked = self.service.fetch([url], retries=0)[0]
        self.assertEqual((asked["errors"]["code"], asked["attempts"], asked["errors"]["retryable"]), ("http_status", 1, True))
        self.assertGreater(self.service.fetch([self.held("spent", "ok/after")])[0]["timings"]["queue"], 1000)

    def test_a_minute_is_waited_for_and_a_second_more_is_not(self):
        # [api 4.14]
        urls = [self.held(f"edge{n}", f"flaky/edge{n}?fail=99&how=503&retry_after={n}") for n in (60, 61)]
        task = self.service.submit(urls)
        self.assertTrue(until(lambda: self.service.summary(task)["done"] == 1))
        ended = self.service.records(task)[0]
        self.assertEqual((ended["index"], ended["errors"]["http"], ended["errors"]["code"]), (1, 503, "rate_limited"), ended)
        until_then = datetime.datetime.fromisoformat(ended["errors"]["retry_at"]).timestamp() - time.time()
        self.assertAlmostEqual(until_then, 61, delta=5 * SLOW)
        self.service.curl("DELETE", f"/tasks/{task}")

    def test_a_pause_longer_than_a_minute_ends_what_waits(self):
        # [api 4.14, 4.28]
        url = self.held("hour", "flaky/hour?fail=99&how=429&retry_after=3600")
        asked = self.service.fetch([url])[0]
        self.assertEqual((asked["errors"]["http"], asked["errors"]["code"]), (429, "rate_limited"), asked)
        self.assertEqual((asked["status_code"], asked["attempts"], asked["errors"]["retryable"]), (429, 1, True))
        self.assertIn("retry_at", asked["errors"])
        unsent = self.service.fetch([self.held("hour", "ok/unsent"), self.held("hour", "ok/unsent2")])
        for record in unsent:
            self.assertEqual((record["errors"]["http"], record["errors"]["code"], record["errors"]["phase"]),
                             ("RATE_LIMITED", "rate_limited", "queue"), record)
            self.assertEqual((record["attempts"], "status_code" in record), (0, False), record)
            self.assertIn("retry_at", record["errors"])
        self.assertEqual(self.seen("/raw/ok/unsent")["requests"], {})

    def test_a_burst_of_429_is_one_pause(self):
        urls = [self.held("burst", f"flaky/burst{n}?how=429&retry_after=1") for n in range(20)]
        began = time.monotonic()
        for record in self.service.fetch(urls):
            self.assertEqual((record["errors"], record["attempts"]), ({}, 2), record)
        self.assertLess(time.monotonic() - began, 1 + 4 * SLOW)


class Circuit(ServiceTest):
    flags = ("--host-concurrency", "1", "--host-delay-ms", "0")

    def test_a_dead_host_is_left_alone_after_ten_dials(self):
        # [api 4.19]
        dead = f"http://127.0.0.1:{free_port()}"
        records = self.service.fetch([f"{dead}/{n}" for n in range(30)], retries=0)
        codes = [record["errors"]["code"] for record in records]
        self.assertEqual((codes.count("connection_refused"), codes.count("host_circuit_open")), (10, 20), codes)
        for record in records:
            self.assertTrue(record["errors"]["retryable"])
            if record["errors"]["code"] == "host_circuit_open":
                self.assertEqual((record["errors"]["http"], record["attempts"]), ("BLOCKED", 0))
                self.assertIn("refused", record["errors"]["detail"])
        later = self.service.fetch([f"{dead}/later"])[0]
        self.assertEqual(later["errors"]["code"], "host_circuit_open")

    def test_what_waits_for_its_next_attempt_ends_with_it(self):
        dead = f"http://127.0.0.1:{free_port()}"
        began = time.monotonic()
        records = self.service.fetch([f"{dead}/{n}" for n in range(6)], retries=5)
        self.assertLess(time.monotonic() - began, 20 * SLOW)
        self.assertEqual({record["errors"]["code"] for record in records}, {"host_circuit_open"})
        self.assertEqual(sum(record["attempts"] for record in records), 10)

    def test_a_host_that_speaks_is_not_dead_although_it_speaks_no_tls(self):
        port = free_port()
        def codes(count):
            return {record["errors"]["code"] for record in self.service.fetch([f"https://127.0.0.1:{port}/{n}" for n in range(count)], retries=0)}
        self.assertEqual(codes(9), {"connection_refused"})
        with socket.create_server(("127.0.0.1", port)) as listener:
            task = self.service.submit([f"https://127.0.0.1:{port}/"], retries=0)
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                self.service.wait(task)
        self.assertEqual(self.service.records(task)[0]["errors"]["code"], "tls_protocol_error")
        self.assertEqual(codes(9), {"connection_refused"})

    def test_other_ports_of_the_machine_are_other_hosts(self):
        dead = f"http://127.0.0.1:{free_port()}"
        records = self.service.fetch([f"{dead}/{n}" for n in range(20)] + [self.raw("ok/alive", "127.0.0.1")], retries=0)
        self.assertEqual(records[-1]["errors"], {})

    @unittest.skipUnless(ALL, "takes 35 s: scripts/test --all")
    def test_after_half_a_minute_one_fetch_probes(self):
        port = free_port()
        urls = [f"http://127.0.0.1:{port}/{n}" for n in range(15)]
        self.service.fetch(urls, retries=0)
        time.sleep(31)
        codes = [record["errors"]["code"] for record in self.service.fetch(urls[:3], retries=0)]
        self.assertEqual(codes, ["connection_refused", "host_circuit_open", "host_circuit_open"])


if __name__ == "__main__":
    main()
