"""Certificates of every kind, good and bad, and `openssl s_server` with them: one process a case, on 127.0.0.1.

Certificates are for NAME.tls.test; have those names answered by 127.0.0.1. The authority is that of the test internet.
"""
import os
import shutil
import socket
import subprocess
import time

from . import process

DOMAIN = "tls.test"

_LEAF = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\n"
_SERVER = _LEAF + "extendedKeyUsage=serverAuth\n"
_AUTHORITY = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
_CA_CONF = """
[ca]
default_ca = here
[here]
database = index
serial = serial
new_certs_dir = .
default_md = sha256
default_crl_days = 30
policy = any
unique_subject = no
[any]
commonName = supplied
"""


def _san(*names):
    return "subjectAltName=" + ",".join(names) + "\n"


class Authority:
    """Makes certificates in `folder`; `ca_folder` is that of the test internet."""

    def __init__(self, folder, ca_folder):
        self.folder = folder
        for name in ("ca", "stranger"):
            for ending in ("pem", "key"):
                shutil.copy(os.path.join(ca_folder, f"{name}.{ending}"), folder)
        for name, text in (("index", ""), ("serial", "77000000\n"), ("ca.cnf", _CA_CONF)):
            self._write(name, text)

    def path(self, name):
        return os.path.join(self.folder, name)

    def _write(self, name, text):
        with open(self.path(name), "w", encoding="ascii") as file:
            file.write(text)

    def _run(self, *arguments):
        done = subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True, stdin=subprocess.DEVNULL,
                              check=False)
        if done.returncode != 0:
            raise RuntimeError(f"openssl {' '.join(arguments)}: {done.stderr.decode(errors='replace')}")

    def issue(self, name, extensions, issuer="ca", rsa=0, digest="sha256", dates=("20240101000000Z", "20490101000000Z")):
        """NAME.pem with NAME.key. `issuer` None: itself."""
        kind = ["RSA", "-pkeyopt", f"rsa_keygen_bits:{rsa}"] if rsa else ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        self._run("genpkey", "-algorithm", *kind, "-out", f"{name}.key")
        self._run("req", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}.{DOMAIN}", "-out", f"{name}.csr")
        self._write(f"{name}.ext", extensions)
        signer = ["-cert", f"{issuer}.pem", "-keyfile", f"{issuer}.key"] if issuer else ["-selfsign", "-keyfile", f"{name}.key"]
        self._run("ca", "-config", "ca.cnf", "-batch", "-notext", "-in", f"{name}.csr", *signer, "-md", digest, "-extfile",
                  f"{name}.ext", "-startdate", dates[0], "-enddate", dates[1], "-out", f"{name}.pem")

    def revoke(self, name, issuer="ca"):
        """The path of a list that names it."""
        signer = ["-cert", f"{issuer}.pem", "-keyfile", f"{issuer}.key"]
        self._run("ca", "-config", "ca.cnf", *signer, "-revoke", f"{name}.pem")
        self._run("ca", "-config", "ca.cnf", *signer, "-gencrl", "-out", "revoked.crl")
        return self.path("revoked.crl")

    def make_all(self):
        own = {name: _san(f"DNS:{name}.{DOMAIN}") for name in
               ("expired", "future", "unknown-root", "no-middle", "whole-chain", "revoked", "small-key", "by-sha1", "clients-only",
                "not-issued", "out-of-bounds", "self-signed")}
        self.issue("middle", _AUTHORITY)
        self.issue("foreign-middle", _AUTHORITY, issuer="stranger")
        self.issue("rsa-middle", _AUTHORITY, rsa=2048)
        self.issue("narrow", _AUTHORITY + "nameConstraints=critical,permitted;DNS:elsewhere.test\n")
        self.issue("no-authority", _LEAF)
        self.issue("good", _SERVER + _san(f"DNS:good.{DOMAIN}", f"DNS:*.w.{DOMAIN}", f"DNS:xn--bcher-kva.{DOMAIN}",
                                          "IP:127.0.0.1", "IP:::1"))
        self.issue("good-rsa", _SERVER + _san(f"DNS:good.{DOMAIN}"), rsa=2048)
        self.issue("expired", _SERVER + own["expired"], dates=("20200101000000Z", "20200201000000Z"))
        self.issue("future", _SERVER + own["future"], dates=("20480101000000Z", "20490101000000Z"))
        self.issue("self-signed", _SERVER + own["self-signed"], issuer=None)
        self.issue("unknown-root", _SERVER + own["unknown-root"], issuer="foreign-middle")
        self.issue("no-middle", _SERVER + own["no-middle"], issuer="middle")
        self.issue("whole-chain", _SERVER + own["whole-chain"], issuer="middle")
        self.issue("wrong-host", _SERVER + _san("DNS:another.example", "IP:127.0.0.2"))
        self.issue("cn-only", _SERVER)
        self.issue("small-key", _SERVER + own["small-key"], rsa=1024)
        self.issue("by-sha1", _SERVER + own["by-sha1"], issuer="rsa-middle", digest="sha1")
        self.issue("clients-only", _LEAF + "extendedKeyUsage=clientAuth\n" + own["clients-only"])
        self.issue("not-issued", _SERVER + own["not-issued"], issuer="no-authority")
        self.issue("out-of-bounds", _SERVER + own["out-of-bounds"], issuer="narrow")
        self.issue("revoked", _SERVER + own["revoked"])


class Servers:
    """`openssl s_server`s; they end with the block."""

    def __init__(self, authority):
        self.authority = authority
        self.children = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for child in self.children:
            child.terminate()
        for child in self.children:
            child.wait()

    def start(self, certificate, *flags, chain=()):
        """The port of a new one. It answers any GET with a page, and closes."""
        if chain:
            with open(self.authority.path(f"{certificate}.chain"), "wb") as out:
                for name in chain:
                    with open(self.authority.path(f"{name}.pem"), "rb") as part:
                        out.write(part.read())
            flags += ("-cert_chain", f"{certificate}.chain")
        for _ in range(10):
            with socket.create_server(("127.0.0.1", 0)) as probe:  # Free now, and may not be in a moment.
                port = probe.getsockname()[1]
            child = process.spawn(["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", f"{certificate}.pem", "-key",
                                   f"{certificate}.key", "-www", *flags], self.authority.path("s_server.log"),
                                  cwd=self.authority.folder, stdout=subprocess.DEVNULL)
            self.children.append(child)
            if self._listens(child, port):
                return port
        raise RuntimeError("openssl s_server does not start")

    @staticmethod
    def _listens(child, port):
        """Asks the kernel: a connection would be one that says nothing."""
        wanted = f"0100007F:{port:04X} 00000000:0000 0A"
        give_up = time.monotonic() + 20
        while child.poll() is None and time.monotonic() < give_up:
            with open("/proc/net/tcp", encoding="ascii") as table:
                if wanted in table.read():
                    return True
            time.sleep(0.005)
        return False
