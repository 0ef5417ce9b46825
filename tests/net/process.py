"""Child processes that cannot outlive us.

Every child asks the kernel for a signal when its parent dies, and orphans of a child that died
(nginx workers) fall to us, because we are a subreaper. Processes are ended by pid, and only our own.
"""
import ctypes
import os
import signal
import subprocess
import time

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None, use_errno=True)


def signal_when_parent_dies(parent, number=signal.SIGTERM):
    """To be called in the child. `parent` is the pid it was started by, which may be gone already."""
    _libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), number)


def become_subreaper():
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def spawn(command, log=None, **more):
    """Starts `command`; its errors go to the file `log`."""
    parent = os.getpid()
    stderr = open(log, "ab") if log else None
    try:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stderr=stderr, start_new_session=True,
            preexec_fn=lambda: signal_when_parent_dies(parent), **more)
    finally:
        if stderr:
            stderr.close()


def children(pid=None):
    """Pids of the direct children, orphans we adopted included."""
    pid = pid or os.getpid()
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as listing:
            return [int(word) for word in listing.read().split()]
    except OSError:
        return []


def _reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def end_all_children(grace_s=3.0):
    """SIGTERM, then after `grace_s` SIGKILL, until no child is left."""
    give_up = time.monotonic() + grace_s
    asked = set()
    while True:
        _reap()
        alive = children()
        if not alive:
            return
        late = time.monotonic() > give_up
        for pid in alive:
            if late or pid not in asked:
                os.kill(pid, signal.SIGKILL if late else signal.SIGTERM)
                asked.add(pid)
        time.sleep(0.005)
