"""A dnsmasq of our own with as many fresh names as a run wants, and a way to have any program ask it.

Names are NAME.new.test, none of them the same in two runs, so no cache can help. Programs that only know
/etc/resolv.conf are run with another one in its place, in a mount namespace of their own: that needs
root, and so does port 53, the only one such a file can say.
"""
import os
import shutil
import socket
import subprocess
import time

from net import dns_message, names, process
from net.ports import SPREAD

ADDRESS = "127.0.2.53"  # Of no other server here.
_READY_S = 20


def fresh_names(run, count):
    return [f"r{run}n{n}.new.test" for n in range(count)]


def _free_port(kind_of_root):
    """53 where we may have it, else any."""
    for port in ((53, 0) if kind_of_root else (0,)):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((ADDRESS, port))
                return probe.getsockname()[1]
            except OSError:
                continue
    raise RuntimeError(f"no port is free on {ADDRESS}")


class Resolver:
    """Ready when entered; `runs` times `count` names, spread over 64 addresses."""

    def __init__(self, folder, runs, count, cores=None):
        self.folder, self.runs, self.count, self.cores = folder, runs, count, cores

    def _prepare(self):
        with open(os.path.join(self.folder, "names"), "w", encoding="ascii") as file:
            for run in range(self.runs):
                file.writelines(f"{SPREAD[n % len(SPREAD)]} {name}\n" for n, name in enumerate(fresh_names(run, self.count)))
        with open(os.path.join(self.folder, "resolv.conf"), "w", encoding="ascii") as file:
            file.write(f"nameserver {ADDRESS}\n")
        options = ["port=" + str(self.port), "listen-address=" + ADDRESS, "bind-interfaces", "no-resolv", "no-poll", "no-hosts", "pid-file=",
                   "local-ttl=60", "cache-size=10000", "local=/test/", "addn-hosts=" + os.path.join(self.folder, "names"), "log-facility=-"]
        with open(os.path.join(self.folder, "dnsmasq.conf"), "w", encoding="ascii") as file:
            file.write("\n".join(options + ["user=root"] * (os.geteuid() == 0)) + "\n")

    def __enter__(self):
        self.port = _free_port(os.geteuid() == 0)
        self._prepare()
        log = os.path.join(self.folder, "dnsmasq.log")
        self.process = process.spawn([names.binary(), "--keep-in-foreground", "--conf-file=" + os.path.join(self.folder, "dnsmasq.conf")], log)
        os.sched_setaffinity(self.process.pid, self.cores or os.sched_getaffinity(0))
        give_up = time.monotonic() + _READY_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > give_up:
                self.__exit__()
                with open(log, encoding="utf-8") as file:
                    raise RuntimeError(f"dnsmasq did not start: {file.read()}")
        self.server = f"{ADDRESS}:{self.port}"
        return self

    def _answers(self):
        try:
            return dns_message.ask((ADDRESS, self.port), fresh_names(0, 1)[0], timeout_s=0.2)["addresses"]
        except OSError:
            time.sleep(0.01)
            return False

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)

    def as_system(self):
        """Words to put before a command, so that its resolv.conf names this server; None where that cannot be done."""
        words = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"', os.path.join(self.folder, "resolv.conf")]
        if self.port != 53 or not shutil.which("unshare"):
            return None
        tried = subprocess.run([*words, "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        return words if tried.returncode == 0 else None
