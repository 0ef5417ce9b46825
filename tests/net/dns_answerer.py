"""A name server that misbehaves by name, over UDP and TCP.

The label before ".dns" says how: silent.dns, abc.servfail.dns, late500.dns ... Names under .test get
a plain answer. What was asked is counted by name, so that a test can see joined and cached lookups.
"""
import asyncio
import collections
import re

from . import dns_message as wire
from .names import address_of

HERE = "127.0.0.1"
_LABEL = re.compile(r"(?:.*\.)?([a-z-]+)([0-9]*)\.dns$")


def _addresses(question, *addresses, **more):
    ident, _, kind, raw = question
    wanted = [a for a in addresses if (":" in a) == (kind == wire.AAAA)] if kind in (wire.A, wire.AAAA) else []
    return wire.response(ident, raw, [wire.address_record(a, **more) for a in wanted])


def _failed(rcode):
    return lambda question, tcp: wire.response(question[0], question[3], rcode=rcode)


def _truncated(question, tcp):
    return _addresses(question, HERE) if tcp else wire.response(question[0], question[3], truncated=True)


def _wrong_id(question, tcp):
    return _addresses((question[0] ^ 0x5555, *question[1:]), HERE)


def _wrong_question(question, tcp):
    ident, _, kind, raw = question
    other = wire.encode_name("another.dns") + raw[-4:]
    return wire.response(ident, other, [wire.address_record(HERE)])


def _malformed(question, tcp):
    """The answer's length field points past the end."""
    return _addresses(question, HERE)[:-6] + b"\xff\xff\x7f\x00"


def _pointer_loop(question, tcp):
    loop = b"\xc0" + bytes([12 + len(question[3])])
    return wire.response(question[0], question[3], [wire.address_record(HERE, owner=loop)])


def _alias_loop(question, tcp):
    target = question[3][:-4]
    record = b"\xc0\x0c" + wire.struct.pack("!2HIH", wire.CNAME, 1, 60, len(target)) + target
    return wire.response(question[0], question[3], [record])


# How each label answers: a message, b"" for a message of no use, or None for silence.
MODES = {
    "ok": lambda question, tcp: _addresses(question, HERE, "::1"),
    "only-a": lambda question, tcp: _addresses(question, HERE),
    "only-aaaa": lambda question, tcp: _addresses(question, "::1"),
    "silent": lambda question, tcp: None,
    "late": lambda question, tcp: _addresses(question, HERE),
    "nodata": lambda question, tcp: wire.response(question[0], question[3]),
    "nxdomain": _failed(wire.NXDOMAIN),
    "servfail": _failed(wire.SERVFAIL),
    "refused": _failed(wire.REFUSED),
    "notimp": _failed(wire.NOTIMP),
    "formerr": _failed(wire.FORMERR),
    "truncated": _truncated,
    "truncated-silent": lambda question, tcp: None if tcp else wire.response(question[0], question[3], truncated=True),
    "wrong-id": _wrong_id,
    "wrong-question": _wrong_question,
    "malformed": _malformed,
    "garbage": lambda question, tcp: b"\xde\xad\xbe\xef" * 8,
    "short": lambda question, tcp: question[0].to_bytes(2, "big") + b"\x81",
    "pointer-loop": _pointer_loop,
    "alias-loop": _alias_loop,
    "ttl": lambda question, tcp: _addresses(question, HERE, ttl=0),
    "many": lambda question, tcp: _addresses(question, *(f"127.0.1.{n}" for n in range(1, 33))),
    "link-local": lambda question, tcp: _addresses(question, "169.254.169.254"),
    "drop-first": lambda question, tcp: _addresses(question, HERE),
}


class Answerer:
    def __init__(self):
        self.queries = collections.Counter()

    def answer(self, message, tcp):
        """(seconds to wait, message or None)."""
        question = wire.read_question(message)
        if not question:
            return 0, None
        ident, name, kind, raw = question
        self.queries[name] += 1
        if name.endswith(".test"):
            gone = name == "nx.test" or name.endswith(".nx.test")
            return 0, wire.response(ident, raw, rcode=wire.NXDOMAIN) if gone else _addresses(question, address_of(name))
        match = _LABEL.match(name)
        if not match or match[1] not in MODES:
            return 0, wire.response(ident, raw, rcode=wire.NXDOMAIN)
        mode, number = match[1], int(match[2] or 0)
        if mode == "drop-first" and self.queries[name] <= max(number, 1):
            return 0, None
        if mode == "ttl":
            return 0, _addresses(question, HERE, ttl=number)
        return (number or 1500) / 1000 if mode == "late" else 0, MODES[mode](question, tcp)

    async def serve_stream(self, reader, writer):
        """RFC 7766: two octets of length before each message."""
        try:
            while True:
                length = int.from_bytes(await reader.readexactly(2), "big")
                wait, message = self.answer(await reader.readexactly(length), tcp=True)
                await asyncio.sleep(wait)
                if message is not None:
                    writer.write(len(message).to_bytes(2, "big") + message)
                    await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self, answerer):
        self.answerer = answerer

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        wait, message = self.answerer.answer(data, tcp=False)
        if message is None:
            return
        if wait:
            asyncio.get_running_loop().call_later(wait, self.transport.sendto, message, addr)
        else:
            self.transport.sendto(message, addr)
