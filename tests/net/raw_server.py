"""A TCP server that replays exact bytes: the path of the request names the script.

/raw/<script>[/anything]: `anything` keeps the counts of two tests apart. /raw/_stats says what a
server saw: connections accepted and open, requests by path. Control requests (/raw/_...) are not
counted. Scripts are in SCRIPTS; each takes a Connection and what was asked.
"""
import asyncio
import base64
import collections
import json
import socket
import struct
import urllib.parse

HEAD_LIMIT = 256 * 1024
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"


class Gone(Exception):
    """The peer closed."""


class Request:
    def __init__(self, head):
        self.head = head
        words = head.split(b"\r\n", 1)[0].split(b" ")
        self.method = words[0].decode("latin-1")
        target = words[1].decode("latin-1") if len(words) > 1 else ""
        self.path, _, query = target.partition("?")
        self.query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        self.script = (self.path.split("/") + ["", ""])[2] if self.path.startswith("/raw/") else ""

    def number(self, key, default):
        return float(self.query.get(key, default))


class Counts:
    """What the listeners of one port saw."""

    def __init__(self):
        self.clear()
        self.open = 0
        self.open_by_path = collections.Counter()

    def clear(self):
        self.accepted = 0
        self.most_open = 0
        self.requests = collections.Counter()
        self.heads = collections.defaultdict(lambda: collections.deque(maxlen=20))
        self.tries = collections.Counter()

    def shown(self, prefix=""):
        def mine(counter):
            return {path: n for path, n in counter.items() if n and path.startswith(prefix)}
        return {"accepted": self.accepted, "open": self.open, "most_open": self.most_open,
                "requests": mine(self.requests), "open_by_path": mine(self.open_by_path)}


class Connection(asyncio.Protocol):
    def __init__(self, counts, serve):
        self.counts = counts
        self.serve = serve
        self.received = bytearray()
        self.news = asyncio.Event()
        self.writable = asyncio.Event()
        self.writable.set()
        self.left = False
        self.is_control = False
        self.path = None

    # What asyncio calls.

    def connection_made(self, transport):
        self.transport = transport
        self.counts.accepted += 1
        self.counts.open += 1
        self.counts.most_open = max(self.counts.most_open, self.counts.open)
        self.task = asyncio.get_running_loop().create_task(self._run())

    def data_received(self, data):
        self.received += data
        self.news.set()

    def connection_lost(self, error):
        self.left = True
        self.news.set()
        self.writable.set()
        self._at(None)
        if not self.is_control:
            self.counts.open -= 1
        self.task.cancel()

    def pause_writing(self):
        self.writable.clear()

    def resume_writing(self):
        self.writable.set()

    async def _run(self):
        try:
            await self.serve(self)
        except Gone:
            pass
        finally:
            self.transport.close()

    # What scripts call.

    async def request(self):
        """The next request head. Raises Gone."""
        while b"\r\n\r\n" not in self.received:
            if len(self.received) > HEAD_LIMIT:
                raise Gone
            await self._more()
        head, _, rest = bytes(self.received).partition(b"\r\n\r\n")
        self.received[:] = rest
        return Request(head)

    async def _more(self):
        if self.left:
            raise Gone
        self.news.clear()
        await self.news.wait()

    async def send(self, *pieces, gap_s=0.0):
        for n, piece in enumerate(pieces):
            if n and gap_s:
                await asyncio.sleep(gap_s)
            if self.left or self.transport.is_closing():
                raise Gone
            self.transport.write(piece)
            await self.writable.wait()

    async def stall(self):
        """Until the peer goes."""
        while True:
            await self._more()

    def reset(self):
        sock = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()
        raise Gone

    def hide(self):
        """A control request: as if it had never come."""
        if not self.is_control:
            self.is_control = True
            self.counts.accepted -= 1
            self.counts.open -= 1

    def count(self, request):
        self.counts.requests[request.path] += 1
        self.counts.heads[request.path].append(request.head.decode("latin-1"))
        self._at(request.path)

    def _at(self, path):
        if self.path is not None:
            self.counts.open_by_path[self.path] -= 1
            if not self.counts.open_by_path[self.path]:
                del self.counts.open_by_path[self.path]
        self.path = path
        if path is not None:
            self.counts.open_by_path[path] += 1


