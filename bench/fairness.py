"""How soon is a task of one URL done while others keep the service busy, and how soon is a poll answered?

Beside a task of 500,000 URLs on another host, and beside 50 hosts that accept and never answer. Each
small task goes to a host name not seen before. Between small tasks, polls of the large task's summary take
turns with requests for the same octets at an nginx that does nothing else.
"""
import time

from kit import web
from kit.peer_nginx import PeerNginx
from kit.scenario import main, percentile
from kit.service import TEXT, Service, as_json

POLLS_BETWEEN = 20
PAUSE_S = 0.002  # Between polls, so that they do not become the load.
STALLED_HOSTS, URLS_EACH = 50, 40
GIVE_UP_S = 10.0  # A small task that is not done by then counts as this long.


class Probe:
    """Small tasks and polls, timed in milliseconds, while something else goes on."""

    def __init__(self, bench, service, nginx):
        self.bench = bench
        self.service = service
        self.nginx = nginx
        self.fresh_hosts = iter(range(1000, 5000))
        self.clear()

    def clear(self):
        self.small, self.polls, self.peer_polls, self.gave_up = [], [], [], False

    def small_task(self):
        url = f"http://h{next(self.fresh_hosts)}.test:{self.bench.net['http_port']}/page/small"
        body = as_json([url])
        began = time.perf_counter()
        task, _ = self.service.submit(body)
        summary = self.service.wait(task, 0.001, GIVE_UP_S)
        self.small.append((time.perf_counter() - began) * 1e3)
        self.service.delete(task)
        if summary["failed"]:
            raise RuntimeError(f"the small task failed: {summary}")
        self.gave_up |= summary["ok"] == 0

    def poll(self, task):
        status, _, took = self.service.line.ask("GET", f"/tasks/{task}?view=summary")
        self.polls.append(took * 1e3)
        _, _, took = self.nginx.ask("GET", "/")
        self.peer_polls.append(took * 1e3)
        if status != 200:
            raise RuntimeError(f"a poll got {status}")
        time.sleep(PAUSE_S)

    def round(self, task):
        self.small_task()
        for _ in range(POLLS_BETWEEN):
            self.poll(task)

    def result(self):
        return {"small_median": percentile(self.small, 0.5), "small_worst": max(self.small), "smalls": len(self.small), "gave_up": self.gave_up,
                "poll_p99": percentile(self.polls, 0.99), "peer_p99": percentile(self.peer_polls, 0.99),
                "poll_median": percentile(self.polls, 0.5), "peer_median": percentile(self.peer_polls, 0.5)}


def alone(probe):
    probe.clear()
    task, _ = probe.service.submit(as_json([]))
    for _ in range(10):
        probe.round(task)
    probe.service.delete(task)
    return probe.result()


def beside_a_large_task(probe, body, count):
    probe.clear()
    task, _ = probe.service.submit(body, TEXT)
    while probe.service.summary(task)["done"] < count * 0.95 and not probe.gave_up:
        probe.round(task)
    probe.service.delete(task)
    return probe.result()


def beside_stalled_hosts(probe):
    probe.clear()
    net = probe.bench.net
    urls = [f"http://h{host}.test:{net['raw_port']}/raw/stall/{n}" for host in range(STALLED_HOSTS) for n in range(URLS_EACH)]
    task, _ = probe.service.submit("\n".join(urls), TEXT, "?timeout_ms=600000")
    wait_for_stalled(net)
    for _ in range(10 if probe.bench.quick else 40):
        if not probe.gave_up:
            probe.round(task)
    probe.service.delete(task)
    return probe.result()


def wait_for_stalled(net):
    """Until every host holds a connection."""
    give_up = time.monotonic() + 20
    with web.Connection("127.0.0.1", net["raw_port"]) as line:
        while line.json("GET", "/raw/_stats?prefix=/raw/stall/")[0]["open"] < STALLED_HOSTS:
            if time.monotonic() > give_up:
                raise RuntimeError("the hosts that stall were not asked")
            time.sleep(0.01)


def summary_text(service):
    """What a poll of a running task looks like, as octets of the same number."""
    task, _ = service.submit(as_json([]))
    text = service.line.ask("GET", f"/tasks/{task}?view=summary")[1].decode().strip()
    service.delete(task)
    return text


def measure(bench):
    count = bench.size(500_000)
    large = "\n".join(f"http://h1.test:{bench.net['http_port']}/page/{n:07}" for n in range(count))
    with Service(bench.net) as service, PeerNginx(summary_text(service)) as nginx, \
            web.Connection("127.0.0.1", nginx.port) as line:
        probe = Probe(bench, service, line)
        results = bench.interleaved({
            "alone": lambda: alone(probe),
            f"beside {count:,} URLs": lambda: beside_a_large_task(probe, large, count),
            f"beside {STALLED_HOSTS} stalled hosts": lambda: beside_stalled_hosts(probe)})
    report(bench, results)


def report(bench, results):
    add = bench.report.add
    for name, runs in results.items():
        aim = "" if name == "alone" else "under 250"
        add(f"one-URL task {name}, median", "trawl", "ms", (run["small_median"] for run in runs))
        add(f"one-URL task {name}, worst", "trawl", "ms", (run["small_worst"] for run in runs), aim)
    for name, runs in results.items():
        aim = "" if name == "alone" else "20, or 5 x nginx"
        for share in ("median", "p99"):
            measure_name = f"poll {name}, {share}"
            add(measure_name, "trawl", "ms", (run[f"poll_{share}"] for run in runs), aim if share == "p99" else "")
            add(measure_name, "nginx", "ms", (run[f"peer_{share}"] for run in runs))
            bench.report.ratio(measure_name, "trawl", "nginx")
        late = sum(run["gave_up"] for run in runs)
        bench.report.note(f"small tasks {name}: {sum(run['smalls'] for run in runs)} in all"
                          + f", {late} NOT DONE after {GIVE_UP_S:.0f} s" * bool(late))


if __name__ == "__main__":
    main(__doc__, measure)
