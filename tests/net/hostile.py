"""Servers that misbehave, one a port, over plain TCP and over TLS: what each does is in BEHAVIOURS.

Unlike raw_server, which is asked by path, these act from the moment of accept. As a program it prints one
line of JSON, {"plain": {name: port}, "tls": {name: port}, "count": port}, and ends with its parent; a
request to the count port is answered with the connections that each port has accepted.

    with Hostile(net) as hostile: hostile.url("garbage", tls=True)
"""
import asyncio
import functools
import http.client
import json
import os
import random
import socket
import subprocess
import sys

from . import process
from .raw_server import PAGE, Connection, Counts, head

CHUNKED = head("Transfer-Encoding: chunked")
TO_CLOSE = head("Connection: close")
BODY = b"hello"
# How a script leaves the connection: FIN (over TLS with close_notify), FIN without close_notify, RST, or not at all.
FIN, CUT, RST, HANG = "fin", "cut", "rst", "hang"


async def leave(c, how):
    if how == HANG:
        await c.stall()
    if how == RST:
        await asyncio.sleep(0.05)  # What was sent is to be read first: RST would overtake it.
        c.reset()
    if how == CUT:
        await asyncio.sleep(0.05)
        c.transport.abort()


def says(*pieces, then=FIN, asked=True, gap_s=0.0):
    """Sends `pieces`, `gap_s` apart, when a request has come (or at once, not `asked`), and leaves."""
    async def behave(c):
        if asked:
            await c.request()
        await c.send(*pieces, gap_s=gap_s)
        await leave(c, then)
    return behave


def drips(start, endless, gap_s):
    """`start`, then the pieces that `endless` makes of 0, 1, 2..., one every `gap_s` seconds, for ever."""
    async def behave(c):
        await c.request()
        await c.send(start)
        for n in range(1 << 60):
            await c.send(endless(n))
            await asyncio.sleep(gap_s)
    return behave


def octets(text):
    return [text[n:n + 1] for n in range(len(text))]


_deaf = []  # Nothing else refers to a connection that is not read: it would be collected, and closed.


async def never_reads(c):
    c.transport.pause_reading()
    _deaf.append(c)
    await asyncio.Event().wait()


async def ends_its_half(c):
    """Answers before it is asked, and closes that direction only."""
    await c.send(PAGE)
    c.transport.write_eof()
    await c.stall()


async def closes_after_each(c):
    """Keeps the connection, then closes it 20 ms after the answer; the next request may be on its way."""
    await c.request()
    await c.send(PAGE)
    await asyncio.sleep(0.02)


async def drops_the_second(c):
    """Answers once; a second request on the connection is met by a reset."""
    await c.request()
    await c.send(PAGE)
    await c.request()
    c.reset()


async def talks_while_idle(c):
    """Answers, and 20 ms later sends a 408 that nobody asked for, as some proxies do."""
    await c.request()
    await c.send(PAGE)
    await asyncio.sleep(0.02)
    await c.send(head("Connection: close", "Content-Length: 0", status="408 Request Timeout"))


def redirects(target):
    """302 to what `target` makes of the path of the request; None: a page."""
    async def behave(c):
        while True:
            to = target((await c.request()).path)
            await c.send(PAGE if to is None else head("Content-Length: 0", f"Location: {to}", status="302 Found"))
    return behave


def _next_of_ring(path):
    return {"/": "/a", "/a": "/b", "/b": "/"}[path]


def _next_fresh(path):
    return f"/{int(path[1:] or 0) + 1}"


def _long_target(path):
    return "/" + "x" * 40000 if path == "/" else None


