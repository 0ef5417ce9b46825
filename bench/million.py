"""How long does one submission of a million URLs take to be accepted, and what memory does a URL hold?

Accepted: from the first octet sent to the answer read, the body made beforehand; beside it a server that
throws the same octets away. Memory: what the resident set grew by, less the text of the URLs, per URL; while
all of them wait (at a host that never answers, one connection at a time), and when all are done on nginx. A
new service for every run, warmed by a smaller task.
"""
from kit import usage, web
from kit.scenario import main
from kit.service import TEXT, Service, as_json
from kit.sink import Sink

WAITING = {"host_concurrency": 1, "timeout_ms": 3600000}
WAITING_QUERY = "?host_concurrency=1&timeout_ms=3600000"


def urls_on(address, count):
    return [f"{address}/{n:07}/a-path-of-some-length/as-many-have" for n in range(count)]


def text_bytes(urls):
    return sum(map(len, urls))


class Memory:
    """The resident set since now, per URL and beside its text."""

    def __init__(self, service, urls):
        self.service = service
        self.count = len(urls)
        self.text = text_bytes(urls)
        self.before = service.resident()

    def beside_text(self, now=None):
        return ((now or self.service.resident()) - self.before - self.text) / self.count


def warm(service, net):
    task, _ = service.submit(as_json(urls_on(f"{net['http']}/page", 20_000)))
    service.wait(task)
    service.delete(task)


def queued(net, urls, body, headers=None, query=""):
    """One accepted submission of which nothing is done."""
    with Service(net) as service:
        warm(service, net)
        memory = Memory(service, urls)
        cpu = service.cpu()
        task, took = service.submit(body, headers, query)
        result = {"accept_s": took, "accept_cpu_s": usage.spent(cpu, service.cpu())["total"], "queued": memory.beside_text(),
                  "peak": memory.beside_text(usage.peak_resident_bytes(service.pid))}
        service.delete(task)
        return result


def finished(net, urls, body):
    with Service(net) as service:
        warm(service, net)
        memory = Memory(service, urls)
        cpu = service.cpu()
        task, _ = service.submit(body)
        summary = service.wait(task, 0.2)
        if summary["ok"] != len(urls):
            raise RuntimeError(f"not all went well: {summary}")
        result = {"finished": memory.beside_text(), "cpu_us": usage.spent(cpu, service.cpu())["total"] / len(urls) * 1e6}
        service.delete(task)
        result["after_delete_mb"] = (service.resident() - memory.before) / 1e6
        return result


def discarded(body):
    with Sink() as sink, web.Connection("127.0.0.1", sink.port) as line:
        return {"accept_s": line.ask("POST", "/", body)[2]}


def measure(bench):
    count = bench.size(1_000_000)
    waiting, good = urls_on(f"{bench.net['raw']}/raw/stall", count), urls_on(f"{bench.net['http']}/page", count)
    json_body, text_body, good_body = as_json(waiting, **WAITING), "\n".join(waiting).encode(), as_json(good)
    results = bench.interleaved({
        "trawl, JSON": lambda: queued(bench.net, waiting, json_body),
        "trawl, text": lambda: queued(bench.net, waiting, text_body, TEXT, WAITING_QUERY),
        "thrown away": lambda: discarded(json_body),
        "trawl": lambda: finished(bench.net, good, good_body)})
    report(bench, results)
    bench.report.note(f"{count:,} URLs, {text_bytes(waiting) / count:.0f} octets each; JSON body {len(json_body) / 1e6:.0f} MB")


def report(bench, results):
    def add(measure_name, subject, key, unit, aim=""):
        bench.report.add(measure_name, subject, unit, (run[key] for run in results[subject]), aim)
    for subject in ("trawl, JSON", "trawl, text"):
        add("accepted after", subject, "accept_s", "s", "under 2")
    add("accepted after", "thrown away", "accept_s", "s")
    for subject in ("trawl, JSON", "trawl, text"):
        add("CPU to accept it", subject, "accept_cpu_s", "s")
    for subject in ("trawl, JSON", "trawl, text"):
        add("memory per URL, queued", subject, "queued", "octets", "at most 120")
        add("memory per URL, peak while accepted", subject, "peak", "octets")
    add("memory per URL, finished", "trawl", "finished", "octets", "at most 250")
    add("CPU per URL, whole task", "trawl", "cpu_us", "us")
    add("memory kept once deleted", "trawl", "after_delete_mb", "MB")
    bench.report.ratio("accepted after", "trawl, JSON", "thrown away")


if __name__ == "__main__":
    main(__doc__, measure)
