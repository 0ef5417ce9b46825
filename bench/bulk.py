"""How fast does a million go in and out: the submission, and its records as one stream?

In: a JSON body of 1,000,000 URLs, from the first octet sent to the answer read; beside it a server that throws the same octets
away. Out: once all are fetched, GET /tasks/{id}/results as NDJSON and as CSV and GET /tasks/{id}, read and thrown away; beside
them nginx sending a file of the NDJSON's octets. Nothing is pinned. Memory: what the service's resident set grew by while it streamed.
"""
import contextlib
import os
import socket
import time

from kit import client, usage, web
from kit.peer_nginx import PeerNginx
from kit.scenario import main
from kit.service import Service, as_json
from kit.service_subject import AiohttpService, why_no_aiohttp
from kit.sink import Sink

BLOCK = 1 << 20


def streamed(port, path):
    """(octets after the head, seconds from the request to the end); the connection ends with the response."""
    room = memoryview(bytearray(BLOCK))
    with socket.create_connection(("127.0.0.1", port)) as line:
        began = time.perf_counter()
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
        size = line.recv_into(room)
        if not bytes(room[:12]).startswith(b"HTTP/1.1 200"):
            raise client.Failed(f"{path}: {bytes(room[:200])!r}")
        octets = size - bytes(room[:size]).find(b"\r\n\r\n") - 4
        while size := line.recv_into(room):
            octets += size
        return octets, time.perf_counter() - began


def stream_of(service, path):
    before = service.resident()
    octets, took = streamed(service.port, path)
    return {"mb_per_s": octets / took / 1e6, "grew_mb": (usage.peak_resident_bytes(service.pid) - before) / 1e6, "mb": octets / 1e6}


def submission(make, body):
    with make() as service:
        began = service.cpu()
        task, took = service.submit(body)
        result = {"accept_s": took, "accept_cpu_s": usage.spent(began, service.cpu())["total"]}
        service.delete(task)
        return result


def thrown_away(body):
    with Sink() as sink, web.Connection("127.0.0.1", sink.port) as line:
        return {"accept_s": line.ask("POST", "/", body)[2]}


def accepting(bench, count):
    # At a host that never answers, one at a time: nothing else is done meanwhile.
    urls = [f"{bench.net['raw']}/raw/stall/{n:07}/a-path-of-some-length/as-many-have" for n in range(count)]
    body = as_json(urls, host_concurrency=1, timeout_ms=3600000)
    subjects = {"trawl": lambda: submission(lambda: Service(bench.net), body)}
    if why_no_aiohttp():
        bench.report.absent("accepted after", "aiohttp", why_no_aiohttp())
    else:
        subjects["aiohttp"] = lambda: submission(lambda: AiohttpService(bench.net, concurrency=1), body)
    subjects["thrown away"] = lambda: thrown_away(body)
    results = bench.interleaved(subjects, few={"aiohttp"})
    for key, what in (("accept_s", f"{count:,} URLs accepted after"), ("accept_cpu_s", "CPU to accept them")):
        for name, runs in results.items():
            bench.report.add(what, name, "s", (run[key] for run in runs if key in run), "under 0.8" if (name, key) == ("trawl", "accept_s") else "")
    bench.report.note(f"the body: {len(body) / 1e6:.0f} MB")


def streaming(bench, count):
    with Service(bench.net) as service, contextlib.ExitStack() as stack:
        task, _ = service.submit(as_json([f"{bench.net['http']}/page/{n:07}" for n in range(count)]))
        service.wait(task, 0.2)
        paths = {"trawl, NDJSON": f"/tasks/{task}/results?format=ndjson", "trawl, CSV": f"/tasks/{task}/results?format=csv", "trawl, GET /tasks/{id}": f"/tasks/{task}"}
        octets, _ = streamed(service.port, paths["trawl, NDJSON"])
        nginx = stack.enter_context(PeerNginx())
        with open(os.path.join(nginx.folder, "file"), "wb") as file:
            file.truncate(octets)

        def of_nginx():
            size, took = streamed(nginx.port, "/file")
            return {"mb_per_s": size / took / 1e6, "mb": size / 1e6}
        subjects = {name: lambda path=path: stream_of(service, path) for name, path in paths.items()}
        results = bench.interleaved({**subjects, "nginx, a file": of_nginx})
    for key, what, unit in (("mb_per_s", f"{count:,} records streamed", "MB/s"), ("grew_mb", "memory grew by", "MB"), ("mb", "octets", "MB")):
        for name, runs in results.items():
            aim = "at least 300" if (name, key) == ("trawl, NDJSON", "mb_per_s") else ""
            bench.report.add(what, name, unit, (run[key] for run in runs if key in run), aim)


def measure(bench):
    count = bench.size(1_000_000)
    accepting(bench, count)
    streaming(bench, count)


if __name__ == "__main__":
    main(__doc__, measure)
