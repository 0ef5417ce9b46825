"""Are the good URLs of a batch like real life delayed by the broken ones among them?

20,000 good URLs on 300 hosts of very different size (the n-th has 1/n of the first's share), a few of them slow (300 ms an answer), by
themselves; and the same in the same order with others strewn in: at 50 hosts that accept and never answer, which costs
nothing but patience; and those together with hosts that refuse, names that do not exist, bad certificates, errors and loops, which are
work. Asked: the time from submission to 99% of the good URLs, and to all; the service's CPU until then.
Default flags, nothing pinned; the aiohttp service beside it, 1,024 workers, as many as trawl has in flight.
"""
import random
import time

from kit import usage
from kit.late_origin import LateOrigin
from kit.scenario import main
from kit.service import Service, as_json
from kit.service_subject import AiohttpService, why_no_aiohttp

HOSTS, SLOW_HOSTS, STALLED_HOSTS = 300, 10, 50
SLOW_MS = 300
POLL_S = 0.005
GIVE_UP_S = 60.0


def good_urls(bench, late, count):
    weights = [1 / (n + 1) for n in range(HOSTS)]
    hosts = random.Random(1).choices(range(HOSTS), weights, k=count)
    slow = set(range(HOSTS - SLOW_HOSTS, HOSTS))
    return [f"http://h{host}.test:{late.port}/after/{SLOW_MS}/{n}" if host in slow else f"http://h{host}.test:{bench.net['http_port']}/page/{n}"
            for n, host in enumerate(hosts)]


def stalled_urls(bench, count):
    return [f"http://h{400 + n % STALLED_HOSTS}.test:{bench.net['raw_port']}/raw/stall/mixed/{n}" for n in range(count)]


def failing_urls(bench, count):
    """Of every kind in turn."""
    net = bench.net
    kinds = (f"http://h{{host}}.test:{net['refused_port']}/{{n}}", f"http://gone{{host}}.nx.test:{net['http_port']}/{{n}}",
             f"https://expired.test:{net['https_port']}/{{n}}", f"https://wrong-host.test:{net['https_port']}/{{n}}",
             f"http://h{{host}}.test:{net['http_port']}/status/404?{{n}}", f"http://h{{host}}.test:{net['http_port']}/redirect-loop?{{n}}",
             f"http://h{{host}}.test:{net['http_port']}/status/500?{{n}}")
    return [kinds[n % len(kinds)].format(host=n % 97, n=n) for n in range(count)]


def strewn(good, broken):
    """The good ones in their order, the broken ones anywhere among them."""
    choice = random.Random(2)
    places = sorted(choice.randrange(len(good) + 1) for _ in broken)
    choice.shuffle(broken)
    mixed, at = [], 0
    for place, url in zip(places, broken):
        mixed += good[at:place] + [url]
        at = place
    return mixed + good[at:]


def timed(make, body, good):
    """Seconds until 99% and all of the good URLs are ok; those that took too long count as the limit."""
    with make() as service:
        used, began = usage.cpu(service.pid)["total"], time.perf_counter()
        task, _ = service.submit(body)
        result = {}
        for key, wanted in (("most_s", good * 99 // 100), ("all_s", good)):
            while service.summary(task)["ok"] < wanted and time.perf_counter() - began < GIVE_UP_S:
                time.sleep(POLL_S)
            result[key] = min(time.perf_counter() - began, GIVE_UP_S)
        result["cpu_s"] = usage.cpu(service.pid)["total"] - used
        service.delete(task)
    return result


def measure(bench):
    with LateOrigin() as late:
        good = good_urls(bench, late, bench.size(20_000, 1000))
        stalled, failing = stalled_urls(bench, len(good) // 20), failing_urls(bench, len(good) * 3 // 20)
        bodies = {"good alone": as_json(good), "with the stalled": as_json(strewn(good, list(stalled))),
                  "with the broken": as_json(strewn(good, stalled + failing))}
        makers = {"trawl": lambda: Service(bench.net)}
        if why_no_aiohttp():
            bench.report.absent("", "aiohttp", why_no_aiohttp())
        else:
            makers["aiohttp"] = lambda: AiohttpService(bench.net, 1024)
        results = bench.interleaved({(name, case): lambda make=make, body=body: timed(make, body, len(good))
                                     for name, make in makers.items() for case, body in bodies.items()}, few={("aiohttp", case) for case in bodies})
    report(bench, results, makers)
    bench.report.note(f"{len(good):,} good URLs, {len(stalled) + len(failing):,} broken ones, {len(stalled):,} of them at {STALLED_HOSTS} hosts that stall; "
                      f"{GIVE_UP_S:.0f} s means not done by then")


def report(bench, results, names):
    for key, what in (("most_s", "99% of the good URLs after"), ("all_s", "all good URLs after")):
        for (name, case), runs in results.items():
            bench.report.add(f"{what}, {case}", name, "s", (run[key] for run in runs))
    for (name, case), runs in results.items():
        bench.report.add(f"CPU until then, {case}", name, "s", (run["cpu_s"] for run in runs))
    for name in names:
        for case in ("with the stalled", "with the broken"):
            bench.report.ratio_of(f"99% of the good URLs of {name}, {case} / alone (aim: at most 1.1)",
                                  (run["most_s"] for run in results[name, case]), (run["most_s"] for run in results[name, "good alone"]))


if __name__ == "__main__":
    main(__doc__, measure)
