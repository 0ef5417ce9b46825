"""trawl and the aiohttp service as subjects: a task by POST /submit, the summary polled until it is done, then DELETE."""
import os
import shutil
import subprocess

from . import client, usage
from .peers import Absent, Subject
from .service import ROOT, Service

POLL_S = 0.02
_PYTHON = "/usr/bin/python3"  # Debian's, whose packages aiohttp and the others are.
_PROGRAM = os.path.join(ROOT, "bench", "peers", "aiohttp_service.py")


class AiohttpService(Service):
    name = "aiohttp"
    ready_path = "/tasks"

    def __init__(self, net, concurrency=128, cores=None, ca_file=None, dns_server=None):
        super().__init__(net, cores=cores)
        self.flags = ["--concurrency", str(concurrency), "--dns-server", dns_server or net["dns_server"],
                      "--ca-file", ca_file or net["ca_file"]]

    def command(self):
        return [_PYTHON, _PROGRAM, "--port", str(self.port), *self.flags]


def why_no_aiohttp():
    """None, or what is missing."""
    if not shutil.which(_PYTHON) or subprocess.run([_PYTHON, "-c", "import aiohttp, uvloop, aiodns"], check=False,
                                                   stderr=subprocess.DEVNULL).returncode:
        return "aiohttp, uvloop or aiodns is not installed (scripts/setup bench)"
    return None


def run_task(service, body, count):
    """What one task cost the whole process, submission and polls included."""
    began = service.cpu()
    task, took = service.submit(body)
    summary, waited = service.wait_timed(task, POLL_S)
    cpu = usage.spent(began, service.cpu())
    if (summary["status"], summary["ok"]) != ("done", count):
        raise client.Failed(f"{service.name}: not all of {count} went well: {summary}")
    service.delete(task)
    return {"cpu_us": cpu["total"] / count * 1e6, "per_s": count / (took + waited), "peak_mb": usage.peak_resident_bytes(service.pid) / 1e6,
            "count": count}


def service_subject(service, bodies, count, name=None, slow=False):
    """`bodies`: an iterator, one for each run."""
    return Subject(name or service.name, lambda: run_task(service, next(bodies), count), service.command(), slow)


def aiohttp_subject(stack, net, bodies, count, cores, slow=False, **options):
    """Started for as long as `stack` (an ExitStack) lives, or an Absent."""
    why = why_no_aiohttp()
    if why:
        return Absent("aiohttp", why)
    return service_subject(stack.enter_context(AiohttpService(net, cores=cores, **options)), bodies, count, slow=slow)
