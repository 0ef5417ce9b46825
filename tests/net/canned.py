"""A fast server of canned answers, good and bad: what a path begins with says which, /stall/7 stalls.

Made for tens of thousands of connections at a time and of requests a second, which asyncio is not: processes with an
epoll loop each, so that none runs out of descriptors, on many addresses, so that nobody runs out of ports.

    with Canned(net["spread_addresses"]) as canned: canned.port
"""
import multiprocessing
import os
import select
import socket
import ssl
import struct

from .ports import reserve

PROCESSES = 2
# What follows an answer: the next request, FIN, RST, or nothing for ever.
KEEP, FIN, RST, HOLD = range(4)
HEAD = b"HTTP/1.1 200 OK\r\n"
RESET = struct.pack("ii", 1, 0)

ANSWERS = {
    b"stall": (b"", HOLD),
    b"stall-head": (HEAD + b"Content-Ty", HOLD),
    b"stall-body": (HEAD + b"Content-Length: 1000\r\n\r\nsome of it", HOLD),
    b"page": (HEAD + b"Content-Length: 5\r\n\r\nhello", KEEP),
    b"fin": (b"", FIN),
    b"rst": (b"", RST),
    b"cut": (HEAD + b"Content-Length: 1000\r\n\r\nsome of it", FIN),
    b"cut-chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhe", FIN),
    b"bad-chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", FIN),
    b"lengths": (HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", FIN),
    b"garbage": (b"\x00\x01\x02 what is this?\r\n\r\n", FIN),
    b"flood": (HEAD + b"X-Flood: y\r\n" * 300 + b"\r\n", FIN),
    b"long": (HEAD + b"Content-Length: 9000000000000\r\n\r\nsome of it", FIN),
    b"loop": (b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: \r\n\t#again\r\n\r\n", KEEP),
    b"busy": (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", KEEP),
}


class _Loop:
    """One process: listeners, connections that shake hands, connections that ask."""

    def __init__(self, listeners, context, standing):
        self.context = context
        self.standing = standing
        self.poll = select.epoll()
        self.listeners = {each.fileno(): each for each in listeners}
        for fd in self.listeners:
            self.poll.register(fd, select.EPOLLIN | select.EPOLLEXCLUSIVE)
        self.connections = {}
        self.shaking = set()

    def run(self):
        while True:
            for fd, _ in self.poll.poll():
                if fd in self.listeners:
                    self._accept(self.listeners[fd])
                elif fd in self.shaking:
                    self._shake(fd)
                else:
                    self._hear(fd)

    def _accept(self, listener):
        try:
            connection, _ = listener.accept()
        except OSError:
            return  # The other process was quicker, or the peer is gone.
        connection.setblocking(False)
        if self.context:
            connection = self.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            self.shaking.add(connection.fileno())
        else:
            self._count(1)
        self.connections[connection.fileno()] = connection
        self.poll.register(connection.fileno(), select.EPOLLIN)

    def _count(self, more):
        with self.standing.get_lock():
            self.standing.value += more

    def _shake(self, fd):
        try:
            self.connections[fd].do_handshake()
        except ssl.SSLWantReadError:
            return
        except OSError:
            return self._drop(fd)
        self.shaking.discard(fd)
        self._count(1)

    def _hear(self, fd):
        """A request fits into one read: nobody here sends long ones, or two at once."""
        connection = self.connections[fd]
        try:
            request = connection.recv(65536)
        except (ssl.SSLWantReadError, BlockingIOError):
            return
        except OSError:
            request = b""
        if not request:
            return self._drop(fd)
        answer, then = ANSWERS[request.split(b"/", 2)[1].split(b" ")[0]]
        try:
            connection.send(answer)
        except OSError:
            return self._drop(fd)
        if then == RST:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        if then in (FIN, RST):
            self._drop(fd)

    def _drop(self, fd):
        if fd in self.shaking:
            self.shaking.discard(fd)
        else:
            self._count(-1)
        self.connections.pop(fd).close()


class Canned:
    """Ready when entered. `ca_folder`: of the test internet, for TLS with its good certificate; None: plain."""

    def __init__(self, addresses, ca_folder=None):
        self.addresses = addresses
        self.ca_folder = ca_folder

    def __enter__(self):
        self.port, listeners = reserve(self.addresses)
        for each in listeners:
            each.setblocking(False)
            each.listen(4096)
        context = None
        if self.ca_folder:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(os.path.join(self.ca_folder, "good.chain.pem"), os.path.join(self.ca_folder, "leaf.key"))
        forked = multiprocessing.get_context("fork")
        self._standing = forked.Value("l", 0)
        loops = [_Loop(listeners, context, self._standing) for _ in range(PROCESSES)]
        self._processes = [forked.Process(target=loop.run, daemon=True) for loop in loops]
        for each in self._processes:
            each.start()
        for each in (*listeners, *(loop.poll for loop in loops)):
            each.close()
        return self

    def __exit__(self, *_):
        for each in self._processes:
            each.terminate()
            each.join()

    def standing(self):
        """Connections it holds now; over TLS those whose handshake is done."""
        return self._standing.value