def head(*lines, status="200 OK"):
    return "\r\n".join((f"HTTP/1.1 {status}", *lines, "", "")).encode("latin-1")


# Scripts. True: the connection goes on to the next request; otherwise it is closed (FIN).

async def ok(c, r):
    await c.send(PAGE)
    return True


async def stall(c, r):
    await c.stall()


async def stall_head(c, r):
    await c.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/pl")
    await c.stall()


async def stall_body(c, r):
    await c.send(head("Content-Length: 1000"), b"some of it")
    await c.stall()


async def drip(c, r):
    """One octet of the body every gap_s seconds."""
    size = int(r.number("size", 1000))
    await c.send(head(f"Content-Length: {size}"))
    for _ in range(size):
        await asyncio.sleep(r.number("gap_s", 1))
        await c.send(b"x")
    return True


async def drip_head(c, r):
    for octet in PAGE:
        await c.send(bytes([octet]))
        await asyncio.sleep(r.number("gap_s", 1))
    return True


async def slow(c, r):
    """A good answer after s seconds."""
    await asyncio.sleep(r.number("s", 1))
    await c.send(PAGE)
    return True


async def reset(c, r):
    c.reset()


async def reset_body(c, r):
    await c.send(head("Content-Length: 1000"), b"some of it")
    await asyncio.sleep(0.05)
    c.reset()


async def close(c, r):
    pass


async def bad_status(c, r):
    await c.send(b"HTTP/1.1 abc Nonsense\r\nContent-Length: 0\r\n\r\n")


async def http09(c, r):
    await c.send(b"<html>no head at all</html>\n")


async def not_http(c, r):
    await c.send(b"220 mail.test ESMTP ready\r\n")


async def short_length(c, r):
    """Promises more than it sends."""
    await c.send(head("Content-Length: 1000"), b"x" * 100)


async def bad_chunk(c, r):
    await c.send(head("Transfer-Encoding: chunked"), b"5\r\nhello\r\nZZ\r\nworld\r\n0\r\n\r\n")


async def huge_chunk(c, r):
    await c.send(head("Transfer-Encoding: chunked"), b"ffffffffffffffffff\r\nhello")
    await c.stall()


async def cut_chunk(c, r):
    await c.send(head("Transfer-Encoding: chunked"), b"5\r\nhello\r\n5\r\nwo")


async def chunked(c, r):
    """A good chunked body, with an extension and a trailer."""
    await c.send(head("Transfer-Encoding: chunked", "Trailer: X-Sum"),
                 b"5\r\nhello\r\n", b"6;note=1\r\n world\r\n", b"0\r\nX-Sum: 11\r\n\r\n", gap_s=r.number("gap_s", 0))
    return True


async def conflicting_length(c, r):
    await c.send(head("Content-Length: 5", "Content-Length: 7"), b"hello")


async def length_and_chunked(c, r):
    """RFC 9112 6.3: chunked wins, and the connection is not to be used again."""
    await c.send(head("Content-Length: 3", "Transfer-Encoding: chunked"), b"5\r\nhello\r\n0\r\n\r\n")
    return True


async def negative_length(c, r):
    await c.send(head("Content-Length: -5"), b"hello")


async def interim(c, r):
    """100 and 103 before the answer."""
    await c.send(head(status="100 Continue"), head("Link: </s.css>; rel=preload", status="103 Early Hints"), PAGE)
    return True


async def interim_forever(c, r):
    while True:
        await c.send(head(status="102 Processing"))
        await asyncio.sleep(0.01)


async def switching(c, r):
    await c.send(head("Upgrade: websocket", "Connection: Upgrade", status="101 Switching Protocols"), b"\x81\x02hi")
    await c.stall()


