"""On what was measured: every result carries it."""
import hashlib
import os
import platform
import subprocess
import time


def _first(path, start):
    with open(path, encoding="utf-8") as file:
        return next((line.partition(":")[2].strip() for line in file if line.startswith(start)), "unknown")


def _said(*command):
    """The first line a program prints, on whichever stream."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.stdout.decode(errors="replace").splitlines()[0].strip()
    except (OSError, IndexError):
        return "not installed"


def cores():
    return sorted(os.sched_getaffinity(0))


def _package(name):
    """The version Debian's package has, of programs that do not say it themselves."""
    return _said("dpkg-query", "-W", "-f", "${Version}\\n", name)


def peers():
    """{peer: version}, those not installed left out."""
    found = {"wrk": " ".join(_said("wrk", "-v").split()[1:2]), "curl": " ".join(_said("curl", "-V").split()[1:2]),
             "node": _said("node", "--version"), "ab": _package("apache2-utils"), "h2load": _package("nghttp2-client"),
             "hey": _package("hey"), "ffuf": _package("ffuf"), "libcurl": _package("libcurl4-openssl-dev"),
             "undici": _package("node-undici"), "aiohttp": _package("python3-aiohttp"), "uvloop": _package("python3-uvloop"),
             "aiodns": _package("python3-aiodns")}
    return {name: version for name, version in found.items() if version and "not" not in version and "no packages" not in version}


def digest(path):
    """Of a binary, to know it again."""
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def describe(trawl, nginx):
    """Facts of the machine and the programs, to be printed and stored."""
    return {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "cpu": _first("/proc/cpuinfo", "model name"),
        "cores": len(cores()),
        "memory": _first("/proc/meminfo", "MemTotal"),
        "kernel": platform.release(),
        "load_average": os.getloadavg()[0],
        "trawl": _said(trawl, "--version"),
        "nginx": _said(nginx, "-v"),
        "peers": peers(),
        "binary": digest(trawl),
    }


def in_words(facts):
    return (f"{facts['date']}, {facts['cores']} x {facts['cpu']}, {facts['memory']}, Linux {facts['kernel']}, "
            f"load {facts['load_average']:.1f}; {facts['trawl']}, {facts['nginx']}, "
            + ", ".join(f"{name} {version}" for name, version in facts["peers"].items()))
