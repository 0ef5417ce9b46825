"""Arms the preloaded shim (shim.cpp): the n-th call of a kind, counted from now, fails; with `count`, as many do."""
import errno
import mmap
import os
import struct
import tempfile

# In the order of shim.cpp. What each may really fail with: a round takes the one of its number in turn. Neither
# EAGAIN for reads and writes (Linux never says it of a socket that is ready, and who waits for an edge then waits in vain)
# nor EINTR (they do not wait).
ERRORS = {
    "socket": (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM),
    "connect": (errno.ETIMEDOUT, errno.ECONNREFUSED, errno.EADDRNOTAVAIL, errno.ENETUNREACH, errno.EAGAIN),
    "accept": (errno.EMFILE, errno.ECONNABORTED, errno.ENFILE, errno.ENOBUFS, errno.EINTR),
    "read": (errno.ECONNRESET, errno.ENOMEM),
    "write": (errno.ECONNRESET, errno.EPIPE, errno.ENOBUFS),
    "epoll": (errno.ENOMEM, errno.ENOSPC),
    "open": (errno.EMFILE, errno.ENFILE, errno.EACCES),
    "malloc": (errno.ENOMEM,),
    "thread": (errno.EAGAIN,),
}
KINDS = tuple(ERRORS)
LAYOUT = struct.Struct("=iiqqqq")  # armed, error, at, count, calls, failed


class Shim:
    """One control page; `env` preloads the shim into a program."""

    def __init__(self, library, folder=None):
        self.file = tempfile.NamedTemporaryFile(prefix="trawl-fault-", dir=folder)
        self.file.truncate(mmap.PAGESIZE)
        self.page = mmap.mmap(self.file.fileno(), mmap.PAGESIZE)
        self.env = {"LD_PRELOAD": os.path.abspath(library), "TRAWL_FAULT_PAGE": self.file.name}

    def arm(self, kind, nth, count=1, error=None):
        """Returns the errno of the failure."""
        self.disarm()
        error = error or ERRORS[kind][nth % len(ERRORS[kind])]
        self.page[4:LAYOUT.size] = struct.pack("=iqqqq", error, nth, count, 0, 0)
        self.page[:4] = struct.pack("=i", KINDS.index(kind) + 1)
        return error

    def disarm(self):
        """How often it failed something since arm(), and how many calls of that kind it saw."""
        *_, calls, failed = LAYOUT.unpack_from(self.page)
        self.page[:4] = struct.pack("=i", 0)
        return failed, calls

    def close(self):
        self.page.close()
        self.file.close()