def _from_accept():
    noise = random.Random(1).randbytes(600)
    server_hello = bytes([22, 3, 3, 0, 122, 2, 0, 0, 118, 3, 3]) + bytes(32)  # Its record promises 122 octets.
    return {
        "never-answers": says(then=HANG, asked=False), "never-reads": never_reads, "fin-at-accept": says(asked=False),
        "rst-at-accept": says(then=RST, asked=False), "ssh": says(b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n", asked=False, then=HANG),
        "smtp": says(b"220 mail.test ESMTP ready\r\n", asked=False, then=HANG),
        "http2-settings": says(bytes([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100]), asked=False, then=HANG),
        "answers-first": says(PAGE, asked=False, then=HANG), "answers-first-and-ends": ends_its_half,
        "answers-first-twice": says(PAGE + PAGE, asked=False, then=HANG),
        "half-a-record": says(server_hello[:-20], asked=False, then=HANG),
        "three-octets": says(server_hello[:3], asked=False, then=HANG),
        "half-a-record-fin": says(server_hello[:-20], asked=False),
        "half-a-record-rst": says(server_hello[:-20], asked=False, then=RST),
        "noise": says(noise, asked=False, then=HANG),
    }


def _ends_early():
    cuts = {"after-request": b"", "mid-head": PAGE[:30], "after-head": head("Content-Length: 5"),
            "mid-body": head("Content-Length: 1000") + BODY, "mid-chunk": CHUNKED + b"5\r\nhel",
            "before-last-chunk": CHUNKED + b"5\r\nhello\r\n", "in-last-chunk": CHUNKED + b"5\r\nhello\r\n0\r\n",
            "to-close": TO_CLOSE + BODY, "complete": PAGE, "complete-chunks": CHUNKED + b"5\r\nhello\r\n0\r\n\r\n"}
    return {f"{how}-{where}": says(text, then=how) for where, text in cuts.items() for how in (FIN, CUT, RST)}


def _for_ever():
    flood = b"".join(b"X-Flood-%d: %s\r\n" % (n, b"y" * 40) for n in range(100_000))
    return {
        "head-drips": says(*octets(PAGE), gap_s=0.5), "body-drips": drips(head("Content-Length: 1000"), lambda n: b"x", 0.5),
        "chunks-drip": drips(CHUNKED, lambda n: b"1\r\nx\r\n", 0.5),
        "chunk-size-drips": says(CHUNKED, *octets(b"0000000000000005;a=bcdefghijklmnop"), gap_s=0.5),
        "trailers-drip": drips(CHUNKED + b"0\r\n", lambda n: b"X-%d: y\r\n" % n, 0.5),
        "fields-drip": drips(b"HTTP/1.1 200 OK\r\n", lambda n: b"X-%d: y\r\n" % n, 0.5),
        "interim-drip": drips(b"", lambda n: head(status="102 Processing"), 2),
        "stops-in-head": says(PAGE[:30], then=HANG), "stops-in-body": says(head("Content-Length: 9"), BODY, then=HANG),
        "stops-in-chunk": says(CHUNKED + b"9\r\nhello", then=HANG), "stops-before-close": says(TO_CLOSE + BODY, then=HANG),
        "head-flood": says(b"HTTP/1.1 200 OK\r\n" + flood + b"\r\n", then=HANG),
        "line-flood": drips(b"HTTP/1.1 200 OK\r\nX-Long: ", lambda n: b"z" * 4096, 0),
        "status-flood": drips(b"HTTP/1.1 200 ", lambda n: b"z" * 4096, 0),
        "interim-flood": drips(b"", lambda n: head(status="103 Early Hints"), 0),
        "trailer-flood": says(CHUNKED + b"0\r\n" + flood + b"\r\n", then=HANG),
        "chunk-size-flood": drips(CHUNKED + b"5;", lambda n: b"z" * 4096, 0),
        "body-flood": drips(TO_CLOSE, lambda n: b"z" * 65536, 0),
        "chunk-flood": drips(CHUNKED, lambda n: b"10000\r\n" + b"z" * 65536 + b"\r\n", 0),
        "length-flood": drips(head("Content-Length: 9000000000000000"), lambda n: b"z" * 65536, 0),
    }


def _no_http():
    return {"empty-lines": says(b"\r\n" * 20), "http09": says(b"<html>no head at all</html>\n"),
            "version-0": says(b"HTTP/0.9 200 OK\r\n\r\nhello"), "no-version": says(b"HTTP/ 200 OK\r\n\r\nhello"),
            "no-status": says(b"HTTP/1.1 \r\n\r\nhello"), "status-four-digits": says(b"HTTP/1.1 2000 OK\r\n\r\nhello"),
            "status-letters": says(b"HTTP/1.1 2OO OK\r\n\r\nhello"), "status-minus": says(b"HTTP/1.1 -200 OK\r\n\r\nhello"),
            "nul-in-status": says(b"HTTP/1.1 200 O\0K\r\n\r\nhello"), "nul-in-name": says(head("X-\0A: b")),
            "nul-in-value": says(head("X-A: \0b")), "bare-cr": says(head("X-A: b\rX-B: c")),
            "switches": says(head("Upgrade: h2c", "Connection: Upgrade", status="101 Switching Protocols"), then=HANG),
            "garbage": says(random.Random(2).randbytes(600), then=HANG)}


def _lengths():
    def length(*values):
        return says(head(*(f"Content-Length: {value}" for value in values)), BODY)
    return {"length-negative": length("-5"), "length-plus": length("+5"), "length-hex": length("0x5"), "length-two": length("5 5"),
            "length-fraction": length("5.0"), "length-overflow": length("18446744073709551621"), "length-letters": length("five"),
            "lengths-conflict": length("5", "6"), "length-list-conflict": length("5, 6"), "lengths-agree": length("5", "5"),
            "length-list-agrees": length("5, 5"), "length-spaced": says(head("Content-Length : 5"), BODY),
            "more-than-length": says(PAGE + b"and more"), "two-answers": says(PAGE + PAGE, then=HANG),
            "no-content-with-body": says(head("Content-Length: 5", status="204 No Content"), BODY)}


def _chunks():
    def chunks(text, *fields):
        return says(head("Transfer-Encoding: chunked", *fields) + text)
    return {"chunk-letters": chunks(b"xyz\r\nhello\r\n0\r\n\r\n"), "chunk-negative": chunks(b"-5\r\nhello\r\n0\r\n\r\n"),
            "chunk-0x": chunks(b"0x5\r\nhello\r\n0\r\n\r\n"), "chunk-empty-size": chunks(b"\r\nhello\r\n0\r\n\r\n"),
            "chunk-overflow": chunks(b"10000000000000005\r\nhello\r\n0\r\n\r\n"), "chunk-too-short": chunks(b"3\r\nhello\r\n0\r\n\r\n"),
            "chunk-nul": chunks(b"5;\0\r\nhello\r\n0\r\n\r\n"), "chunked-twice": says(head("Transfer-Encoding: chunked, chunked"), BODY),
            "chunked-not-last": says(head("Transfer-Encoding: chunked, gzip"), BODY),
            "coding-unknown": says(head("Transfer-Encoding: sdch"), BODY),
            "chunked-and-length": chunks(b"5\r\nhello\r\n0\r\n\r\n", "Content-Length: 3")}


def _redirects():
    return {"to-itself": redirects(lambda path: path), "to-ring": redirects(_next_of_ring), "to-fresh": redirects(_next_fresh),
            "to-far": redirects(_long_target), "to-farther": redirects(lambda path: "/" + "x" * 1_000_000),
            "to-nonsense": redirects(lambda path: "http://[::bad/"), "to-file": redirects(lambda path: "file:///etc/passwd")}


BEHAVIOURS = {**_from_accept(), **_ends_early(), **_for_ever(), **_no_http(), **_lengths(), **_chunks(), **_redirects(),
              "closes-after-each": closes_after_each, "drops-the-second": drops_the_second, "talks-while-idle": talks_while_idle}


async def _listen(behave, context, small_buffers):
    """(port, what it has seen)."""
    sock = socket.socket()
    if small_buffers:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # Accepted sockets inherit it,
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)  # and the peer sizes its own buffer by this.
    sock.bind(("127.0.0.1", 0))
    counts = Counts()
    await asyncio.get_running_loop().create_server(lambda: Connection(counts, behave), sock=sock, ssl=context)
    return sock.getsockname()[1], counts


