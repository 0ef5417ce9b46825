"""On what was measured: every result carries it."""
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
        "wrk": " ".join(_said("wrk", "-v").split()[:2]),
    }


def in_words(facts):
    return (f"{facts['date']}, {facts['cores']} x {facts['cpu']}, {facts['memory']}, Linux {facts['kernel']}, "
            f"load {facts['load_average']:.1f}; {facts['trawl']}, {facts['nginx']}, {facts['wrk']}")
