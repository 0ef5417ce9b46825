"""Does a URL cost more in a task of a million than in a task of 10,000?

Kept connections to one host, nginx and this program on one core, the service on the other: CPU of the whole service per URL,
and what its resident set grew by per URL, text and all, when the task is done. Ten tasks of 10,000, one after the other, stand against
each task of 1,000,000. The aiohttp service: 10,000 against 100,000.
"""
import functools

from kit import usage
from kit.scenario import main
from kit.service import Service, as_json
from kit.service_subject import AiohttpService, run_task, why_no_aiohttp

SMALL = 10_000


def body_of(bench, count):
    return as_json([f"{bench.net['http']}/page/{n:07}" for n in range(count)])


def run_tasks(make, warm_up, body, count, times):
    """A service of its own for each size and run, so that what it keeps of one does not help or hide another."""
    with make() as service:
        run_task(service, *warm_up)
        before = service.resident()
        results = [run_task(service, body, count) for _ in range(times)]
        peak = usage.peak_resident_bytes(service.pid)
    return {"cpu_us": sum(result["cpu_us"] for result in results) / times, "per_s": sum(result["per_s"] for result in results) / times,
            "octets": (peak - before) / count}


def services(bench, cores):
    """(name, how it is made, its large size)."""
    yield "trawl", (lambda: Service(bench.net, cores=cores)), bench.size(1_000_000, 2 * SMALL)
    yield "trawl, 64 a host", (lambda: Service(bench.net, "--host-concurrency", "64", cores=cores)), bench.size(1_000_000, 2 * SMALL)
    if why_no_aiohttp():
        bench.report.absent("", "aiohttp", why_no_aiohttp())
    else:
        yield "aiohttp", (lambda: AiohttpService(bench.net, cores=cores)), bench.size(100_000, 2 * SMALL)


def measure(bench):
    small, times = bench.size(SMALL, 1000), 2 if bench.quick else 10
    with bench.origin_apart() as cores:
        found = list(services(bench, cores))
        subjects, warm_up = {}, (body_of(bench, small), small)
        for name, make, large in found:
            for count, repeat in ((small, times), (large, 1)):
                subjects[name, count] = functools.partial(run_tasks, make, warm_up, body_of(bench, count), count, repeat)
        results = bench.interleaved(subjects, 3, few={key for key in subjects if key[0] == "aiohttp"})
    report(bench, results, [(name, small, large) for name, _, large in found])


def report(bench, results, sizes):
    for key, what, unit in (("cpu_us", "CPU per URL", "us"), ("per_s", "URLs per second", "1/s"), ("octets", "memory per URL, its text too", "octets")):
        for name, small, large in sizes:
            for count in (small, large):
                bench.report.add(f"{what}, task of {count:,}", name, unit, (run[key] for run in results[name, count]))
    for name, small, large in sizes:
        bench.report.ratio_of(f"CPU per URL of {name}, {large:,} / {small:,} (aim: at most 1.15)", (run["cpu_us"] for run in results[name, large]),
                              (run["cpu_us"] for run in results[name, small]))


if __name__ == "__main__":
    main(__doc__, measure)
