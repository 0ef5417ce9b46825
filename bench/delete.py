"""What is left behind when twenty running tasks are deleted?

Each task holds 5,000 URLs, a part at a host that never answers, a part on large pages, a part on small ones.
They are deleted as soon as all of them run. Counted after each round: sockets beyond those of an idle service, the
resident set, lines in the log at level info.
"""
import statistics
import time

from kit import web
from kit.scenario import main
from kit.service import TEXT, Service

TASKS, URLS = 20, 5000
SETTLE_S = 1.0


def body_of(net, task):
    addresses = (f"http://h{task}.test:{net['raw_port']}/raw/stall/deleted/{task}", f"http://h{100 + task}.test:{net['http_port']}/size/1m",
                 f"http://h{200 + task}.test:{net['http_port']}/page")
    return "\n".join(f"{addresses[n % 3]}?{n}" for n in range(URLS)).encode()


def open_at_the_origin(net):
    """Connections the servers that never answer still hold."""
    with web.Connection("127.0.0.1", net["raw_port"]) as line:
        return line.json("GET", "/raw/_stats?prefix=/raw/stall/deleted/")[0]["open"]


def settled(read, wanted):
    """What `read` gives once it is at most `wanted`, or after a while."""
    give_up = time.monotonic() + SETTLE_S
    while (value := read()) > wanted and time.monotonic() < give_up:
        time.sleep(0.01)
    return value


def one_round(net, service):
    lines = len(service.said().splitlines())
    tasks = [service.submit(body_of(net, task), TEXT, "?timeout_ms=600000")[0] for task in range(TASKS)]
    running = sum(service.summary(task)["status"] == "running" for task in tasks)
    began = time.perf_counter()
    for task in tasks:
        service.delete(task)
    took = time.perf_counter() - began
    stalled = settled(lambda: open_at_the_origin(net), 0)
    time.sleep(SETTLE_S)
    return {"running": running, "delete_ms": took / TASKS * 1e3, "stalled": stalled,
            "sockets": service.sockets(), "resident_mb": service.resident() / 1e6,
            "lines": len(service.said().splitlines()) - lines}


def measure(bench):
    with Service(bench.net, log_level="info") as service:
        idle = service.sockets()
        runs = bench.interleaved({"trawl": lambda: one_round(bench.net, service)}, 5 if bench.quick else 10)["trawl"]
        noise = [line for line in service.said().splitlines() if " warning " in line or " error " in line]
    add = bench.report.add
    add("tasks running when deleted", "trawl", "tasks", (run["running"] for run in runs))
    add("a DELETE takes", "trawl", "ms", (run["delete_ms"] for run in runs))
    add("connections left at servers that never answer", "trawl", "sockets", (run["stalled"] for run in runs), "0")
    add("sockets beyond an idle service's (kept connections among them)", "trawl", "sockets", (run["sockets"] - idle for run in runs))
    add("resident after a round", "trawl", "MB", (run["resident_mb"] for run in runs))
    if (half := len(runs) // 2) > 0:
        early, late = (statistics.median(run["resident_mb"] for run in part) for part in (runs[:half], runs[half:]))
        add("growth of it, later half against earlier", "trawl", "MB", [late - early], "0")
    add("log lines a task, level info", "trawl", "lines", (run["lines"] / TASKS for run in runs), "2")
    bench.report.note(f"lines of level warning and above: {len(noise)}" + "".join(f"\n  {line}" for line in noise[:5]))


if __name__ == "__main__":
    main(__doc__, measure)
