"""Descriptors, DNS and ports run out, and come back: the service lives through it, and says nothing untrue meanwhile."""
import http.server
import os
import resource
import signal
import socket
import threading
import time
import unittest

from harness import SLOW, TEXT, NetTest, Service, free_port, main, until
from net import names, process
from net.dns_message import ask as ask_dns


class Exhaustion(NetTest):
    def good_and_bad(self, count, hosts):
        """`count` URLs on `hosts` hosts, each (url, code or None)."""
        kinds = [(lambda host: self.http("/page/x", host), None), (lambda host: self.https("/page/y", host), None),
                 (lambda host: self.http("/status/404", host), "http_status"),
                 (lambda host: self.http("/size/100k", host), None),
                 (lambda host: self.raw("short-length", f"h{host}.test"), "http_response_incomplete")]
        return [(kind(n % hosts), code) for n in range(count) for kind, code in [kinds[n // hosts % len(kinds)]]]

    def assert_right(self, records, wanted):
        self.assertEqual([record["index"] for record in records], list(range(len(wanted))))
        for record, (url, code) in zip(records, wanted):
            self.assertEqual(record["errors"].get("code"), code, record)

    def few_descriptors(self):
        return Service(self.net, "--threads", "2", log_level="info", under=["prlimit", "--nofile=64:64"])

    def test_a_server_with_a_small_backlog_is_not_overrun(self):
        class Hello(http.server.BaseHTTPRequestHandler):  # HTTP/1.0: a connection each.
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"hello")

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello) as server, Service(self.net) as service:
            self.assertEqual(server.request_queue_size, 5)
            threading.Thread(target=server.serve_forever).start()
            try:
                records = service.fetch([f"http://127.0.0.1:{server.server_port}/{n}" for n in range(300)], retries=0)
            finally:
                server.shutdown()
        self.assert_right(records, [(record["url"], None) for record in records])

    def test_64_descriptors_are_enough(self):
        # [api 4.30, 5.13, 5.25]
        with self.few_descriptors() as service:
            said = service.said()
            self.assertIn("max-in-flight lowered to what RLIMIT_NOFILE allows", said)
            self.assertIn("max-connections lowered to what RLIMIT_NOFILE allows", said)
            wanted = self.good_and_bad(500, 50)
            self.assert_right(service.fetch([url for url, _ in wanted], retries=0), wanted)

    def test_idle_clients_make_way(self):
        # [api 5.25]
        with self.few_descriptors() as service:
            idle = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(200)]
            wanted = self.good_and_bad(500, 50)
            task = until(lambda: self.patient(service, lambda: service.submit([url for url, _ in wanted], retries=0)))
            ended = until(lambda: self.patient(service, lambda: service.summary(task)["status"] == "done"), 60)
            self.assertTrue(ended)
            records = until(lambda: self.patient(service, lambda: service.records(task)))
            for one in idle:
                one.close()
            self.assert_right(sorted(records, key=lambda record: record["index"]), wanted)
            self.assertTrue(until(lambda: self.patient(service, lambda: service.get("/healthz"))))
            self.assert_right(service.fetch([url for url, _ in wanted[:50]], retries=0), wanted[:50])

    def patient(self, service, ask):
        """What a client with patience gets: None when it was turned away, or its connection had to make way."""
        try:
            return ask()
        except (AssertionError, OSError) as wrong:
            self.assertIsNone(service.process.poll(), service.said())
            self.assertTrue("503" in str(wrong) or isinstance(wrong, OSError) or "curl" in str(wrong), wrong)
            return None


    @unittest.skipIf(SLOW != 1, "a sanitizer maps all there is")
    def test_a_task_too_large_for_memory_costs_nobody_else_anything(self):
        with Service(self.net) as service:
            limits = resource.prlimit(service.process.pid, resource.RLIMIT_AS)
            with open(f"/proc/{service.process.pid}/statm", encoding="ascii") as sizes:
                mapped = int(sizes.read().split()[0]) * resource.getpagesize()
            resource.prlimit(service.process.pid, resource.RLIMIT_AS, (mapped + (60 << 20), limits[1]))
            large = "".join(f"http://h{n % 50}.test:1/a-page-that-nobody-will-ever-see/{n}\n" for n in range(1500000))
            reply = service.curl("POST", "/submit", large, TEXT)
            self.assert_problem(reply, 503)
            self.assertIn("memory", reply.json()["detail"])
            self.assertEqual(service.get("/tasks?view=summary"), {})
            wanted = self.good_and_bad(100, 50)
            self.assert_right(service.fetch([url for url, _ in wanted], retries=0), wanted)
            resource.prlimit(service.process.pid, resource.RLIMIT_AS, limits)
            reply = service.curl("POST", "/submit", large, TEXT)
            self.assertEqual(reply.status, 200, reply)
            self.assertEqual(service.curl("DELETE", f"/tasks/{reply.json()['task_id']}").status, 204)


class Outage(NetTest):
    """A DNS server of our own, so that it can be stopped."""

    def setUp(self):
        self.port = free_port()
        upstream = int(self.net["scripted_dns_server"].rpartition(":")[2])
        folder = os.path.join(self.net["dir"], "outage")
        os.makedirs(folder, exist_ok=True)
        self.log = os.path.join(folder, "dnsmasq.log")
        self.command = names.prepare(folder, self.port, upstream)
        self.start()
        self.addCleanup(self.stop)

    def start(self):
        self.dns = process.spawn(self.command, self.log)
        self.assertTrue(until(lambda: self.answers()), "dnsmasq does not answer")

    def answers(self):
        try:
            return ask_dns(("127.0.0.1", self.port), "h0.test", timeout_s=0.2)["addresses"]
        except OSError:
            return None

    def stop(self):
        self.dns.kill()
        self.dns.wait()

    def run_dry(self, service, codes):
        """A batch while there is no DNS; polled all the time."""
        urls = [self.http("/page/x", 1000 + n) for n in range(300)]
        task = service.submit(urls, retries=0, connect_timeout_ms=1500)
        slowest = 0
        while True:
            began = time.monotonic()
            summary = service.summary(task)
            slowest = max(slowest, time.monotonic() - began)
            if summary["status"] != "running":
                break
            time.sleep(0.02)
        self.assertLess(slowest, 2, "s for an answer of the API while names do not resolve")
        for record in service.records(task):
            self.assertIn(record["errors"]["code"], codes, record)
            self.assertEqual(record["errors"]["phase"], "dns", record)
            self.assertTrue(record["errors"]["retryable"], record)
            self.assertLess(record["timings"]["total"], 2500 if codes == {"dns_timeout"} else 7000, record)
        return urls

    def test_a_silent_dns_server_is_survived_and_recovered_from(self):
        with Service(self.net, dns=f"127.0.0.1:{self.port}") as service:
            self.assertFalse(service.fetch([self.http("/page/x", 999)])[0]["errors"])
            self.dns.send_signal(signal.SIGSTOP)
            urls = self.run_dry(service, {"dns_timeout"})
            self.dns.send_signal(signal.SIGCONT)
            self.assertTrue(all(not record["errors"] for record in service.fetch(urls)))

    def test_a_dns_server_that_is_gone_is_survived_and_recovered_from(self):
        with Service(self.net, dns=f"127.0.0.1:{self.port}") as service:
            self.assertFalse(service.fetch([self.http("/page/x", 999)])[0]["errors"])
            self.stop()
            urls = self.run_dry(service, {"dns_error", "dns_timeout"})
            self.start()
            self.assertTrue(all(not record["errors"] for record in service.fetch(urls)))


if __name__ == "__main__":
    main()
