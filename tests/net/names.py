"""The names of the test internet: *.test and nothing else.

dnsmasq is the server that is asked. It knows h0.test .. h4999.test itself; for any other name under
test it asks the scripted answerer (dns_answerer.py), because it has no wildcard that says "this name
exists, but has no IPv6 address".
"""
import os
import shutil

from .ports import SPREAD

HOSTS = 5000
# Names whose server listens on 127.0.0.1 only.
LOCAL = ("raw.test", "blackhole.test")
V6_ONLY, DUAL, SHORT = "v6.test", "dual.test", "short.test"
ALIASES = ("alias.test", "alias2.test", "alias3.test")  # Each the CNAME of the next, the last of h0.test.


def binary():
    return shutil.which("dnsmasq", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin:/sbin")


def address_of(host):
    """The IPv4 address of h<i>.test; any other name gets one by its last two digits, or its last letter."""
    host = host.lower().rstrip(".")
    if host in LOCAL:
        return "127.0.0.1"
    label = host.removesuffix(".test").rsplit(".", 1)[-1]
    digits = label[len(label.rstrip("0123456789")):]
    if label == "h" + digits and digits and int(digits) < HOSTS:
        return SPREAD[int(digits) % len(SPREAD)]
    if len(digits) >= 2:
        return SPREAD[int(digits[-2:]) % len(SPREAD)]
    return SPREAD[ord(label[-1:] or "a") % len(SPREAD)]


def _config(port, upstream_port):
    yield from (f"port={port}", "listen-address=127.0.0.1", "bind-interfaces", "no-resolv", "no-poll", "no-hosts",
                "pid-file=", "local-ttl=60", "neg-ttl=60", "cache-size=10000", "dns-forward-max=10000",
                "edns-packet-max=1232", "log-facility=-")
    if os.geteuid() == 0:
        yield "user=root"  # Dropping it would also drop the signal at the parent's death.
    yield "address=/#/"  # No such name, and nobody is asked.
    yield "address=/nx.test/"
    yield f"server=/test/127.0.0.1#{upstream_port}"
    for n in range(HOSTS):
        yield f"local=/h{n}.test/"
        yield f"host-record=h{n}.test,{address_of(f'h{n}.test')}"
    for alias, target in zip(ALIASES, (*ALIASES[1:], "h0.test")):
        yield f"local=/{alias}/"
        yield f"cname={alias},{target}"
    yield from (f"local=/{name}/" for name in (V6_ONLY, DUAL, SHORT))
    yield from (f"host-record={V6_ONLY},::1", f"host-record={DUAL},127.0.1.1,::1", f"host-record={SHORT},127.0.1.2,1")


def prepare(folder, port, upstream_port):
    """Writes the configuration; returns the command."""
    path = os.path.join(folder, "dnsmasq.conf")
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join(_config(port, upstream_port)) + "\n")
    return [binary(), "--keep-in-foreground", f"--conf-file={path}"]
