"""One system call or allocation fails, at any moment: the service neither crashes nor hangs, each task ends with exactly
one record for each URL, no record blames a server for what was ours, and nothing stays open.

TRAWL_FAULT_SHIM is the library of shim.cpp. By default a sample of each kind, seeded. TRAWL_TEST_ALL=1 sweeps: every call
up to the 2,000th of each kind, or to the last one a batch makes, then 200 at random of all.
"""
import errno
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "e2e"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from fault import KINDS, Shim  # noqa: E402
from harness import ALL, SLOW, TRAWL, NetTest, Service, clean_environment, free_port, main, until  # noqa: E402

SHIM = os.environ.get("TRAWL_FAULT_SHIM")
WANTED = os.environ.get("TRAWL_FAULT_KINDS", ",".join(KINDS)).split(",")
SWEEP = 2000
AT_RANDOM = 200
SAMPLE = 24  # Of each kind.
LOST = {"connection_terminated", "http_response_incomplete"}
NOT_REACHED = {"dns_error", "host_circuit_open"}  # The latter after ten in a row, which a sweep makes.
# What a failing call may make of a record: what the system said of the peer, no more. All else must be waited out.
TOLD = {
    ("connect", errno.ETIMEDOUT): {"connection_timeout"} | NOT_REACHED,
    ("connect", errno.ECONNREFUSED): {"connection_refused"} | NOT_REACHED,
    ("connect", errno.ENETUNREACH): {"destination_ip_unroutable"} | NOT_REACHED,
    ("connect", errno.EADDRNOTAVAIL): {"host_circuit_open"},
    ("connect", errno.EAGAIN): {"host_circuit_open"},
    ("read", errno.ECONNRESET): LOST | {"dns_error"},
    ("write", errno.ECONNRESET): LOST | {"dns_error"},
    ("write", errno.EPIPE): LOST | {"dns_error"},
}


