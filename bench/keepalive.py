"""How much CPU does the whole service take for a URL over kept connections, beside wrk on the same nginx?

100,000 distinct URLs by POST /submit, the summary polled until the task is done. Pinned: nginx and this
program on one core, trawl (then of one thread) or wrk on the other; free: wherever the kernel puts them.
"""
from kit import usage, wrk
from kit.scenario import main
from kit.service import Service, as_json

WRK_CONNECTIONS = (64, 256, 910)  # The last: as many as trawl opens to one host by default.
FEW = "trawl, 64 connections"
POLL_S = 0.05


def run_trawl(service, body, count):
    began = service.cpu()
    task, _ = service.submit(body)
    summary = service.wait(task, POLL_S)
    cpu = usage.spent(began, service.cpu())
    service.delete(task)
    if (summary["status"], summary["ok"]) != ("done", count):
        raise RuntimeError(f"not all went well: {summary}")
    each_us = cpu["total"] / count * 1e6
    user_share = cpu["user"] / max(cpu["user"] + cpu["system"], 0.01)
    return {"cpu_us": each_us, "user_us": each_us * user_share, "system_us": each_us * (1 - user_share)}


def run_all(bench, how, cores):
    count = bench.size(100_000)
    body = as_json([f"{bench.net['http']}/page/{n:07}" for n in range(count)])
    seconds = 1 if bench.quick else 3
    with Service(bench.net, cores=cores) as service, Service(bench.net, "--host-concurrency", "64", cores=cores) as few:
        subjects = {"trawl": lambda: run_trawl(service, body, count), FEW: lambda: run_trawl(few, body, count)}
        for number in WRK_CONNECTIONS:
            url = f"{bench.net['http']}/page/0000001"
            subjects[f"wrk -c{number}"] = lambda number=number: wrk.run(url, number, seconds, cores)
        report(bench, how, bench.interleaved(subjects))
        bench.report.note(f"{how}: trawl ran {usage.threads(service.pid)} threads, all counted")


def report(bench, how, results):
    for name, runs in results.items():
        aim = "at most 15 (wrk: 8-10)" if name.startswith("trawl") else ""
        bench.report.add(f"CPU per URL, {how}", name, "us", (run["cpu_us"] for run in runs), aim)
    for part in ("user", "system"):
        bench.report.add(f"  of it {part}, {how}", "trawl", "us", (run[f"{part}_us"] for run in results["trawl"]))
    for number in WRK_CONNECTIONS:
        bench.report.ratio(f"CPU per URL, {how}", "trawl", f"wrk -c{number}")


def measure(bench):
    with bench.origin_apart() as cores:
        run_all(bench, "pinned", cores)
    run_all(bench, "free", None)


if __name__ == "__main__":
    main(__doc__, measure)
