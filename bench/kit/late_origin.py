"""bench/origin/uv_origin: the server that answers after a time of the client's choosing."""
import json
import os
import subprocess

from net import process
from net.ports import SPREAD

from . import web
from .service import PROGRAMS, on

_PROGRAM = os.path.join(PROGRAMS, "uv_origin")


class LateOrigin:
    """Ready when entered, on `port` of the 64 addresses."""

    def __init__(self, cores=None):
        self.cores = cores

    def __enter__(self):
        if not os.access(_PROGRAM, os.X_OK):
            raise RuntimeError(f"{_PROGRAM} is not built (scripts/build release)")
        self.process = process.spawn(on(self.cores, [_PROGRAM, *SPREAD]), stdout=subprocess.PIPE)
        self.port = json.loads(self.process.stdout.readline())["port"]
        self.line = web.Connection(SPREAD[0], self.port)
        return self

    def __exit__(self, *_):
        self.line.line.close()
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()

    def urls(self, count, after_ms, at_once):
        """Over all addresses in turn, and again from the first after each `at_once`, so that a client with as many in flight
        finds a connection to the next address among those it has just done with."""
        return [f"http://{SPREAD[n % at_once % len(SPREAD)]}:{self.port}/after/{after_ms}/{n}" for n in range(count)]

    def stats(self):
        """{"answered", "accepted", "open", "most_open"} since it started; "answered" counts when a request has come."""
        return self.line.json("GET", "/_stats")[0]
