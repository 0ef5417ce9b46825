"""What does a URL on a host never seen before cost: a DNS lookup, a connection, one request?

20,000 URLs on as many names, which a dnsmasq of this program's own spreads over 64 addresses; other names in every run,
so that no cache can help. dnsmasq, nginx and this program on one core, the program under test on the other. ab
without keep-alive is the limit: it connects and asks, but looks up nothing. Programs that only know
/etc/resolv.conf get one that names this dnsmasq (needs root). Rivals get a tenth of the URLs, those of more than 200 us a URL
three runs.
"""
import contextlib
import tempfile

from kit import peers
from kit.batch import Batch
from kit.compare import compare
from kit.peers import Absent
from kit.resolver import Resolver, fresh_names
from kit.scenario import main
from kit.service import Service, as_json
from kit.service_subject import aiohttp_subject, service_subject

CONNECTIONS = 64
NO_RESOLVER = "asks /etc/resolv.conf only, and another one needs root"


def urls_of(bench, run, count):
    return [f"http://{name}:{bench.net['http_port']}/page/new" for name in fresh_names(run, count)]


def bodies(bench, count):
    """One for each run, endlessly only in name: a run more than there are names would find a cache filled."""
    for run in range(bench.runs + 1):
        yield as_json(urls_of(bench, run, count))


def subjects(bench, stack, resolver, folder, cores):
    count, tenth = bench.size(20_000, 1_000), bench.size(2_000, 1_000)
    batch = Batch(folder, "new", urls_of(bench, 0, tenth), pattern=f"http://FUZZ:{bench.net['http_port']}/page/new", words=fresh_names(0, tenth))
    trawl = stack.enter_context(Service({**bench.net, "dns_server": resolver.server}, cores=cores))
    yield service_subject(trawl, bodies(bench, count), count)
    under = resolver.as_system()
    for name, peer in (("libcurl multi", peers.curl_multi), ("curl --parallel", peers.curl_parallel), ("ffuf", peers.ffuf)):
        yield peer(batch, CONNECTIONS, cores, under=under) if under else Absent(name, NO_RESOLVER)
    yield peers.undici(batch, CONNECTIONS, cores, slow=True, dns_server=resolver.server)
    yield aiohttp_subject(stack, bench.net, bodies(bench, tenth), tenth, cores, slow=True, dns_server=resolver.server)
    url = f"http://{bench.net['spread_addresses'][0]}:{bench.net['http_port']}/page/new"
    yield peers.ab(url, count, CONNECTIONS, cores, keep_alive=False)
    yield peers.hey(url, bench.size(10_000), CONNECTIONS, cores, keep_alive=False)


def measure(bench):
    with bench.origin_apart() as cores, tempfile.TemporaryDirectory(prefix="trawl-bench-") as folder, \
            Resolver(folder, bench.runs + 1, bench.size(20_000, 1_000)) as resolver, contextlib.ExitStack() as stack:
        compare(bench, "", list(subjects(bench, stack, resolver, folder, cores)), "1.2 x ab, 1/12 of aiohttp",
                {"wrk": "looks up nothing", "h2load": "looks up nothing"})


if __name__ == "__main__":
    main(__doc__, measure)
