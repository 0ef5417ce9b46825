"""An nginx of our own for handshakes: 500 names over HTTPS, every connection closed after one response.

Without tickets and without a session cache, so that each handshake is a full one; or with tickets.
"""
import os
import shutil
import tempfile
import time

from net import origin, process
from net.ports import SPREAD, reserve

from . import web
from .chains import Chains

_CONFIGURATION = """daemon off; worker_processes 1; pid nginx.pid; error_log error.log; worker_rlimit_nofile {files};
{user}events {{ worker_connections 8192; }}
http {{
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  access_log off; keepalive_timeout 0; default_type text/html; server_names_hash_max_size 4096; server_names_hash_bucket_size 128;
  ssl_protocols TLSv1.2 TLSv1.3; ssl_ecdh_curve X25519:prime256v1; ssl_session_cache off; ssl_session_tickets {tickets};
{servers}
}}
"""
_SERVER = """  server {{ server_name {names}; {listen} ssl_certificate {chain}; ssl_certificate_key {key};
    location / {{ return 200 '{page}'; }} }}"""


class TlsOrigin:
    """Ready when entered: `port` on the 64 addresses, for h0.test to h499.test; `ca_file` is what to trust."""

    def __init__(self, kind="ecdsa", resumable=False):
        self.kind = kind
        self.resumable = resumable

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="trawl-bench-tls-")
        self.chains = Chains(os.path.join(self.folder, "ca"), self.kind)
        self.ca_file = self.chains.path("root.pem")
        self.port, self.held = reserve(SPREAD, reuse_port=True)
        with open(os.path.join(self.folder, "nginx.conf"), "w", encoding="utf-8") as file:
            file.write(self._configuration())
        log = os.path.join(self.folder, "stderr.log")
        self.process = process.spawn([origin.binary(), "-p", self.folder, "-e", "error.log", "-c", "nginx.conf"], log)
        while not web.accepts(SPREAD[-1], self.port):
            if self.process.poll() is not None:
                with open(log, encoding="utf-8") as file:
                    raise RuntimeError(f"nginx did not start: {file.read()}")
            time.sleep(0.005)
        self.pids = [self.process.pid, *process.children(self.process.pid)]
        return self

    def _configuration(self):
        servers = []
        for number, (name, hosts) in enumerate(self.chains.groups):
            extra = " default_server reuseport backlog=4096" if number == 0 else ""
            listen = " ".join(f"listen {address}:{self.port} ssl{extra};" for address in SPREAD)
            servers.append(_SERVER.format(names=" ".join(hosts), listen=listen, chain=self.chains.path(name + ".chain.pem"),
                                          key=self.chains.path("leaf.key"), page=origin.page("small")))
        return _CONFIGURATION.format(files=origin.descriptors(), user="user root root; " if os.geteuid() == 0 else "",
                                     tickets="on" if self.resumable else "off", servers="\n".join(servers))

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        for sock in self.held:
            sock.close()
        shutil.rmtree(self.folder, ignore_errors=True)
