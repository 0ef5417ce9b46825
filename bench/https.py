"""What does a URL cost over kept HTTPS connections, beside every peer?

100,000 distinct URLs on one name, its certificate checked. nginx, dnsmasq and this program on one core, the program
under test on the other. undici, curl and aiohttp get a fifth of the URLs. wrk, h2load, ab and hey repeat one request and
check no certificate.
"""
import contextlib
import itertools
import tempfile

from kit import peers
from kit.batch import Batch
from kit.compare import compare
from kit.scenario import main
from kit.service import Service
from kit.service_subject import aiohttp_subject, service_subject
from net.names import address_of

CONNECTIONS = 64
HOST = "h1.test"


def make_batch(bench, folder, count):
    address = f"https://{HOST}:{bench.net['https_port']}/page"
    return Batch(folder, f"https-{count}", [f"{address}/{n:07}" for n in range(count)], bench.net["https_port"],
                 {HOST: address_of(HOST)}, bench.net["ca_file"], glob=f"{address}/[0000000-{count - 1:07}]")


def subjects(bench, stack, folder, cores):
    full, part = (make_batch(bench, folder, bench.size(count)) for count in (100_000, 20_000))
    trawl = stack.enter_context(Service(bench.net, cores=cores))
    few = stack.enter_context(Service(bench.net, "--host-concurrency", str(CONNECTIONS), cores=cores))
    yield service_subject(trawl, itertools.repeat(full.body()), full.count)
    yield service_subject(few, itertools.repeat(full.body()), full.count, f"trawl, {CONNECTIONS} a host")
    yield peers.curl_multi(full, CONNECTIONS, cores)
    yield peers.undici(part, CONNECTIONS, cores)
    yield peers.curl_parallel(part, CONNECTIONS, cores)
    yield aiohttp_subject(stack, bench.net, itertools.repeat(part.body()), part.count, cores)
    url = f"https://{address_of(HOST)}:{bench.net['https_port']}/page/0000001"
    yield peers.wrk(url, CONNECTIONS, 1 if bench.quick else 3, cores)
    yield peers.h2load(url, full.count, CONNECTIONS, cores)
    yield peers.ab(url, part.count, CONNECTIONS, cores)
    yield peers.hey(url, part.count, CONNECTIONS, cores)


def measure(bench):
    with bench.origin_apart() as cores, tempfile.TemporaryDirectory(prefix="trawl-bench-") as folder, \
            contextlib.ExitStack() as stack:
        compare(bench, "", list(subjects(bench, stack, folder, cores)), "", {"ffuf": "checks no certificate, and hey stands for Go"})


if __name__ == "__main__":
    main(__doc__, measure)
