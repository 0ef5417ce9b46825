"""A program that fetches, measured from exec to its end: CPU of all its threads and children, time, memory."""
import os
import subprocess
import tempfile
import time

from . import usage
from .service import on

_WATCH_S = 0.01  # How often its highest memory is read; what it grew by after the last reading is missed.
GIVE_UP_S = 300


class Failed(Exception):
    """A peer could not do what it was asked."""


def _highest(pid, so_far):
    try:
        return max(so_far, usage.peak_resident_bytes(pid))
    except (OSError, StopIteration):  # Gone, or a zombie, which has no memory.
        return so_far


def _wait(child, out, give_up_s):
    """(status, rusage, highest resident set seen)."""
    peak = 0
    give_up = time.monotonic() + give_up_s
    while True:
        pid, status, used = os.wait4(child.pid, os.WNOHANG)
        if pid:
            return status, used, peak
        if time.monotonic() > give_up:
            child.kill()
            child.wait()
            out.seek(0)
            raise Failed(f"{child.args[:4]}: not done after {give_up_s} s: {out.read()[-500:]!r}")
        peak = _highest(child.pid, peak)
        time.sleep(_WATCH_S)


def run(command, cores=None, env=None, give_up_s=GIVE_UP_S):
    """(what it said, {"cpu_s", "wall_s", "peak_mb"})."""
    with open(os.path.devnull, "rb") as nothing, tempfile.TemporaryFile(prefix="trawl-bench-") as out:
        began = time.perf_counter()
        child = subprocess.Popen(on(cores, command), stdin=nothing, stdout=out, stderr=subprocess.STDOUT, env=env)
        try:
            status, used, peak = _wait(child, out, give_up_s)
        except BaseException:
            if child.returncode is None:
                child.kill()
                child.wait()
            raise
        wall = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        said = out.read().decode(errors="replace")
    if child.returncode != 0:
        raise Failed(f"{' '.join(command)[:300]}: ended with {child.returncode}: {said[-500:]}")
    return said, {"cpu_s": used.ru_utime + used.ru_stime, "wall_s": wall, "peak_mb": peak / 1e6}
