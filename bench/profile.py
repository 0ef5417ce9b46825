"""Where do the microseconds of a URL over a kept connection go: which functions, which system calls?

The task of keepalive.py, pinned, three times in one service: as it is, counted by `perf stat` (system calls), and
sampled by `perf record` (functions). Not part of a plain bench/run: it needs perf (Debian: linux-perf) and
root or kernel.perf_event_paranoid <= 1. The counted and the sampled run cost more than the first, whose
figure the shares are of.
"""
import collections
import os
import re
import subprocess
import tempfile

from kit.scenario import main
from kit.service import Service, as_json
from keepalive import run_trawl

CALLS = ("recvfrom", "recvmsg", "read", "readv", "sendto", "sendmsg", "write", "writev", "epoll_wait", "epoll_ctl",
         "timerfd_settime", "connect", "socket", "close", "ioctl", "getsockopt", "setsockopt", "futex", "brk", "mmap",
         "munmap", "madvise")
IN_VAIN = ("recvfrom", "recvmsg", "read")  # EAGAIN: asked too early.
SHOWN = 30


class Perf:
    """perf, attached to a process for the length of a `with` block."""

    def __init__(self, pid, *command):
        self.command = ["perf", *command, "--pid", str(pid)]

    def __enter__(self):
        ready, on = os.pipe()
        acknowledged, acknowledge = os.pipe()
        self.control = on
        self.child = subprocess.Popen([*self.command, "--control", f"fd:{ready},{acknowledge}", "--delay", "-1"],
                                      pass_fds=(ready, acknowledge), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        os.write(on, b"enable\n")
        if not os.read(acknowledged, 16).startswith(b"ack"):
            raise RuntimeError("perf did not start")
        self.pipes = (ready, on, acknowledged, acknowledge)
        return self

    def __exit__(self, *_):
        self.child.send_signal(2)
        self.said = self.child.stderr.read().decode()
        self.child.wait()
        for pipe in self.pipes:
            os.close(pipe)


def count_calls(service, body, count):
    """{system call: times per URL}; "recvfrom in vain" for those that had nothing to give."""
    events = [part for call in CALLS for part in ("-e", f"syscalls:sys_enter_{call}")]
    for call in IN_VAIN:
        events += ["-e", f"syscalls:sys_exit_{call}", "--filter", "ret == -11"]
    with Perf(service.pid, "stat", "-x", ";", *events) as perf:
        run_trawl(service, body, count)
    found = re.findall(r"^(\d+);[^;]*;syscalls:sys_(enter|exit)_(\w+)", perf.said, re.M)
    return {name + " in vain" * (side == "exit"): int(number) / count for number, side, name in found}


def sample(service, body, count, path):
    """A list of samples, each its frames from the innermost: (function, image)."""
    with Perf(service.pid, "record", "--quiet", "--call-graph", "fp", "-F", "4999", "-e", "cpu-clock", "-o", path):
        run_trawl(service, body, count)
    said = subprocess.run(["perf", "script", "--input", path, "-F", "ip,sym,dso"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=True).stdout.decode()
    frame = re.compile(r"^\s*[0-9a-f]+ (.*) \((.*)\)$", re.M)
    return [found for block in said.split("\n\n") if (found := frame.findall(block))]


def part_of(frames):
    """What a sample is spent on: a system call, other work of the kernel, or an image in user space."""
    function, image = frames[0]
    if "kernel" not in image:
        return os.path.basename(image)
    names = [name for name, _ in frames if name != "x64_sys_call"]
    entry = names.index("do_syscall_64") if "do_syscall_64" in names else 0
    return "kernel: " + (names[entry - 1].removeprefix("__x64_sys_").removeprefix("__") if entry else "else")


def tell_functions(bench, each_us, samples):
    share = each_us / len(samples)
    for part, times in collections.Counter(map(part_of, samples)).most_common(14):
        bench.report.add("time in", part, "us per URL", [times * share])
    leaves = collections.Counter((os.path.basename(frames[0][1]), frames[0][0]) for frames in samples)
    for where in ("kernel", "user space"):
        mine = [pair for pair in leaves.most_common() if ("kernel" in pair[0][0]) == (where == "kernel")]
        bench.report.note(f"\nThe dearest functions in {where} by themselves, us per URL, of {len(samples)} samples:")
        for (image, function), times in mine[:SHOWN]:
            bench.report.note(f"  {times * share:6.3f}  {image:20.20}  {function[:170]}")


def measure(bench):
    count = bench.size(100_000)
    body = as_json([f"{bench.net['http']}/page/{n:07}" for n in range(count)])
    with bench.origin_apart() as cores, Service(bench.net, cores=cores) as service, \
            tempfile.TemporaryDirectory(prefix="trawl-bench-") as folder:
        runs = [run_trawl(service, body, count)["cpu_us"] for _ in range(bench.runs + 1)][1:]
        bench.report.add("CPU per URL", "trawl", "us", runs)
        for call, times in sorted(count_calls(service, body, count).items(), key=lambda pair: -pair[1]):
            if times >= 0.001:
                bench.report.add("calls per URL", call, "", [times])
        tell_functions(bench, sorted(runs)[len(runs) // 2], sample(service, body, count, os.path.join(folder, "perf.data")))


if __name__ == "__main__":
    main(__doc__, measure)
