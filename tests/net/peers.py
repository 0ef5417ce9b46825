"""The strange servers in one process: raw bytes, silence, and a name server that misbehaves.

Prints one line of JSON, its ports, when all of them listen. Ends with its parent.
"""
import asyncio
import json
import os
import socket
import ssl
import sys

from . import raw_server
from .dns_answerer import Answerer, Datagrams
from .ports import IPV4, ipv6_available, reserve
from .raw_server import Connection, Counts


async def _listen(addresses, serve, counts, context=None):
    """The same server on one port of all addresses."""
    port, sockets = reserve(addresses)
    loop = asyncio.get_running_loop()
    for sock in sockets:
        await loop.create_server(lambda: Connection(counts, serve), sock=sock, ssl=context, backlog=1024)
    return port


async def _listen_dns(answerer):
    port, (udp, tcp) = reserve(["127.0.0.1"], kinds=(socket.SOCK_DGRAM, socket.SOCK_STREAM))
    udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: Datagrams(answerer), sock=udp)
    await asyncio.start_server(answerer.serve_stream, sock=tcp)
    return port


def _black_hole():
    """A full backlog: the kernel drops every further SYN. The sockets must be kept."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    fill = []
    for _ in range(4):
        sock = socket.socket()
        sock.setblocking(False)
        sock.connect_ex(listener.getsockname())
        fill.append(sock)
    return listener.getsockname()[1], [listener, *fill]


def tls_context(folder):
    """Of a server with the good certificate of the CA in `folder`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, "good.chain.pem"), os.path.join(folder, "leaf.key"))
    return context


async def run(ca_folder):
    addresses = IPV4 + (["::1"] if ipv6_available() else [])
    answerer = Answerer()
    counts = {name: Counts() for name in ("raw", "raw_tls", "tls_stall", "tls_plain", "tls_alert")}
    scripted = raw_server.scripted({"ports": counts, "names": answerer.queries})
    black_hole, kept = _black_hole()
    refused, held = reserve(addresses)  # Bound and never listening: every SYN is answered by a reset.
    ports = {
        "raw_port": await _listen(addresses, scripted, counts["raw"]),
        "raw_tls_port": await _listen(addresses, scripted, counts["raw_tls"], tls_context(ca_folder)),
        "tls_stall_port": await _listen(addresses, raw_server.silent, counts["tls_stall"]),
        "tls_plain_port": await _listen(addresses, raw_server.plain_on_tls, counts["tls_plain"]),
        "tls_alert_port": await _listen(addresses, raw_server.tls_alert, counts["tls_alert"]),
        "refused_port": refused,
        "blackhole_port": black_hole,
        "scripted_dns_port": await _listen_dns(answerer),
    }
    print(json.dumps(ports), flush=True)
    sys.stdout.close()
    await asyncio.Event().wait()
    del kept, held


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1]))
