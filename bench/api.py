"""How many polls and submissions a second does the API take, beside nginx with the same octets?

wrk on one core, the server on the other. Polls: GET /tasks/{id} of a finished task of five URLs, with its records, and with
view=summary; nginx answers every request with the octets trawl gives, from memory. Submissions: POST /submit of one URL, which is
then fetched from an nginx on wrk's core; and of none. CPU is the server's, per request.
"""
import contextlib
import os
import tempfile

from kit import peers
from kit.peer_nginx import PeerNginx
from kit.scenario import main
from kit.service import Service, as_json
from kit.service_subject import AiohttpService, why_no_aiohttp

CONNECTIONS = 64
RECORDS = 5
_POST = "wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\nwrk.body = '{body}'\n"


def finished_task(bench, service):
    """The path of a task of five URLs that is done."""
    task, _ = service.submit(as_json([f"{bench.net['http']}/page/{n}" for n in range(RECORDS)]))
    service.wait(task)
    return f"/tasks/{task}"


class Polls:
    """A poll of a finished task, or of its summary."""

    def __init__(self, name, query):
        self.name, self.query = name, query
        self.script = None

    def path(self, bench, service):
        return finished_task(bench, service) + self.query

    def answer(self, bench, service):
        return service.line.ask("GET", self.path(bench, service))[1].decode().strip()


class Submissions:
    """One POST of `urls`, over and over."""

    def __init__(self, folder, name, urls):
        self.name = name
        self.body = as_json(urls)
        self.script = os.path.join(folder, name.replace(" ", "-") + ".lua")
        with open(self.script, "w", encoding="utf-8") as file:
            file.write(_POST.format(body=self.body.decode()))

    def path(self, _bench, _service):
        return "/submit"

    def answer(self, _bench, service):
        return service.line.ask("POST", "/submit", self.body, {"Content-Type": "application/json"})[1].decode().strip()


def loaded(bench, port, cpu, path, script):
    """A function: wrk against that path, and the CPU of its server around it."""
    wrk_cores = [min(os.sched_getaffinity(0))]
    wrk = peers.wrk(f"http://127.0.0.1:{port}{path}", CONNECTIONS, 1 if bench.quick else 2, wrk_cores, script)
    bench.report.command("wrk" + (script or path), wrk.shown())

    def run():
        before = cpu()
        result = wrk.run()
        return {"per_s": result["per_s"], "cpu_us": (cpu() - before) / result["count"] * 1e6}
    return run


def run_case(bench, case, cores):
    """With servers of its own: what submissions leave behind must not slow the next case."""
    with contextlib.ExitStack() as stack:
        subjects = {}
        services = [Service(bench.net, cores=cores)] + ([] if why_no_aiohttp() else [AiohttpService(bench.net, cores=cores)])
        for service in services:
            stack.enter_context(service)
            subjects[service.name] = loaded(bench, service.port, lambda service=service: service.cpu()["total"], case.path(bench, service),
                                            case.script)
        answer = case.answer(bench, services[0])
        nginx = stack.enter_context(PeerNginx(answer, cores))
        subjects["nginx"] = loaded(bench, nginx.port, nginx.cpu, "/", case.script)
        bench.report.note(f"{case.name}: trawl's answer has {len(answer)} octets")
        report(bench, case.name, bench.interleaved(subjects))


def report(bench, case, results):
    for key, what, unit in (("per_s", f"{case} per second", "1/s"), ("cpu_us", f"CPU of the server, {case}", "us")):
        for name, runs in results.items():
            aim = "0.6 x nginx, 15 x aiohttp" if (name, key, case) == ("trawl", "per_s", "polls") else ""
            bench.report.add(what, name, unit, (run[key] for run in runs), aim)
        bench.report.ratios(what, "trawl")


def measure(bench):
    if why_no_aiohttp():
        bench.report.absent("", "aiohttp", why_no_aiohttp())
    with bench.origin_apart() as cores, tempfile.TemporaryDirectory(prefix="trawl-bench-") as folder:
        for case in (Polls("polls", ""), Polls("summary polls", "?view=summary"),
                     Submissions(folder, "submissions of one URL", [f"{bench.net['http']}/page/1"]), Submissions(folder, "submissions of none", [])):
            run_case(bench, case, cores)


if __name__ == "__main__":
    main(__doc__, measure)
