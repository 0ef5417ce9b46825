"""Starts and stops the test internet: nginx, dnsmasq, a CA and the strange servers, on loopback.

    tests/net/testnet up [--dir DIR] [--nginx-workers N] [--cpu N]

prints one line of JSON when every part answers (describe() lists its keys), and stays until SIGTERM,
SIGINT, or the end of whoever started it: its stdin reaches the end where that is a pipe, else the
parent's exit. In Python: `with TestNet() as net: net["http_port"]`.

Two processes, so that no single SIGKILL leaves anything behind: the guard (outer) waits for the
keeper (inner), which starts the parts. Either one cleans up after the other.
"""
import argparse
import json
import os
import resource
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
if __package__ in (None, ""):
    sys.path.insert(0, os.path.dirname(HERE))

from net import ca, dns_message, names, origin, process, samples  # noqa: E402
from net.ports import IPV4, SPREAD, free_port, ipv6_available, reserve  # noqa: E402

READY_S = 20


class Failed(Exception):
    """A part did not start; the message says which and what it said."""


def _tail(path, size=2000):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()[-size:]
    except OSError:
        return ""


def _until(answers, child, log, what):
    """Polls until `answers()` is true; a child that ended, or silence, is a Failed."""
    give_up = time.monotonic() + READY_S
    while True:
        try:
            if answers():
                return
        except OSError:
            pass
        if child.poll() is not None or time.monotonic() > give_up:
            raise Failed(f"{what} did not start: {_tail(log)}")
        time.sleep(0.01)


def _nginx_answers(address, port):
    with socket.create_connection((address, port), 1) as sock:
        sock.settimeout(2)
        sock.sendall(b"GET /_nginx/status HTTP/1.0\r\n\r\n")
        return sock.recv(12) == b"HTTP/1.1 200"


class Keeper:
    """The parts, running in the folder `root`."""

    def __init__(self, root, workers):
        self.root = root
        self.workers = workers
        self.addresses = IPV4 + (["::1"] if ipv6_available() else [])
        self.parts = {}
        self.held = []

    def start(self):
        for what, binary in (("nginx", origin.binary()), ("dnsmasq-base", names.binary()),
                             ("openssl", shutil.which("openssl"))):
            if not binary:
                raise Failed(f"{what} is not installed")
        os.mkdir(self._path("ca"))
        ca.make(self._path("ca"), self.addresses)
        self.peers = self._start_peers()
        self.http_port, self.https_port = self._start_nginx()
        self.dns_port = self._start_dnsmasq(self.peers["scripted_dns_port"])

    def _path(self, name):
        return os.path.join(self.root, name)

    def _start_peers(self):
        log = self._path("peers.log")
        child = process.spawn([sys.executable, "-B", "-m", "net.peers", self._path("ca")], log,
                              cwd=os.path.dirname(HERE), stdout=subprocess.PIPE)
        self.parts["peers"] = child
        ready, _, _ = select.select([child.stdout], [], [], READY_S)
        line = child.stdout.readline() if ready else b""
        if not line:
            raise Failed(f"the strange servers did not start: {_tail(log)}")
        return json.loads(line)

    def _start_nginx(self):
        http_port, http_held = reserve(self.addresses, reuse_port=True)
        https_port, https_held = reserve(self.addresses, reuse_port=True)
        self.held += http_held + https_held
        command = origin.prepare(self.root, self.addresses, http_port, https_port, self.workers)
        child = process.spawn(command, self._path("nginx-error.log"), stdout=subprocess.DEVNULL)
        self.parts["nginx"] = child
        _until(lambda: all(_nginx_answers(address, http_port) for address in self.addresses[-2:]),
               child, self._path("nginx-error.log"), "nginx")
        return http_port, https_port

    def _start_dnsmasq(self, upstream_port):
        log, port = self._path("dnsmasq.log"), free_port()
        child = process.spawn(names.prepare(self.root, port, upstream_port), log, stdout=subprocess.DEVNULL)
        self.parts["dnsmasq"] = child
        _until(lambda: dns_message.ask(("127.0.0.1", port), "x.w.test", timeout_s=0.2)["addresses"], child, log, "dnsmasq")
        return port

    def describe(self):
        """What is printed."""
        ports = {"http_port": self.http_port, "https_port": self.https_port, "dns_port": self.dns_port, **self.peers}
        net = {
            "dir": self.root,
            **ports,
            "dns_server": f"127.0.0.1:{self.dns_port}",
            "scripted_dns_server": f"127.0.0.1:{self.peers['scripted_dns_port']}",
            "http": f"http://127.0.0.1:{self.http_port}",
            "https": f"https://127.0.0.1:{self.https_port}",
            "raw": f"http://127.0.0.1:{self.peers['raw_port']}",
            "raw_tls": f"https://127.0.0.1:{self.peers['raw_tls_port']}",
            "ca_file": self._path("ca/ca.pem"),
            "addresses": IPV4,
            "spread_addresses": SPREAD,
            "ipv6": "::1" in self.addresses,
            "hosts": [f"h{n}.test" for n in range(ca.HOSTS)],
            "log_files": [self._path(name) for name in ("nginx-error.log", "dnsmasq.log", "peers.log")],
            "pids": {"guard": os.getppid(), "keeper": os.getpid(),
                     **{name: child.pid for name, child in self.parts.items()}},
            "nginx_worker_pids": process.children(self.parts["nginx"].pid),
        }
        net["samples"] = samples.make(net)
        return net


