"""What do a thousand clients that poll cost a fetch, and how soon is each answered meanwhile?

1,000 kept connections, each asking for the summary of one task once a second, while its URLs are fetched over kept connections
from 100 host names. The runs take turns: nobody polls; all poll the service; the same clients poll an nginx that answers with the
same octets, beside the same fetch. One core or two: the service, the origin, nginx and the clients share what there is.
"""
from datetime import datetime

from kit.peer_nginx import PeerNginx
from kit.pollers import Pollers
from kit.scenario import main
from kit.service import TEXT, Service, as_json

CLIENTS = 1000
INTERVAL_MS = 1000
HOSTS = 100


def seconds_between(summary):
    """From acceptance to the end, by the service's own clock."""
    began, ended = (datetime.fromisoformat(summary[key].replace("Z", "+00:00")) for key in ("created_at", "finished_at"))
    return (ended - began).total_seconds()


def summary_text(service):
    """What a poll of a running task looks like, as octets of the same number."""
    task, _ = service.submit(as_json([]))
    text = service.line.ask("GET", f"/tasks/{task}?view=summary")[1].decode().strip()
    service.delete(task)
    return text


def fetch(service, body, count, start=lambda _path: None):
    task, _ = service.submit(body, TEXT)
    start(f"/tasks/{task}?view=summary")
    summary = service.wait(task, 0.1)
    if summary["ok"] != count:
        raise RuntimeError(f"not all were fetched: {summary}")
    return task, count / seconds_between(summary)


def undisturbed(service, body, count):
    task, per_s = fetch(service, body, count)
    service.delete(task)
    return {"per_s": per_s}


def polled(service, body, count, port, path=None):
    """`path`: None asks for the task itself."""
    with Pollers(port, CLIENTS, INTERVAL_MS) as pollers:
        task, per_s = fetch(service, body, count, lambda own: pollers.start(path or own))
        met = pollers.stop()  # Before the task goes, and with it the 200.
    service.delete(task)
    return {"per_s": per_s, **met}


def measure(bench):
    count = bench.size(1_000_000)
    body = "\n".join(f"http://h{n % HOSTS}.test:{bench.net['http_port']}/page/{n:07}" for n in range(count))
    with Service(bench.net) as service, PeerNginx(summary_text(service)) as nginx:
        results = bench.interleaved({
            "nobody polls": lambda: undisturbed(service, body, count),
            "trawl": lambda: polled(service, body, count, service.port),
            "nginx": lambda: polled(service, body, count, nginx.port, "/")})
    report(bench, results, count)


def report(bench, results, count):
    add = bench.report.add
    fetches = f"{count:,} URLs per second"
    for name, runs in results.items():
        add(fetches, name if name == "nobody polls" else f"{name} polled", "1/s", (run["per_s"] for run in runs),
            "85% of nobody" if name == "trawl" else "")
    bench.report.ratio(fetches, "trawl polled", "nobody polls")
    bench.report.ratio(fetches, "nginx polled", "nobody polls")
    for key, share in (("p50_ms", "median"), ("p99_ms", "p99"), ("worst_ms", "worst")):
        for name in ("trawl", "nginx"):
            aim = "50, or 5 x nginx" if (key, name) == ("p99_ms", "trawl") else ""
            add(f"poll, {share}", name, "ms", (run[key] for run in results[name]), aim)
        bench.report.ratio(f"poll, {share}", "trawl", "nginx")
    for name in ("trawl", "nginx"):
        add("answered 5xx", name, "polls", (run["server_errors"] for run in results[name]), "0" if name == "trawl" else "")
        told = {key: sum(run[key] for run in results[name]) for key in ("polls", "server_errors", "others", "lost", "skipped")}
        bench.report.note(f"{name}: {told['polls']:,} polls in all; {told['server_errors']} of them 5xx, {told['others']} another status but 200; "
                          f"{told['lost']} connections lost, {told['skipped']} turns skipped because no answer had come")


if __name__ == "__main__":
    main(__doc__, measure)
