"""Certificates of every kind, good and bad, and `openssl s_server` with them: one process a case, on 127.0.0.1.

Certificates are for NAME.tls.test; have those names answered by 127.0.0.1. The authority is that of the test internet.
"""
import os
import shutil
import subprocess
import time

from . import ca, process
from .ports import free_port

DOMAIN = "tls.test"

_LEAF = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\n"
_SERVER = _LEAF + "extendedKeyUsage=serverAuth\n"
_AUTHORITY = ("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n")
_NARROW = "nameConstraints=critical,permitted;DNS:elsewhere.test\n"
_KEYS = {"leaf": 0, "rsa": 2048, "small": 1024, "middle": 0, "foreign-middle": 0, "rsa-middle": 2048, "narrow": 0, "no-authority": 0}
# Name: (extensions before the subjectAltName, key, issuer, digest). A name of its own, unless _NAMES has others.
_LEAVES = {
    "good": (_SERVER, "leaf", "ca", "sha256"),
    "good-rsa": (_SERVER, "rsa", "ca", "sha256"),
    "self-signed": (_SERVER, "leaf", None, "sha256"),
    "unknown-root": (_SERVER, "leaf", "foreign-middle", "sha256"),
    "no-middle": (_SERVER, "leaf", "middle", "sha256"),
    "whole-chain": (_SERVER, "leaf", "middle", "sha256"),
    "wrong-host": (_SERVER, "leaf", "ca", "sha256"),
    "cn-only": (_SERVER, "leaf", "ca", "sha256"),
    "small-key": (_SERVER, "small", "ca", "sha256"),
    "by-sha1": (_SERVER, "leaf", "rsa-middle", "sha1"),
    "clients-only": (_LEAF + "extendedKeyUsage=clientAuth\n", "leaf", "ca", "sha256"),
    "not-issued": (_SERVER, "leaf", "no-authority", "sha256"),
    "out-of-bounds": (_SERVER, "leaf", "narrow", "sha256"),
    "revoked": (_SERVER, "leaf", "ca", "sha256"),
}
_NAMES = {
    "good": [f"DNS:good.{DOMAIN}", f"DNS:*.w.{DOMAIN}", f"DNS:xn--bcher-kva.{DOMAIN}", "IP:127.0.0.1", "IP:::1"],
    "good-rsa": [f"DNS:good.{DOMAIN}"], "wrong-host": ["DNS:another.example", "IP:127.0.0.2"], "cn-only": [],
}


def make(folder, ca_folder):
    """Fills `folder` with NAME.pem, and revoked.crl; `ca_folder` is that of the test internet. Under a second."""
    maker = ca.Maker(folder)
    for name in ("ca", "stranger"):
        for ending in ("pem", "key"):
            shutil.copy(os.path.join(ca_folder, f"{name}.{ending}"), folder)
    for name, bits in _KEYS.items():
        maker.key(name, rsa=bits)
    maker.start("genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "dh_rfc5114:1", "-out", "dh1024.pem")
    maker.wait()
    for name in _KEYS:
        maker.public_key(name)
    maker.wait()
    for name, extensions, issuer in (("middle", _AUTHORITY, "ca"), ("foreign-middle", _AUTHORITY, "stranger"),
                                     ("rsa-middle", _AUTHORITY, "ca"), ("narrow", _AUTHORITY + _NARROW, "ca"),
                                     ("no-authority", _LEAF, "ca")):
        maker.certificate(name, extensions, name, issuer)
    maker.wait()
    for name, (extensions, key, issuer, digest) in _LEAVES.items():
        names = _NAMES.get(name, [f"DNS:{name}.{DOMAIN}"])
        maker.certificate(name, extensions + (f"subjectAltName={','.join(names)}\n" if names else ""), key, issuer, digest)
    maker.wait()
    maker.dated_leaf("expired", "20200101000000Z", "20200201000000Z", [f"DNS:expired.{DOMAIN}"], "ca")
    maker.dated_leaf("future", "20480101000000Z", "20490101000000Z", [f"DNS:future.{DOMAIN}"], "ca")
    signer = ["-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key"]
    maker.start("ca", *signer, "-revoke", "revoked.pem")
    maker.wait()
    maker.start("ca", *signer, "-gencrl", "-out", "revoked.crl")
    maker.wait()


def key_of(certificate):
    return _LEAVES[certificate][1] if certificate in _LEAVES else "leaf"


class Servers:
    """`openssl s_server`s with the certificates of `folder`; they end with the block."""

    def __init__(self, folder):
        self.folder = folder
        self.children = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for child in self.children:
            child.terminate()
        for child in self.children:
            child.wait()

    def start_all(self, cases):
        """{name: port} for {name: (certificate, flags, what else of certificates is sent)}. They answer any GET, and close."""
        started = {name: self._start(*case) for name, case in cases.items()}
        for name, (child, port) in started.items():
            if not _listens(child, port):
                raise RuntimeError(f"openssl s_server does not start: {cases[name]}")
        return {name: port for name, (_, port) in started.items()}

    def start(self, certificate, *flags, chain=()):
        return self.start_all({certificate: (certificate, flags, chain)})[certificate]

    def _path(self, name):
        return os.path.join(self.folder, name)

    def _start(self, certificate, flags, chain):
        if chain:
            with open(self._path(f"{certificate}.chain"), "wb") as out:
                for name in chain:
                    with open(self._path(f"{name}.pem"), "rb") as part:
                        out.write(part.read())
            flags = (*flags, "-cert_chain", f"{certificate}.chain")
        port = free_port()
        command = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", f"{certificate}.pem", "-key",
                   f"{key_of(certificate)}.key", "-www", *flags]
        child = process.spawn(command, self._path("s_server.log"), cwd=self.folder, stdout=subprocess.DEVNULL)
        self.children.append(child)
        return child, port


def _listens(child, port):
    """Asks the kernel: a connection would be one that says nothing, and s_server serves one at a time."""
    wanted = f"0100007F:{port:04X} 00000000:0000 0A"
    give_up = time.monotonic() + 20
    while child.poll() is None and time.monotonic() < give_up:
        with open("/proc/net/tcp", encoding="ascii") as table:
            if wanted in table.read():
                return True
        time.sleep(0.005)
    return False