async def _tell(seen, c):
    await c.request()
    body = json.dumps({kind: {name: counts.accepted for name, counts in names.items()} for kind, names in seen.items()}).encode()
    await c.send(head(f"Content-Length: {len(body)}", "Connection: close"), body)


async def run(ca_folder):
    from .peers import tls_context
    ports, seen = {}, {}
    for kind, context in (("plain", None), ("tls", tls_context(ca_folder))):
        listening = {name: await _listen(behave, context, name == "never-reads") for name, behave in BEHAVIOURS.items()}
        ports[kind] = {name: port for name, (port, _) in listening.items()}
        seen[kind] = {name: counts for name, (_, counts) in listening.items()}
    ports["count"], _ = await _listen(functools.partial(_tell, seen), None, False)
    print(json.dumps(ports), flush=True)
    sys.stdout.close()
    await asyncio.Event().wait()


class Hostile:
    """All of them for the length of a `with` block, in a process of their own."""

    def __init__(self, net):
        self.net = net

    def __enter__(self):
        self.process = process.spawn([sys.executable, "-B", "-m", "net.hostile", os.path.dirname(self.net["ca_file"])],
                                     os.path.join(self.net["dir"], "hostile.log"), stdout=subprocess.PIPE,
                                     cwd=os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        self.ports = json.loads(self.process.stdout.readline())
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()

    def url(self, name, over="plain", path="/"):
        """`over`: plain, tls, or tls-on-plain: https to a port that behaves so before any handshake."""
        port = self.ports["tls" if over == "tls" else "plain"][name]
        return f"http{'s' if over != 'plain' else ''}://127.0.0.1:{port}{path}"

    def accepted(self):
        """{"plain": {name: connections}, "tls": {...}}"""
        line = http.client.HTTPConnection("127.0.0.1", self.ports["count"], timeout=20)
        try:
            line.request("GET", "/")
            return json.loads(line.getresponse().read())
        finally:
            line.close()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1]))
