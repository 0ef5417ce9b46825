"""Drives the real binary (env TRAWL_BIN) with the real curl, on the test internet.

    class Routes(ServiceTest):
        def test_something(self):
            reply = self.service.curl("GET", "/healthz")

One test internet and one service a file; waits are polls with a deadline, never bare sleeps. The
service logs only warnings there, so whatever is on its stderr at the end is a failure.
"""
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from net import process  # noqa: E402
from net.ports import free_port  # noqa: E402
from net.testnet import TestNet  # noqa: E402

TRAWL = os.path.abspath(os.environ["TRAWL_BIN"]) if "TRAWL_BIN" in os.environ else sys.exit("TRAWL_BIN: not set")
SLOW = float(os.environ.get("TRAWL_TEST_SLOWDOWN", "1"))  # Sanitizers: all deadlines are stretched by it.
ALL = os.environ.get("TRAWL_TEST_ALL") == "1"
UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
JSON = {"Content-Type": "application/json"}
TEXT = {"Content-Type": "text/plain"}
DRAIN_S = 1


def until(condition, within_s=20.0, every_s=0.01):
    """What `condition()` gives as soon as it is true; the last value after `within_s`."""
    give_up = time.monotonic() + within_s * SLOW
    while True:
        value = condition()
        if value or time.monotonic() > give_up:
            return value
        time.sleep(every_s)


def hear(client):
    """All that it says until it closes, in whichever way."""
    said = b""
    try:
        while piece := client.recv(65536):
            said += piece
    except ConnectionResetError:  # It was closed with something of ours unread.
        pass
    return said


class Reply:
    """An HTTP answer. `headers` maps lower-case names to values."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)

    def lines(self):
        """Of NDJSON."""
        return [json.loads(line) for line in self.body.splitlines()]

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:500]!r}"


def _read_head(dump):
    """The last head of a --dump-header file: interim answers come before it."""
    block = [part for part in dump.decode("latin-1").split("\r\n\r\n") if part.startswith("HTTP/")][-1]
    first, *lines = block.split("\r\n")
    fields = {}
    for name, _, value in (line.partition(":") for line in lines if ":" in line):
        name = name.strip().lower()
        fields[name] = f"{fields[name]}, {value.strip()}" if name in fields else value.strip()
    return int(first.split()[1]), fields


def curl(method, url, body=None, headers=None, *flags, timeout=60.0):
    """Runs curl and gives its Reply. `body`: str, bytes, or anything else as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        head, out = os.path.join(folder, "head"), os.path.join(folder, "body")
        command = ["curl", "-q", "--noproxy", "*", "--silent", "--show-error", "--globoff", "--max-time",
                   str(timeout * SLOW), "--dump-header", head, "--output", out]
        command += ["--head"] if method == "HEAD" else ["--request", method]
        if body is not None and not isinstance(body, (str, bytes)):
            body, headers = json.dumps(body), {**JSON, **(headers or {})}
        for name, value in (headers or {}).items():
            command += ["--header", f"{name}: {value}"]
        if body is not None:
            command += ["--data-binary", "@-"]
        data = body.encode() if isinstance(body, str) else body
        done = subprocess.run([*command, *flags, url], input=data, capture_output=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"curl {method} {url} ended with {done.returncode}: {done.stderr.decode()}")
        with open(head, "rb") as dump:
            status, fields = _read_head(dump.read())
        content = b""
        if os.path.exists(out) and method != "HEAD":  # There curl puts the head.
            with open(out, "rb") as file:
                content = file.read()
        return Reply(status, fields, content)


