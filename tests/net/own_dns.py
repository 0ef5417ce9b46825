"""A name server of a test's own, over UDP only, that says what a function tells it to.

    with OwnDns(lambda q: [q.answer("127.0.0.1")]) as dns: Service(net, dns=dns.address)

`asked` lists every question. One thread; ends with the block.
"""
import socket
import threading

from . import dns_message as wire

FROM_ELSEWHERE = "from another port"


class Question:
    """One query as it came. `number`: how often its name and type were asked for, from 1; `port`: where it came from."""

    def __init__(self, ident, name, kind, raw, number, port):
        self.ident, self.name, self.kind, self.raw, self.number, self.port = ident, name, kind, raw, number, port

    def answer(self, *addresses, ident=None, raw=None, rcode=wire.NOERROR, truncated=False, ttl=60):
        """With those of `addresses` that are of the type asked for."""
        wanted = [a for a in addresses if (":" in a) == (self.kind == wire.AAAA)]
        return wire.response(self.ident if ident is None else ident, raw or self.raw,
                             [wire.address_record(a, ttl=ttl) for a in wanted], rcode=rcode, truncated=truncated)


class OwnDns:
    def __init__(self, script):
        """`script(question)` gives the datagrams to send; one as (FROM_ELSEWHERE, datagram) has another source."""
        self.script = script
        self.asked = []
        self.counts = {}

    def __enter__(self):
        self.socket, self.stranger = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stranger.sendto(b"", ("127.0.0.1", self.port))
        self.thread.join()
        self.socket.close()
        self.stranger.close()

    def _serve(self):
        while True:
            data, sender = self.socket.recvfrom(4096)
            if not data:
                return
            read = wire.read_question(data)
            if read:
                self._answer(read, sender)

    def _answer(self, read, sender):
        ident, name, kind, raw = read
        number = self.counts[name, kind] = self.counts.get((name, kind), 0) + 1
        question = Question(ident, name, kind, raw, number, sender[1])
        self.asked.append(question)
        for message in self.script(question):
            source = self.stranger if isinstance(message, tuple) else self.socket
            source.sendto(message[1] if isinstance(message, tuple) else message, sender)
