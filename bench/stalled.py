"""What does a fetch cost while its server says nothing, and how soon is a poll answered beside 10,000 of them?

10,000 URLs on 64 addresses that accept, shake hands if it is TLS, and never answer. Memory: resident, less that of the
same service after one small task. Polls of the task's summary take turns with requests for the same octets at an nginx
that does nothing else: while the connections are made, and when all stand.
"""
import os
import time

from kit import web
from kit.peer_nginx import PeerNginx
from kit.scenario import main, percentile
from kit.service import TEXT, Service, as_json
from net.canned import Canned

POLLS = 1000
PAUSE_S = 0.002  # Between polls, so that they do not become the load.
GIVE_UP_S = 120.0
AIM_KIB = {"plain": 24, "tls": 80}


class Polls:
    """Of trawl and of nginx in turn, in milliseconds."""

    def __init__(self, service, task, nginx):
        self.service, self.task, self.nginx = service, task, nginx
        self.ours, self.theirs = [], []

    def once(self):
        status, _, took = self.service.line.ask("GET", f"/tasks/{self.task}?view=summary")
        if status != 200:
            raise RuntimeError(f"a poll got {status}")
        self.ours.append(took * 1e3)
        self.theirs.append(self.nginx.ask("GET", "/")[2] * 1e3)
        time.sleep(PAUSE_S)

    def p99(self):
        result = percentile(self.ours, 0.99), percentile(self.theirs, 0.99)
        self.ours, self.theirs = [], []
        return result


def warm(net, service):
    """One small task, so that what is made once is made; the resident set after it."""
    task, _ = service.submit(as_json([f"{net['http']}/page/1", f"{net['https']}/page/1"]))
    service.wait(task)
    service.delete(task)
    return service.resident()


def stall(bench, kind, count):
    net = bench.net
    on, folder = net["spread_addresses"], os.path.dirname(net["ca_file"]) if kind == "tls" else None
    with Canned(on, folder) as staller, Service(net, "--max-in-flight", str(count + 1000)) as service, \
            PeerNginx("x" * 230) as nginx, web.Connection("127.0.0.1", nginx.port) as line:
        idle = warm(net, service)
        scheme = "https" if kind == "tls" else "http"
        urls = "\n".join(f"{scheme}://{on[n % len(on)]}:{staller.port}/stall/{n}" for n in range(count))
        began = time.monotonic()
        task, _ = service.submit(urls, TEXT, "?timeout_ms=600000&connect_timeout_ms=120000&retries=0")
        polls = Polls(service, task, line)
        while staller.standing() < count:
            if time.monotonic() - began > GIVE_UP_S:
                raise RuntimeError(f"only {staller.standing()} of {count} connections stand: {service.summary(task)}")
            polls.once()
        took = time.monotonic() - began
        made_p99 = polls.p99()
        for _ in range(POLLS // 10 if bench.quick else POLLS):
            polls.once()
        resident = service.resident()
        stand_p99 = polls.p99()
        service.delete(task)
        return {"kib": (resident - idle) / count / 1024, "took": took, "idle_mb": idle / 1e6, "made": made_p99, "stand": stand_p99}


def measure(bench):
    count = bench.size(10_000)
    results = bench.interleaved({kind: lambda kind=kind: stall(bench, kind, count) for kind in AIM_KIB}, runs=min(3, bench.runs))
    add = bench.report.add
    for kind, runs in results.items():
        add(f"resident per stalled {kind} fetch", "trawl", "KiB", (run["kib"] for run in runs), f"at most {AIM_KIB[kind]}")
        add(f"until all {count:,} {kind} stand", "trawl", "s", (run["took"] for run in runs))
        for key, words in (("made", "while they are made"), ("stand", "when all stand")):
            name = f"poll beside {kind}, {words}, p99"
            add(name, "trawl", "ms", (run[key][0] for run in runs), "50, or 5 x nginx")
            add(name, "nginx", "ms", (run[key][1] for run in runs))
            bench.report.ratio(name, "trawl", "nginx")


if __name__ == "__main__":
    main(__doc__, measure)