async def head_flood(c, r):
    """Header lines without end."""
    await c.send(b"HTTP/1.1 200 OK\r\n")
    n = 0
    while True:
        await c.send(b"".join(b"X-Flood-%d: %s\r\n" % (n + i, b"y" * 60) for i in range(50)))
        n += 50
        await asyncio.sleep(0)


async def long_line(c, r):
    """One header line without end."""
    await c.send(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        await c.send(b"z" * 4096)
        await asyncio.sleep(0)


async def big_head(c, r):
    """A large head that a browser takes: kb kilobytes of cookies."""
    lines = [f"Set-Cookie: c{n}={'v' * 1000}" for n in range(int(r.number("kb", 12)))]
    await c.send(head(*lines, "Content-Length: 5"), b"hello")
    return True


async def body_forever(c, r):
    """A body without end: chunked, or until close with ?close=1."""
    to_close = r.query.get("close")
    await c.send(head("Connection: close") if to_close else head("Transfer-Encoding: chunked"))
    block = b"x" * 16384
    while True:
        await c.send(block if to_close else b"4000\r\n" + block + b"\r\n")
        await asyncio.sleep(r.number("gap_s", 0))


async def big_length(c, r):
    """Promises a body of any size and sends it."""
    size = int(r.number("size", 1 << 30))
    await c.send(head(f"Content-Length: {size}"))
    while size > 0:
        await c.send(b"x" * min(size, 65536))
        size -= 65536
        await asyncio.sleep(0)
    return True


async def close_delimited(c, r):
    """No length: the body ends where the connection does."""
    await c.send(head("Content-Type: text/plain"), b"hello ", b"until the end", gap_s=0.02)


async def http10(c, r):
    await c.send(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nhello")


async def leftover(c, r):
    """Octets after the end of the answer: whoever reuses this connection reads a forged answer."""
    await c.send(PAGE + b"HTTP/1.1 404 Forged\r\nContent-Length: 0\r\n\r\n")
    return True


async def close_after_one(c, r):
    """Keeps the connection, then closes it when the next request comes, without an octet.

    A request that comes first on its connection is always answered: dialling again once is enough.
    """
    await c.send(head("Content-Length: 5", "Connection: keep-alive"), b"hello")
    following = await c.request()
    c.counts.requests[following.path + "#refused"] += 1
    if r.query.get("how") == "reset":
        c.reset()


async def idle_close(c, r):
    """Answers, promises to stay, and closes after s seconds of idleness."""
    await c.send(head("Content-Length: 5", "Connection: keep-alive"), b"hello")
    await asyncio.sleep(r.number("s", 0))


async def flaky(c, r):
    """The first `fail` requests of a path fail as `how` says (a status, reset, close, stall), then all is well."""
    c.counts.tries[r.path] += 1
    if c.counts.tries[r.path] > r.number("fail", 1):
        return await ok(c, r)
    how = r.query.get("how", "503")
    if how == "reset":
        c.reset()
    if how == "stall":
        await c.stall()
    if how != "close":
        later = [f"Retry-After: {r.query['retry_after']}"] if "retry_after" in r.query else []
        await c.send(head("Content-Length: 0", *later, status=f"{how} Not yet"))
        return True


async def no_location(c, r):
    await c.send(head("Content-Length: 0", status="302 Found"))
    return True


async def redirect(c, r):
    """302 to ?to=, as it stands."""
    await c.send(head("Content-Length: 0", f"Location: {r.query.get('to', '/raw/ok')}", status="302 Found"))
    return True


async def bare_lf(c, r):
    await c.send(b"HTTP/1.1 200 OK\nContent-Type: text/plain\nContent-Length: 5\n\nhello")
    return True


async def odd_lines(c, r):
    """What real servers send and browsers take: no reason phrase, a line without colon, space before one."""
    await c.send(b"HTTP/1.1 200\r\nServer : odd\r\nthis line has no colon\r\nContent-Length: 5\r\n\r\nhello")
    return True


async def icy(c, r):
    await c.send(b"ICY 200 OK\r\nContent-Type: audio/mpeg\r\n\r\nhello")


async def not_modified(c, r):
    """304 and 204 have no body, whatever their head says."""
    await c.send(head("Content-Length: 50", status="304 Not Modified"))
    return True


async def coded(c, r):
    """A body that is not what Content-Encoding says."""
    await c.send(head("Content-Encoding: gzip", "Content-Length: 12"), b"not gzip at ")
    return True


async def replay(c, r):
    """?b64=piece,piece... with gap_ms between them, and then= close | keep | stall | reset."""
    pieces = [base64.b64decode(piece.replace(" ", "+")) for piece in r.query.get("b64", "").split(",")]
    await c.send(*pieces, gap_s=r.number("gap_ms", 0) / 1000)
    then = r.query.get("then", "close")
    if then == "reset":
        await asyncio.sleep(0.05)
        c.reset()
    if then == "stall":
        await c.stall()
    return then == "keep"


SCRIPTS = {
    "ok": ok, "stall": stall, "stall-head": stall_head, "stall-body": stall_body, "drip": drip, "drip-head": drip_head,
    "slow": slow, "reset": reset, "reset-body": reset_body, "close": close, "bad-status": bad_status, "http09": http09,
    "not-http": not_http, "short-length": short_length, "bad-chunk": bad_chunk, "huge-chunk": huge_chunk,
    "cut-chunk": cut_chunk, "chunked": chunked, "conflicting-length": conflicting_length,
    "length-and-chunked": length_and_chunked, "negative-length": negative_length, "1xx": interim,
    "1xx-forever": interim_forever, "101": switching, "head-flood": head_flood, "long-line": long_line,
    "big-head": big_head, "body-forever": body_forever, "big-length": big_length, "close-delimited": close_delimited,
    "http10": http10, "leftover": leftover, "close-after-one": close_after_one, "idle-close": idle_close,
    "flaky": flaky, "no-location": no_location, "redirect": redirect, "bare-lf": bare_lf, "odd-lines": odd_lines,
    "icy": icy, "304": not_modified, "coded": coded, "bytes": replay,
}


async def _unknown(c, r):
    await c.send(head("Content-Length: 0", status="404 No such script"))
    return True


async def _control(c, request, everything):
    """/raw/_stats[?prefix=], /raw/_heads?path=, /raw/_clear. `everything`: counts by port name, and names asked."""
    c.hide()
    answer = {}
    if request.script == "_heads":
        answer = list(c.counts.heads.get(request.query.get("path", ""), ()))
    elif request.script == "_clear":
        for counts in everything["ports"].values():
            counts.clear()
        everything["names"].clear()
    else:
        prefix = request.query.get("prefix", "")
        ports = {name: counts.shown(prefix) for name, counts in everything["ports"].items()}
        answer = {**ports["raw"], "ports": ports, "names": dict(everything["names"])}
    body = json.dumps(answer).encode()
    await c.send(head("Content-Type: application/json", f"Content-Length: {len(body)}"), body)
    return True


def scripted(everything):
    """Serves SCRIPTS."""
    async def serve(c):
        while True:
            request = await c.request()
            if request.script.startswith("_"):
                going_on = await _control(c, request, everything)
            else:
                c.count(request)
                going_on = await SCRIPTS.get(request.script, _unknown)(c, request)
            if not going_on:
                return
    return serve


async def silent(c):
    """Takes the connection and whatever is sent, and never says a word."""
    await c.stall()


async def plain_on_tls(c):
    """Plain HTTP to whoever sends anything, as a server does that is asked for TLS on the wrong port."""
    await c._more()
    await c.send(head("Content-Length: 0", "Connection: close", status="400 Bad Request"))


async def tls_alert(c):
    """A fatal handshake_failure for every ClientHello (RFC 8446 6)."""
    await c._more()
    await c.send(bytes([21, 3, 1, 0, 2, 2, 40]))
