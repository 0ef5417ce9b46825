"""What does a service that does nothing cost, and how soon is it ready?

Resident memory and CPU over ten seconds after one small task has been through it, and the time from exec
to the first 200 of /readyz; beside an nginx of one worker (memory: master and worker).
"""
import time

from kit import usage
from kit.peer_nginx import PeerNginx
from kit.scenario import main
from kit.service import Service, as_json


def watch_trawl(net, seconds):
    with Service(net) as service:
        fresh = service.resident()
        task, _ = service.submit(as_json([f"{net['http']}/page/1"]))
        service.wait(task)
        service.delete(task)
        began = service.cpu()
        time.sleep(seconds)
        cpu = usage.spent(began, service.cpu())["total"]
        return {"start_ms": service.start_s * 1e3, "fresh_mb": fresh / 1e6, "idle_mb": service.resident() / 1e6,
                "cpu_percent": cpu / seconds * 100}


def watch_nginx(seconds):
    with PeerNginx() as nginx:
        began = nginx.cpu()
        time.sleep(seconds)
        return {"start_ms": nginx.start_s * 1e3, "idle_mb": nginx.resident() / 1e6,
                "cpu_percent": (nginx.cpu() - began) / seconds * 100}


def measure(bench):
    seconds = 2 if bench.quick else 10
    results = bench.interleaved({"trawl": lambda: watch_trawl(bench.net, seconds), "nginx": lambda: watch_nginx(seconds)})
    for subject, runs in results.items():
        asked = subject == "trawl"

        def add(measure_name, key, unit, aim=""):
            bench.report.add(measure_name, subject, unit, (run[key] for run in runs), aim if asked else "")
        add("start to ready", "start_ms", "ms", "under 100")
        if asked:
            add("resident when ready", "fresh_mb", "MB")
        add("resident, idle", "idle_mb", "MB", "under 15")
        add("CPU, idle", "cpu_percent", "%", "under 1")


if __name__ == "__main__":
    main(__doc__, measure)
