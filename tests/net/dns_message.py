"""Just enough of the DNS wire format (RFC 1035) to ask one question and to read one answer."""
import socket
import struct

A, CNAME, AAAA = 1, 5, 28
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED = range(6)


def encode_name(name):
    labels = [label.encode("ascii") for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def query(name, kind=A, ident=0x1234):
    return struct.pack("!6H", ident, 0x0100, 1, 0, 0, 0) + encode_name(name) + struct.pack("!2H", kind, 1)


def read_question(message):
    """(ident, name, kind, the question's octets), or None for what is no query."""
    if len(message) < 17:
        return None
    ident, _, questions = struct.unpack_from("!3H", message)
    labels, at = [], 12
    while at < len(message) and 0 < message[at] < 64:
        labels.append(message[at + 1:at + 1 + message[at]].decode("ascii", "replace").lower())
        at += 1 + message[at]
    if questions != 1 or at + 5 > len(message):
        return None
    kind, = struct.unpack_from("!H", message, at + 1)
    return ident, ".".join(labels), kind, message[12:at + 5]


def address_record(address, ttl=60, owner=b"\xc0\x0c"):
    family, kind = (socket.AF_INET6, AAAA) if ":" in address else (socket.AF_INET, A)
    packed = socket.inet_pton(family, address)
    return owner + struct.pack("!2HIH", kind, 1, ttl, len(packed)) + packed


def response(ident, question, records=(), rcode=NOERROR, truncated=False, questions=1):
    flags = 0x8180 | rcode | (0x0200 if truncated else 0)
    return struct.pack("!6H", ident, flags, questions, len(records), 0, 0) + question + b"".join(records)


def _skip_name(message, at):
    while message[at] and message[at] < 0xC0:
        at += 1 + message[at]
    return at + (2 if message[at] else 1)


def read_answer(message):
    """{"rcode", "truncated", "addresses", "ttl"} of a well-formed answer."""
    _, flags, questions, answers = struct.unpack_from("!4H", message)
    at = 12
    for _ in range(questions):
        at = _skip_name(message, at) + 4
    addresses, ttls = [], []
    for _ in range(answers):
        at = _skip_name(message, at)
        kind, _, ttl, length = struct.unpack_from("!2HIH", message, at)
        data = message[at + 10:at + 10 + length]
        at += 10 + length
        ttls.append(ttl)
        if kind in (A, AAAA):
            addresses.append(socket.inet_ntop(socket.AF_INET if kind == A else socket.AF_INET6, data))
    return {"rcode": flags & 15, "truncated": bool(flags & 0x0200), "addresses": addresses, "ttl": min(ttls, default=0)}


def ask(server, name, kind=A, timeout_s=10.0, tcp=False):
    """Asks `server` (host, port) once. Raises TimeoutError when it stays silent."""
    message = query(name, kind)
    if not tcp:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(timeout_s)
            sock.sendto(message, server)
            return read_answer(sock.recv(4096))
    with socket.create_connection(server, timeout_s) as sock:
        sock.sendall(struct.pack("!H", len(message)) + message)
        with sock.makefile("rb") as stream:
            length, = struct.unpack("!H", stream.read(2))
            return read_answer(stream.read(length))
