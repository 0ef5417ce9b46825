"""What a running process has used, from /proc. CPU is that of the whole process: user + system, all threads."""
import os

_TICKS = os.sysconf("SC_CLK_TCK")


def _lines(pid, name):
    with open(f"/proc/{pid}/{name}", encoding="utf-8", errors="replace") as file:
        return file.read().splitlines()


def _threads_ns(pid):
    """What the threads that live now have run. Exact, where stat counts in ticks of 10 ms."""
    return sum(int(_lines(pid, f"task/{thread}/schedstat")[0].split()[0]) for thread in os.listdir(f"/proc/{pid}/task"))


def cpu(pid):
    """{"user", "system", "total"} in seconds. `total` is exact; the others are its split to 10 ms."""
    fields = _lines(pid, "stat")[0].rpartition(")")[2].split()
    user, system = int(fields[11]) / _TICKS, int(fields[12]) / _TICKS
    try:
        total = _threads_ns(pid) / 1e9
    except (OSError, IndexError):
        total = user + system
    return {"user": user, "system": system, "total": total}


def spent(before, after):
    return {key: after[key] - before[key] for key in before}


def _status_kb(pid, key):
    return next(int(line.split()[1]) for line in _lines(pid, "status") if line.startswith(key + ":"))


def resident_bytes(pid):
    return _status_kb(pid, "VmRSS") * 1024


def peak_resident_bytes(pid):
    return _status_kb(pid, "VmHWM") * 1024


def threads(pid):
    return _status_kb(pid, "Threads")


def sockets(pid):
    """How many the process holds; listening ones count."""
    def is_socket(name):
        try:
            return os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:")
        except OSError:
            return False
    return sum(map(is_socket, os.listdir(f"/proc/{pid}/fd")))


def pin(pid, cores):
    """Every thread of the process to these cores."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(thread), cores)