def _read_and_drop(fd):
    try:
        return os.read(fd, 4096)
    except BlockingIOError:
        return b"?"


def _wait_for_the_end(starter_pid, keeper):
    """Returns None when asked to end, or the name of the part that ended by itself."""
    wake_read, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    poll = select.poll()
    poll.register(wake_read, select.POLLIN)
    kind = os.fstat(0).st_mode
    piped = stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind)
    starter = None
    if piped:
        poll.register(0, select.POLLIN)
    elif starter_pid > 1:
        starter = os.pidfd_open(starter_pid)
        poll.register(starter, select.POLLIN)
    while not _asked_to_end:
        for name, child in keeper.parts.items():
            if child.poll() is not None and not _asked_to_end:
                return name
        for fd, _ in poll.poll(1000):
            if fd == starter or (piped and fd == 0 and not _read_and_drop(0)):
                return None
            if fd == wake_read:
                _read_and_drop(wake_read)
    return None


_asked_to_end = []


def _keep(root, workers, starter_pid, guard_pid):
    """The inner process."""
    process.become_subreaper()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: _asked_to_end.append(True))
    signal.signal(signal.SIGCHLD, lambda *_: None)
    process.signal_when_parent_dies(guard_pid)
    keeper = Keeper(root, workers)
    status = 1
    try:
        keeper.start()
        print(json.dumps(keeper.describe()), flush=True)
        ended = _wait_for_the_end(starter_pid, keeper)
        if ended:
            print(f"testnet: {ended} ended by itself: {_tail(keeper._path(ended + '.log'))}", file=sys.stderr)
        status = 1 if ended else 0
    except (Failed, BrokenPipeError, ProcessLookupError) as error:
        print(f"testnet: {error}", file=sys.stderr)
    finally:
        process.end_all_children()
        shutil.rmtree(root, ignore_errors=True)
    return status


def _make_root(wanted):
    """A folder of our own, which is removed at the end; one that is given must be new or empty."""
    if not wanted:
        return tempfile.mkdtemp(prefix="trawl-net-")
    root = os.path.abspath(wanted)
    os.makedirs(root, mode=0o700, exist_ok=True)
    if os.listdir(root):
        raise SystemExit(f"testnet: {root} is not empty")
    return root


def _wait_for(pid):
    while True:
        try:
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        except InterruptedError:
            continue


def up(options):
    """The outer process."""
    starter_pid = os.getppid()
    if options.cpu is not None:
        os.sched_setaffinity(0, {options.cpu})
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    root = _make_root(options.dir)
    guard_pid = os.getpid()
    process.become_subreaper()
    keeper_pid = os.fork()
    if keeper_pid == 0:
        status = 1
        try:
            status = _keep(root, options.nginx_workers, starter_pid, guard_pid)
        finally:
            sys.stderr.flush()
            os._exit(status)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: os.kill(keeper_pid, signal.SIGTERM))
    status = _wait_for(keeper_pid)
    process.end_all_children()
    shutil.rmtree(root, ignore_errors=True)
    return status if status >= 0 else 1


class TestNet:
    """The test internet for the length of a `with` block; behaves as the dict that was printed."""

    __test__ = False  # Not a test case, whatever its name.

    def __init__(self, nginx_workers=1, cpu=None, directory=None):
        self.command = [sys.executable, os.path.join(HERE, "testnet"), "up", "--nginx-workers", str(nginx_workers)]
        self.command += ["--cpu", str(cpu)] if cpu is not None else []
        self.command += ["--dir", directory] if directory else []

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        line = self.process.stdout.readline()
        if not line:
            self.__exit__()
            raise Failed("the test internet did not start")
        self.facts = json.loads(line)
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        finally:
            self.process.stdout.close()

    def __getitem__(self, key):
        return self.facts[key]


def main():
    parser = argparse.ArgumentParser(prog="testnet", description="The test internet, on loopback.")
    commands = parser.add_subparsers(dest="command", required=True)
    up_parser = commands.add_parser("up", help="start everything and stay; prints one line of JSON when ready")
    up_parser.add_argument("--dir", help="where its files go: new or empty, removed at the end (default: a temporary one)")
    up_parser.add_argument("--nginx-workers", type=int, default=1, metavar="N")
    up_parser.add_argument("--cpu", type=int, metavar="N", help="run everything on this core")
    return up(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
