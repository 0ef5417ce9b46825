"""What does a URL cost over kept connections, to one host and to a hundred, beside every peer?

100,000 distinct URLs of nginx's 1.3 KB page by POST /submit. nginx, dnsmasq and this program on one core, the
program under test on the other. undici, curl, aiohttp, ffuf and hey get a fifth of the URLs. wrk, h2load, ab and hey
repeat one request to one address: the limit, not rivals.
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
HOSTS = 100
REPEATS = "repeats one request, so it knows one host only"


def one_host(bench, folder, count):
    address = bench.net["http"]
    return Batch(folder, f"one-{count}", [f"{address}/page/{n:07}" for n in range(count)],
                 glob=f"{address}/page/[0000000-{count - 1:07}]", pattern=f"{address}/page/FUZZ", words=[f"{n:07}" for n in range(count)])


def many_hosts(bench, folder, count):
    """The hosts take turns, as they do in most lists."""
    port = bench.net["http_port"]
    hosts = [f"h{n}.test" for n in range(HOSTS)]
    urls = [f"http://{hosts[n % HOSTS]}:{port}/page/{n // HOSTS:07}" for n in range(count)]
    return Batch(folder, f"many-{count}", urls, port, {host: address_of(host) for host in hosts},
                 glob=f"http://h[0-{HOSTS - 1}].test:{port}/page/[0000000-{count // HOSTS - 1:07}]")


def rivals(bench, stack, cores, make):
    """Those that fetch distinct URLs. `make(count)` gives a Batch."""
    full, part = (make(bench.size(count, 10 * HOSTS)) for count in (100_000, 20_000))
    trawl = stack.enter_context(Service(bench.net, cores=cores))
    few = stack.enter_context(Service(bench.net, "--host-concurrency", str(CONNECTIONS), cores=cores))
    return [service_subject(trawl, itertools.repeat(full.body()), full.count),
            service_subject(few, itertools.repeat(full.body()), full.count, f"trawl, {CONNECTIONS} a host"),
            peers.curl_multi(full, CONNECTIONS, cores), peers.undici(part, CONNECTIONS, cores),
            peers.curl_parallel(part, CONNECTIONS, cores),
            aiohttp_subject(stack, bench.net, itertools.repeat(part.body()), part.count, cores)], part


def limits(bench, cores):
    url = f"{bench.net['http']}/page/0000001"
    count = bench.size(100_000)
    return [peers.wrk(url, CONNECTIONS, 1 if bench.quick else 3, cores), peers.h2load(url, count, CONNECTIONS, cores),
            peers.ab(url, count, CONNECTIONS, cores), peers.hey(url, bench.size(20_000), CONNECTIONS, cores)]


def measure(bench):
    with bench.origin_apart() as cores, tempfile.TemporaryDirectory(prefix="trawl-bench-") as folder:
        with contextlib.ExitStack() as stack:
            subjects, part = rivals(bench, stack, cores, lambda count: one_host(bench, folder, count))
            one = compare(bench, "one host", [*subjects, peers.ffuf(part, CONNECTIONS, cores), *limits(bench, cores)],
                          "1.25 x wrk, 1/3 of libcurl, 1/30 of aiohttp")
        with contextlib.ExitStack() as stack:
            subjects, _ = rivals(bench, stack, cores, lambda count: many_hosts(bench, folder, count))
            many = compare(bench, f"{HOSTS} hosts", subjects, "1.2 x one host",
                           {**dict.fromkeys(("wrk", "h2load", "ab", "hey"), REPEATS), "ffuf": "puts words into one URL"})
    for name in one.keys() & many.keys():
        bench.report.ratio_of(f"CPU per URL of {name}, {HOSTS} hosts / one host", (run["cpu_us"] for run in many[name]),
                              (run["cpu_us"] for run in one[name]))


if __name__ == "__main__":
    main(__doc__, measure)
