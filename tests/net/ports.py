"""Free ports on loopback, taken and then held, so that nobody else is given them."""
import errno
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
