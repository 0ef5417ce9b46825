"""How much of 10,000 URLs a second is reached with 10,000 in flight at an origin that answers after a second?

An origin on libuv (bench/origin) holds each request for 1 s, on 64 addresses. Counted there, from 3 s after the start, while
all have work: requests per second, CPU per URL, memory per fetch in flight (the highest resident set less that before, task and
all, by the connections open). The origin and this program on one core, the program under test on the other.
"""
import subprocess
import tempfile
import time

from kit import client, machine, peers, usage
from kit.batch import Batch
from kit.compare import guarded
from kit.late_origin import LateOrigin
from kit.peers import Absent
from kit.scenario import main
from kit.service import Service, on
from kit.service_subject import AiohttpService, why_no_aiohttp

AFTER_MS = 1000
SETTLE_S = 3.0


class Window:
    """What the origin and a process did between two moments."""

    def __init__(self, origin, pid, seconds, before=0):
        self.origin, self.pid, self.seconds, self.before = origin, pid, seconds, before

    def read(self, still_runs=lambda: True):
        """`still_runs()` of a program that may end: one that has, has no memory any more."""
        time.sleep(SETTLE_S)
        first, cpu, began = self.origin.stats(), usage.cpu(self.pid)["total"], time.perf_counter()
        time.sleep(self.seconds)
        last, took = self.origin.stats(), time.perf_counter() - began
        answered = last["answered"] - first["answered"]
        if not answered:
            raise client.Failed("nothing was asked of the origin")
        if not still_runs():
            raise client.Failed("it ended too soon")
        resident = usage.peak_resident_bytes(self.pid)
        return {"per_s": answered / took, "cpu_us": (usage.cpu(self.pid)["total"] - cpu) / answered * 1e6, "open": last["open"] - 1,
                "peak_mb": resident / 1e6, "each_kib": (resident - self.before) / max(1, last["open"] - 1) / 1024}


def wait_for_none_open(origin):
    """The connection this program asks by is one."""
    give_up = time.monotonic() + 30
    while origin.stats()["open"] > 1 and time.monotonic() < give_up:
        time.sleep(0.02)


def through_service(make, origin, body, seconds):
    """A service of its own for each run: its highest memory is one figure for its whole life."""
    with make() as service:
        before = service.resident()
        task, _ = service.submit(body)
        result = Window(origin, service.pid, seconds, before).read()
        service.delete(task)
    wait_for_none_open(origin)
    return result


def through_program(subject, origin, seconds, cores):
    child = subprocess.Popen(on(cores, subject.command), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, env=subject.env)
    try:
        result = Window(origin, child.pid, seconds).read(lambda: child.poll() is None)
    finally:
        child.kill()
        child.wait()
    wait_for_none_open(origin)
    return result


def programs(bench, batch, wanted, seconds, cores):
    """Subjects whose commands count; those that are not installed are said. wrk goes to one address, the others to 64."""
    url = batch.urls[0]
    found = (peers.curl_multi(batch, wanted, cores), peers.undici(batch, wanted, cores),
             peers.wrk(url, wanted, int(SETTLE_S + seconds + 10), cores))
    for one in found:
        if isinstance(one, Absent):
            bench.report.absent("", one.name, one.why)
        else:
            yield one


def subjects_of(bench, origin, folder, cores, wanted, seconds):
    """{name: function}. Each has work for longer than the window."""
    batch = Batch(folder, "late", origin.urls(int(wanted * (SETTLE_S + seconds + 4)), AFTER_MS, wanted))
    body, flags = batch.body(), ("--max-in-flight", str(wanted * 115 // 100))
    subjects = {"trawl": lambda: through_service(lambda: Service(bench.net, *flags, cores=cores), origin, body, seconds)}
    if why_no_aiohttp():
        bench.report.absent("", "aiohttp", why_no_aiohttp())
    else:
        subjects["aiohttp"] = lambda: through_service(lambda: AiohttpService(bench.net, wanted, cores), origin, body, seconds)
    for one in programs(bench, batch, wanted, seconds, cores):
        subjects[one.name] = lambda one=one: through_program(one, origin, seconds, cores)
        bench.report.command(one.name, one.shown())
    return subjects


def measure(bench):
    # Fewer would be another question; a quick run is a shorter one.
    wanted, seconds, failures = bench.size(10_000) if bench.smoke else 10_000, 1 if bench.smoke else 3 if bench.quick else 6, {}
    with bench.origin_apart() as cores, LateOrigin(machine.cores()[:1]) as origin, \
            tempfile.TemporaryDirectory(prefix="trawl-bench-") as folder:
        subjects = subjects_of(bench, origin, folder, cores, wanted, seconds)
        results = bench.interleaved({name: guarded(bench, name, run, failures) for name, run in subjects.items()}, few=subjects.keys() - {"trawl"})
    report(bench, {name: runs for name, runs in results.items() if name not in failures}, wanted)
    for name, why in failures.items():
        bench.report.absent("", name, why)


def report(bench, results, wanted):
    for key, measure_name, unit, aim in (("per_s", f"URLs per second, of {wanted:,}", "1/s", f"at least {wanted * 95 // 100:,}"),
                                         ("cpu_us", "CPU per URL", "us", ""), ("open", "connections open", "", ""),
                                         ("each_kib", "memory per connection", "KiB", "at most 16"), ("peak_mb", "peak memory", "MB", "")):
        for name, runs in results.items():
            bench.report.add(measure_name, name, unit, (run[key] for run in runs), aim if name == "trawl" else "")
        if key != "open":
            bench.report.ratios(measure_name, "trawl")
    bench.report.note("curl --parallel (at most 300), ffuf, hey, ab, h2load: n/a (one address, or a thread for each)")


if __name__ == "__main__":
    main(__doc__, measure)
