"""Free ports on loopback, taken and then held, so that nobody else is given them."""
import errno
import random
import socket

# Many addresses, so that a load of new connections does not run out of ports to one of them.
SPREAD = [f"127.0.1.{n}" for n in range(1, 65)]
IPV4 = ["127.0.0.1"] + SPREAD


def ipv6_available():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
            return True
    except OSError:
        return False


_OURS = range(20000, 32768)  # Below what Linux gives to those who ask for any port, and to clients.
_claims = []


def _claim(port):
    """Whether the port is ours among all who ask here. An abstract name is let go by the kernel, however its owner ends."""
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0trawl-port-{port}")
    except OSError:
        claim.close()
        return False
    _claims.append(claim)
    return True


def _is_free(port):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # What is in TIME_WAIT hinders no listener.
            try:
                probe.bind(("", port))
            except OSError:
                return False
    return True


def free_port():
    """One that nobody has, for a server that binds it itself, or for none. Until this process ends nobody else who
    asks here is given it, nor does the kernel pick it: a closed port stays closed."""
    chooser = random.SystemRandom()
    for _ in range(1000):
        port = chooser.choice(_OURS)
        if _claim(port) and _is_free(port):
            return port
    raise RuntimeError(f"no port is free from {_OURS[0]} to {_OURS[-1]}")


def _bound(address, port, kind, reuse_port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, kind)
    try:
        if reuse_port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind((address, port))
    except BaseException:
        sock.close()
        raise
    return sock


def reserve(addresses, kinds=(socket.SOCK_STREAM,), reuse_port=False):
    """One free port on all `addresses` and `kinds`: (port, bound sockets, not listening).

    The kernel picks a port that is free on the first address; the others may refuse it, so it is
    tried again. With `reuse_port` a server of the same user may listen beside the sockets returned,
    which go on holding the port and receive nothing.
    """
    for _ in range(200):
        held, port = [], 0
        try:
            for kind in kinds:
                for address in addresses:
                    held.append(_bound(address, port, kind, reuse_port))
                    port = held[0].getsockname()[1]
            return port, held
        except OSError as error:
            for sock in held:
                sock.close()
            if error.errno != errno.EADDRINUSE:
                raise
    raise RuntimeError(f"no port is free on all of {addresses[0]}..{addresses[-1]}")
