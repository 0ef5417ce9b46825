"""A TLS 1.3 client that changes its keys again and again (RFC 8446 4.6.3), which no TLS library does by itself.

    python3 key_updates.py PORT SECONDS COUNT reads|deaf REQUEST MARK [AGAIN]

Connects to 127.0.0.1, sends REQUEST, prints the status line of the answer when it is there, and then sends COUNT
KeyUpdates with update_requested, as fast as it can. `reads`: it takes what the server says to that; `deaf`: not an octet.
Prints how many it sent and waits for a line on its input; then it sends AGAIN, if there is one, and reads until it has
heard MARK. Prints "open" if it did, "closed" if the server ended the connection before, "silent" if neither came within
SECONDS. The system's OpenSSL by ctypes: Python's own ssl has no such call.
"""
import ctypes
import ctypes.util
import select
import socket
import sys
import time

SSL_KEY_UPDATE_REQUESTED = 1
SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE = 2, 3


def library():
    ssl = ctypes.CDLL(ctypes.util.find_library("ssl"))
    for name in ("TLS_client_method", "SSL_CTX_new", "SSL_new"):
        getattr(ssl, name).restype = ctypes.c_void_p
    return ssl


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 60)
        self.ssl = library()
        context = ctypes.c_void_p(self.ssl.SSL_CTX_new(ctypes.c_void_p(self.ssl.TLS_client_method())))
        self.handle = ctypes.c_void_p(self.ssl.SSL_new(context))
        self.ssl.SSL_set_fd(self.handle, self.socket.fileno())
        self.socket.setblocking(True)
        if self.ssl.SSL_connect(self.handle) != 1:
            raise RuntimeError("no handshake")

    def say(self, octets):
        if self.ssl.SSL_write(self.handle, octets, len(octets)) != len(octets):
            raise RuntimeError("it does not listen")

    def wait(self, call, *arguments):
        """What `call` gives at last; None: it is over."""
        while (given := call(self.handle, *arguments)) <= 0:
            why = self.ssl.SSL_get_error(self.handle, given)
            if why not in (SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE):
                return None
            reading = why == SSL_ERROR_WANT_READ
            select.select([self.socket] if reading else [], [] if reading else [self.socket], [], 0.5)
            if time.monotonic() > self.until:
                return None
        return given

    def flood(self, count, reads):
        """How many were sent before the server ended it."""
        taken, sent = ctypes.create_string_buffer(65536), 0
        self.socket.setblocking(False)
        while sent < count and time.monotonic() < self.until:
            self.ssl.SSL_key_update(self.handle, SSL_KEY_UPDATE_REQUESTED)
            if self.wait(self.ssl.SSL_do_handshake) is None:
                break
            sent += 1
            if reads and (got := self.ssl.SSL_read(self.handle, taken, len(taken))) <= 0 \
                    and self.ssl.SSL_get_error(self.handle, got) != SSL_ERROR_WANT_READ:
                break
        return sent

    def hear(self, mark):
        taken, said = ctypes.create_string_buffer(65536), b""
        while mark not in said:
            got = self.wait(self.ssl.SSL_read, taken, len(taken))
            if got is None:
                return "closed" if time.monotonic() < self.until else "silent"
            said += taken.raw[:got]
        return "open"


def main():
    port, seconds, count, reads, request, mark = (int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "reads",
                                                  sys.argv[5].encode(), sys.argv[6].encode())
    client = Client(port)
    client.say(request)
    first = ctypes.create_string_buffer(4096)
    if client.ssl.SSL_read(client.handle, first, len(first)) <= 0:
        raise RuntimeError("no answer")
    print(first.value.split(b"\r\n")[0].decode(), flush=True)
    client.until = time.monotonic() + seconds
    print(client.flood(count, reads), flush=True)
    sys.stdin.readline()
    client.until = time.monotonic() + seconds
    for again in map(str.encode, sys.argv[7:]):
        client.wait(client.ssl.SSL_write, again, len(again))
    print(client.hear(mark), flush=True)


if __name__ == "__main__":
    main()
