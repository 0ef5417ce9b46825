"""wrk: one request repeated as fast as epoll goes. What a client of HTTP cannot well undercut."""
import os
import re
import subprocess

from .service import on


def command(url, connections, seconds):
    return ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s", url]


def run(url, connections, seconds, cores=None):
    """{"cpu_us" per request (its rusage, user + system), "per_s"}."""
    child = subprocess.Popen(on(cores, command(url, connections, seconds)), stdout=subprocess.PIPE, text=True)
    said = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stdout.close()
    if child.returncode != 0 or "Non-2xx" in said:
        raise RuntimeError(f"wrk failed: {said}")
    requests = int(re.search(r"(\d+) requests in", said).group(1))
    per_s = float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1))
    return {"cpu_us": (used.ru_utime + used.ru_stime) / requests * 1e6, "per_s": per_s}
