"""An nginx of our own with one server and one answer: a peer, not the origin."""
import os
import shutil
import tempfile
import time

from net import origin, process
from net.ports import free_port

from . import usage, web
from .service import on

_CONFIGURATION = """daemon off; worker_processes 1; pid nginx.pid; error_log error.log;
{user}events {{ worker_connections 4096; }}
http {{
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  access_log off; keepalive_requests 1000000000; default_type application/json;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 '{answer}'; }} location = /file {{ root .; sendfile on; }} }}
}}
"""


class PeerNginx:
    """Ready when entered. `answer` is what every request gets; it may hold no quote, dollar or backslash.
    /file is the file of that name in `folder`, if the caller puts one there."""

    def __init__(self, answer="ok", cores=None):
        self.answer = answer
        self.cores = cores

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="trawl-bench-nginx-")
        self.port = free_port()
        user = "user root root; " if os.geteuid() == 0 else ""
        with open(os.path.join(self.folder, "nginx.conf"), "w", encoding="utf-8") as file:
            file.write(_CONFIGURATION.format(port=self.port, answer=self.answer, user=user))
        command = [origin.binary(), "-p", self.folder, "-e", "error.log", "-c", "nginx.conf"]
        log = os.path.join(self.folder, "stderr.log")
        began = time.perf_counter()
        self.process = process.spawn(on(self.cores, command), log)
        while not web.answers("127.0.0.1", self.port, "/"):
            if self.process.poll() is not None:
                with open(log, encoding="utf-8") as file:
                    raise RuntimeError(f"nginx did not start: {file.read()}")
            time.sleep(0.0005)
        self.start_s = time.perf_counter() - began
        self.pids = [self.process.pid, *process.children(self.process.pid)]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def resident(self):
        """Of the master and its worker."""
        return sum(map(usage.resident_bytes, self.pids))

    def cpu(self):
        return sum(usage.cpu(pid)["total"] for pid in self.pids)
