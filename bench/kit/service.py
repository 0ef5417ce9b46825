"""`trawl serve` as the program under test: TRAWL_BIN, or build/release/trawl."""
import json
import os
import subprocess
import sys
import tempfile
import time

from net import process
from net.ports import free_port

from . import usage, web

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("TRAWL_BIN") or os.path.join(ROOT, "build", "release", "trawl")
PROGRAMS = os.environ.get("TRAWL_BENCH_PROGRAMS") or os.path.join(ROOT, "build", "release", "bench")  # What bench/CMakeLists.txt builds.
TEXT = {"Content-Type": "text/plain"}
JSON = {"Content-Type": "application/json"}


def on(cores, command):
    """The command, bound to these cores from its first instruction; None: to all."""
    return ["taskset", "--cpu-list", ",".join(map(str, cores)), *command] if cores else command


def _environment():
    return {name: value for name, value in os.environ.items()
            if not name.startswith("TRAWL_") and not name.lower().endswith("_proxy")}


def as_json(urls, **options):
    return json.dumps({"urls": urls, "options": options} if options else {"urls": urls}).encode()


class Service:
    """Ready when entered, stopped when left. `start_s`: from exec to the first 200 of /readyz."""

    name = "trawl"
    ready_path = "/readyz"

    def __init__(self, net, *flags, cores=None, log_level="warning"):
        self.flags = ["--dns-server", net["dns_server"], "--ca-file", net["ca_file"],
                      "--log-level", log_level, "--drain-timeout", "1", *flags]
        self.cores = cores
        self.log = tempfile.NamedTemporaryFile(prefix="trawl-bench-")

    def command(self):
        return [BINARY, "serve", "--listen", f"127.0.0.1:{self.port}", *self.flags]

    def __enter__(self):
        self.port = free_port()
        command = self.command()
        began = time.perf_counter()
        self.process = process.spawn(on(self.cores, command), self.log.name, env=_environment())
        self.pid = self.process.pid
        while not web.answers("127.0.0.1", self.port, self.ready_path):
            if self.process.poll() is not None or time.perf_counter() - began > 30:
                self.__exit__()
                raise RuntimeError(f"{' '.join(command)} did not become ready: {self.said()}")
            time.sleep(0.0005)
        self.start_s = time.perf_counter() - began
        self.line = web.Connection("127.0.0.1", self.port)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                print(f"{self.name} did not end after SIGTERM: {self.said()}", file=sys.stderr)
        self.process.wait()

    def said(self):
        with open(self.log.name, encoding="utf-8", errors="replace") as file:
            return file.read()

    def submit(self, body, headers=None, query=""):
        """(task id, seconds from the first byte sent to the answer). The body is made beforehand."""
        answer, took = self.line.json("POST", f"/submit{query}", body, headers or JSON)
        return answer["task_id"], took

    def summary(self, task):
        return self.line.json("GET", f"/tasks/{task}?view=summary")[0]

    def wait(self, task, every_s=0.05, give_up_s=600.0):
        """The summary of the task when it has ended, or after `give_up_s`."""
        give_up = time.monotonic() + give_up_s
        while (summary := self.summary(task))["status"] == "running" and time.monotonic() < give_up:
            time.sleep(every_s)
        return summary

    def wait_timed(self, task, every_s):
        """The summary when it has ended, and how long that took."""
        began = time.perf_counter()
        return self.wait(task, every_s), time.perf_counter() - began

    def delete(self, task):
        status = self.line.ask("DELETE", f"/tasks/{task}")[0]
        if status != 204:
            raise RuntimeError(f"DELETE of {task}: {status}")

    def cpu(self):
        return usage.cpu(self.pid)

    def resident(self):
        return usage.resident_bytes(self.pid)

    def sockets(self):
        """Without the one this program polls by."""
        return usage.sockets(self.pid) - 1