class Service:
    """`trawl serve`, ready when entered and stopped when left."""

    def __init__(self, net, *flags, log_level="warning", drain_s=DRAIN_S, env=None, dns=None, under=()):
        """`under`: a command that runs it, prlimit say."""
        self.under = under
        self.flags = ["--dns-server", dns or net["dns_server"], "--ca-file", net["ca_file"],
                      "--log-level", log_level, "--drain-timeout", str(drain_s), *flags]
        self.log_level = log_level
        self.drain_s = drain_s
        self.env = {**clean_environment(), **(env or {})}
        self.log = tempfile.NamedTemporaryFile(prefix="trawl-log-", dir=net["dir"])
        self.process = None

    def __enter__(self):
        self.port = free_port()
        self.server = f"http://127.0.0.1:{self.port}"
        self.process = process.spawn([*self.under, TRAWL, "serve", "--listen", f"127.0.0.1:{self.port}", *self.flags],
                                     self.log.name, env=self.env)
        if until(lambda: self.ready() or self.process.poll() is not None) and self.process.poll() is None:
            return self
        self.kill()
        raise AssertionError(f"trawl serve did not become ready: {self.said()}")

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.stop(judge=kind is None)
        elif kind:
            print(f"trawl serve had ended with {self.process.returncode}: {self.said()}", file=sys.stderr)
        self.log.close()

    def ready(self):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def said(self):
        with open(self.log.name, encoding="utf-8", errors="replace") as file:
            return file.read()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def stop(self, number=signal.SIGTERM, judge=True):
        """Ends it by a signal: exit 0 within the drain time and 2 s, and nothing on stderr. Returns the seconds."""
        began = time.monotonic()
        self.process.send_signal(number)
        try:
            status = self.process.wait(self.drain_s + 2 * SLOW + 10)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("trawl serve did not end after a signal") from None
        took = time.monotonic() - began
        if judge:
            said = self.said()
            assert status == 0, f"trawl serve ended with {status}: {said}"
            assert took < self.drain_s + 2 * SLOW, f"trawl serve took {took:.1f} s to end"
            assert self.log_level != "warning" or not said, f"trawl serve said: {said}"
        return took

    def curl(self, method, path, body=None, headers=None, *flags, **more):
        return curl(method, self.server + path, body, headers, *flags, **more)

    def get(self, path):
        """The JSON of an answer that must be 200. Without curl, which takes longer than many answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60 * SLOW)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200, f"GET {path}: {answer.status} {body[:500]!r}"
            return json.loads(body)
        finally:
            connection.close()

    def submit(self, urls, **options):
        """The id of a new task."""
        reply = self.curl("POST", "/submit", {"urls": urls, "options": options})
        assert reply.status == 200, reply
        return reply.json()["task_id"]

    def summary(self, task):
        return self.get(f"/tasks/{task}?view=summary")

    def wait(self, task, within_s=60.0, every_s=0.02):
        """The summary of a task that has ended."""
        summary = until(lambda: (s := self.summary(task))["status"] != "running" and s, within_s, every_s)
        assert summary, f"task {task} still runs after {within_s * SLOW:.0f} s: {self.summary(task)}"
        return summary

    def records(self, task):
        """All of a task, by NDJSON."""
        reply = self.curl("GET", f"/tasks/{task}/results", headers={"Accept": "application/x-ndjson"})
        assert reply.status == 200, reply
        return reply.lines()

    def fetch(self, urls, within_s=60.0, **options):
        """Submits, waits, and gives the records in order of the URLs."""
        task = self.submit(urls, **options)
        self.wait(task, within_s)
        return sorted(self.records(task), key=lambda record: record["index"])

    def resident_kb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    def cpu_s(self):
        """Seconds of CPU that the service has used."""
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def sockets(self):
        """Descriptors of this kind that the service holds."""
        folder = f"/proc/{self.process.pid}/fd"
        def is_socket(name):
            try:
                return os.readlink(os.path.join(folder, name)).startswith("socket:")
            except OSError:
                return False
        return sum(map(is_socket, os.listdir(folder)))


def clean_environment():
    """Ours, without what would configure trawl or curl."""
    return {name: value for name, value in os.environ.items()
            if not name.startswith("TRAWL_") and not name.lower().endswith("_proxy") and name != "SSL_CERT_FILE"}


_shared = []


def shared_net():
    """The one test internet of this file; it ends with the last test."""
    if not _shared:
        _shared.append(unittest.enterModuleContext(TestNet()))
        tempfile.tempdir = _shared[0]["dir"]  # Even a test that is killed leaves no file.
    return _shared[0]


class NetTest(unittest.TestCase):
    """A class of tests on the test internet."""

    @classmethod
    def setUpClass(cls):
        cls.net = shared_net()

    def http(self, path, host=0):
        return f"http://h{host}.test:{self.net['http_port']}{path}"

    def https(self, path, host=0):
        return f"https://h{host}.test:{self.net['https_port']}{path}"

    def raw(self, path, host="raw.test"):
        return f"http://{host}:{self.net['raw_port']}/raw/{path}"

    def seen(self, prefix=""):
        """What the raw server counted."""
        return curl("GET", f"{self.net['raw']}/raw/_stats?prefix={prefix}").json()

    def open_at(self, prefix):
        """Connections that a script named by `prefix` holds open now."""
        return sum(self.seen(prefix)["open_by_path"].values())

    def heads(self, path):
        """The last request heads of a path of the raw server."""
        return curl("GET", f"{self.net['raw']}/raw/_heads?path={path}").json()

    def assert_problem(self, reply, status, pointer=None, parameter=None):
        """RFC 9457; `pointer` is a JSON pointer that must be named, or a prefix of it; `parameter`, the query key at fault."""
        self.assertEqual(reply.status, status, reply)
        self.assertEqual(reply.headers.get("content-type"), "application/problem+json", reply)
        problem = reply.json()
        self.assertEqual(problem["status"], status)
        for key in ("type", "title", "detail"):
            self.assertTrue(problem.get(key), f"{key}: {problem}")
        self.assertIn("x-request-id", reply.headers)
        if parameter is not None:
            self.assertEqual(problem["errors"][0]["parameter"], parameter)
            self.assertTrue(problem["errors"][0]["detail"])
        if pointer is not None:
            pointers = [error["pointer"] for error in problem["errors"]]
            self.assertTrue(any(named.startswith(pointer) for named in pointers), f"{pointer} not in {problem}")
            self.assertTrue(all(error["detail"] for error in problem["errors"]))


class ServiceTest(NetTest):
    """... and a service."""

    flags = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = cls.enterClassContext(Service(cls.net, *cls.flags))

    def tearDown(self):
        if self.service.process.poll() is not None:
            self.fail(f"trawl serve ended with {self.service.process.returncode}: {self.service.said()}")


main = unittest.main