@unittest.skipUnless(SHIM, "no TRAWL_FAULT_SHIM: a sanitizer has an allocator of its own")
class Faulty(NetTest):
    def setUp(self):
        self.shim = Shim(SHIM, self.net["dir"])
        self.addCleanup(self.shim.close)
        self.round = 0
        self.wrong = []  # All of a sweep is worth more than the first.
        self.refused = free_port()

    def batch(self):
        """(url, expected code or None for good). Some names are new each time, so that they have to be asked for."""
        self.round += 1
        new = self.round % 4000 + 100
        certified = new % 400 + 100  # The test internet has certificates for 500.
        sample = {name: self.net["samples"][name]["url"] for name in ("redirect-to-https", "expired", "no-such-name")}
        return [(self.http("/page/a", new), None), (self.https("/page/b", certified), None), (self.http("/size/100k", 3), None),
                (self.https("/page/c", 4), None), (sample["redirect-to-https"], None),
                (f"http://b\u00fccher{self.round}.test:{self.net['http_port']}/page/d", None),
                (f"http://r{self.round}.test:{self.refused}/", "connection_refused"), (sample["expired"], "tls_certificate_error"),
                (sample["no-such-name"].replace("://", f"://n{self.round}."), "dns_error"),
                (self.raw("short-length"), "http_response_incomplete")]

    def ask(self, service, method, path, body=None):
        """The answer, on a connection of its own; one that a fault cost is made again."""
        for _ in range(20):
            connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10 * SLOW)
            try:
                connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
                answer = connection.getresponse()
                read = answer.read()
                if answer.status < 500:
                    return answer.status, read and json.loads(read)
            except (OSError, http.client.HTTPException):
                pass
            finally:
                connection.close()
            self.assertIsNone(service.process.poll(), f"trawl serve is gone: {service.said()[-2000:]}")
            time.sleep(0.01)
        raise AssertionError(f"{method} {path}: no answer; the service said: {service.said()[-2000:]}")

    def judge(self, service, task, wanted, told, what):
        """One record for each URL, and each true."""
        results = self.ask(service, "GET", f"/tasks/{task}/results?limit=100")[1]["results"]
        self.assertEqual(sorted(record["index"] for record in results), list(range(len(wanted))), what)
        for record in results:
            code, right = record["errors"].get("code"), wanted[record["index"]][1]
            self.assertIn(code, {right} | told, f"{what}: {record}")

    def run_batch(self, service, what, told=frozenset()):
        """Submits one, waits, judges its records, and deletes all there is: an answer may have been lost."""
        wanted = self.batch()
        options = {"retries": 0, "timeout_ms": 5000, "keep_alive": self.round % 3 == 0}
        task = self.ask(service, "POST", "/submit", {"urls": [url for url, _ in wanted], "options": options})[1]["task_id"]

        def still_running():
            return [one for one, state in self.ask(service, "GET", "/tasks?view=summary")[1].items()
                    if state["status"] != "done"]
        self.assertTrue(until(lambda: not still_running(), 20), f"{what}: a task does not end: {service.said()[-2000:]}")
        self.judge(service, task, wanted, told, what)
        for one in self.ask(service, "GET", "/tasks?view=summary")[1]:
            self.ask(service, "DELETE", f"/tasks/{one}")

    def descriptors(self, service):
        return len(os.listdir(f"/proc/{service.process.pid}/fd"))

    def settled(self, service):
        """Descriptors of a service that has worked, keeping no connection, and has nothing to do."""
        for self.round in (0, 3, 6):
            self.run_batch(service, "no fault")
        least = [self.descriptors(service)]
        until(lambda: least.append(self.descriptors(service)), 0.5)
        return min(least)

    def open_files(self, service):
        folder = f"/proc/{service.process.pid}/fd"
        return sorted(os.readlink(os.path.join(folder, name)) for name in os.listdir(folder))

    def fail_call(self, service, kind, nth):
        """A batch during which the n-th call of a kind fails. How often it did, and how many calls there were."""
        error = self.shim.arm(kind, nth)
        what = f"{kind} {nth} {errno.errorcode[error]}"
        try:
            self.run_batch(service, what, TOLD.get((kind, error), frozenset()))
        except AssertionError as wrong:
            self.wrong.append(f"{what}: {wrong}")
        counted = self.shim.disarm()
        if service.process.poll() is not None:
            self.fail("\n".join(self.wrong))
        return counted

    def sweep(self, service, kind):
        """How many faults were made."""
        chance = random.Random(f"trawl {kind}")
        hit, seen, missed = 0, 1, 0
        for nth in range(1, SWEEP + 1 if ALL else SAMPLE // 2 + 1):
            failed, calls = self.fail_call(service, kind, nth)
            hit, seen, missed = hit + failed, max(seen, calls), 0 if failed else missed + 1
            if missed == 20:
                break
        for _ in range(AT_RANDOM if ALL else SAMPLE // 2):
            hit += self.fail_call(service, kind, chance.randint(1, seen))[0]
        return hit, seen

    def test_any_call_may_fail_once(self):
        with Service(self.net, env=self.shim.env, log_level="off") as service:
            before = self.settled(service)
            memory = service.resident_kb()
            for kind in [each for each in WANTED if each != "thread"]:
                began = time.monotonic()
                hit, seen = self.sweep(service, kind)
                print(f"{kind}: {hit} faults in batches of {seen} calls, {time.monotonic() - began:.1f} s", file=sys.stderr)
                self.assertTrue(hit > 0 or kind == "open", f"{kind}: nothing failed")  # What is to be opened is open by then.
            self.run_batch(service, "after all faults")
            self.assertTrue(until(lambda: self.descriptors(service) <= before, 20),
                            f"{before} descriptors before, now {self.open_files(service)}")
            self.assertFalse(self.wrong, "\n".join(self.wrong))
            self.assertLess(service.resident_kb() - memory, 40000, "kB more than before")


    def start(self, command, kind, nth):
        """A program of which the n-th call of a kind fails from its first moment on: (exit status or None, its stderr)."""
        self.shim.arm(kind, nth)
        with open(os.path.join(self.net["dir"], "start.log"), "w+b") as log:
            started = subprocess.Popen(command, env={**clean_environment(), **self.shim.env}, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=log)
            try:
                self.assertTrue(until(lambda: started.poll() is not None or self.listens(log), 30), f"{kind} {nth}: it hangs")
                if started.poll() is None:
                    started.send_signal(signal.SIGTERM)
                    self.assertEqual(started.wait(30 * SLOW), 0, f"{kind} {nth}")
                    return None, ""
                log.seek(0)
                return started.returncode, log.read().decode()
            finally:
                started.kill()
                started.wait()

    def listens(self, log):
        return b" listening " in os.pread(log.fileno(), 65536, 0)

    def sweep_starts(self, command, kind, right):
        """Either the call did not matter, or the start is given up with a word."""
        steps = range(1, SWEEP + 1) if ALL else [1, 2, 3, 4, 5, 6, 8, 13, 21, 34, 55, 89, 233, 610, 1597, 2584, 4181]
        given_up = 0
        for nth in steps:
            status, said = self.start(command, kind, nth)
            failed, _ = self.shim.disarm()
            self.assertIn(status, (right, 1) if failed else (right,), f"{kind} {nth}: {said}")
            self.assertTrue(status != 1 or said.startswith("trawl "), f"{kind} {nth}: not a word about it: {said!r}")
            given_up += status == 1
            if not failed:
                break
        return given_up

    def test_a_fault_at_start_is_told_and_ends_it_or_does_not_matter(self):
        flags = ["--dns-server", self.net["dns_server"], "--ca-file", self.net["ca_file"], "--threads", "2"]
        given_up = 0
        for kind in [each for each in WANTED if each in ("socket", "read", "epoll", "open", "malloc", "thread")]:
            with self.subTest(kind=kind):
                check = [TRAWL, "check", "--quiet", *flags, self.http("/page/x")]
                serve = [TRAWL, "serve", "--listen", "127.0.0.1:0", *flags]
                given_up += self.sweep_starts(serve, kind, None)
                if kind != "read":  # It would be of what it checks.
                    given_up += self.sweep_starts(check, kind, 0)
        self.assertGreater(given_up, 0)

    def test_ports_that_run_out_are_waited_for(self):
        # [api 4.30]
        with Service(self.net, env=self.shim.env) as service:
            urls = [f"http://127.0.1.{n}:{self.net['http_port']}/page/x" for n in range(1, 51)]
            self.shim.arm("connect", 1, 80, errno.EADDRNOTAVAIL)
            records = service.fetch(urls, retries=0, timeout_ms=1000)
            self.assertEqual(self.shim.disarm()[0], 80)
            self.assertTrue(all(record["errors"] == {} and record["attempts"] == 1 for record in records), records)


if __name__ == "__main__":
    main()
