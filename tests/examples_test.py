#!/usr/bin/env python3
"""The programs in examples/, run as a user runs them, against the real binary and the test internet.

usage: tests/examples_test.py PATH_OF_TRAWL
"""
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
from net.process import spawn  # noqa: E402
from net.ports import free_port  # noqa: E402
from net.testnet import TestNet  # noqa: E402

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
TRAWL = ""


def run(program, *arguments, stdin=""):
    return subprocess.run([EXAMPLES / program, *arguments], input=stdin, capture_output=True, text=True, timeout=60)


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = cls.enterClassContext(TestNet())
        port = free_port()
        cls.server = f"http://127.0.0.1:{port}"
        log = cls.enterClassContext(tempfile.NamedTemporaryFile())
        service = spawn([TRAWL, "serve", "--listen", f"127.0.0.1:{port}", "--dns-server", cls.net["dns_server"],
                         "--ca-file", cls.net["ca_file"]], log.name)
        cls.addClassCleanup(service.wait, 20)
        cls.addClassCleanup(service.terminate)
        give_up = time.monotonic() + 10
        while True:
            try:
                urllib.request.urlopen(f"{cls.server}/readyz").close()
                return
            except OSError:
                if service.poll() is not None or time.monotonic() > give_up:
                    raise AssertionError(f"the service did not start: {log.read().decode()}")
                time.sleep(0.02)

    def good_url(self, number):
        return f"http://h{number}.test:{self.net['http_port']}/page/{number}"

    def missing_url(self):
        return f"http://h1.test:{self.net['http_port']}/status/404"

    def submit(self, *urls):
        body = json.dumps({"urls": urls}).encode()
        with urllib.request.urlopen(f"{self.server}/submit", body) as answer:
            return json.load(answer)["task_id"]

    def test_submit_and_wait_prints_one_record_for_each_line_of_the_file(self):
        urls = [self.good_url(number) for number in range(20)]
        with tempfile.NamedTemporaryFile("w", prefix="a name with spaces ") as file:
            file.write("# a comment\n\n" + "\n".join(urls) + "\n")
            file.flush()
            done = run("submit-and-wait.sh", file.name, self.server)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(json.loads(line)["url"] for line in done.stdout.splitlines()), sorted(urls))
        self.assertIn("submitted 20 URLs", done.stderr)
        self.assertIn("done: 20 ok, 0 failed", done.stderr)

    def test_submit_and_wait_reads_standard_input_and_tells_of_failures(self):
        done = run("submit-and-wait.sh", "-", self.server, stdin=f"{self.good_url(1)}\n{self.missing_url()}\n")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("done: 1 ok, 1 failed", done.stderr)

    def test_submit_and_wait_without_a_service_ends_with_1(self):
        done = run("submit-and-wait.sh", "-", f"http://127.0.0.1:{free_port()}", stdin=self.good_url(1))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("curl:", done.stderr)

    def test_poller_shows_a_task_to_its_end(self):
        task = self.submit(*(self.good_url(number) for number in range(30)))
        done = run("poller.py", "--server", self.server, "--every", "0.05", task)
        self.assertEqual(done.returncode, 0, done.stderr)
        last = done.stdout.splitlines()[-1]
        self.assertTrue(last.startswith(task[:8]), last)
        self.assertIn("100%  30/30  30 ok  0 failed  done", last)

    def test_poller_tells_of_a_task_that_is_gone(self):
        done = run("poller.py", "--server", self.server, "00000000-0000-4000-8000-000000000000")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("gone", done.stdout)

    def test_poller_finds_the_running_tasks_itself(self):
        task = self.submit(f"http://h1.test:{self.net['raw_port']}/raw/stall/1")
        watching = subprocess.Popen([EXAMPLES / "poller.py", "--server", self.server], stdout=subprocess.PIPE, text=True)
        try:
            first = watching.stdout.readline()
        finally:
            cancel = urllib.request.Request(f"{self.server}/tasks/{task}/cancel", method="POST")
            urllib.request.urlopen(cancel).close()
            rest, _ = watching.communicate(timeout=20)
        self.assertIn(task[:8], first)
        self.assertIn("cancelled", rest)
        self.assertEqual(watching.returncode, 2)

    def test_poller_without_a_service_ends_with_1(self):
        self.assertEqual(run("poller.py", "--server", f"http://127.0.0.1:{free_port()}").returncode, 1)

    def test_outcomes_counts_the_records_of_each_kind_and_shows_one(self):
        records = run("submit-and-wait.sh", "-", self.server,
                      stdin=f"{self.good_url(1)}\n{self.good_url(2)}\n{self.missing_url()}\n").stdout
        done = run("outcomes.py", stdin=records)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0].split(), ["2", "200"])
        self.assertIn(json.loads(lines[1])["url"], (self.good_url(1), self.good_url(2)))
        self.assertEqual(lines[2].split(), ["1", "404", "http_status"])
        self.assertEqual(json.loads(lines[3])["url"], self.missing_url())


if __name__ == "__main__":
    TRAWL = os.path.abspath(sys.argv.pop(1))
    unittest.main()
