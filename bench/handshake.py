"""What does a URL cost that needs a TLS handshake: full with an ECDSA and an RSA chain of two, and resumed?

5,000 URLs over 500 names, every certificate checked; nginx closes each connection after its response, without tickets
or a session cache (full), or with tickets (resumed). nginx, dnsmasq and this program on one core, the program under test on
the other. Peers of more than 200 us a URL get three runs, and a tenth of the URLs where they are not libcurl itself. wrk and ab
repeat one request, and check no certificate.
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
from kit.tls_origin import TlsOrigin
from net.ca import HOSTS
from net.names import address_of

CONNECTIONS = 64
CASES = (("full, ECDSA", "ecdsa", False), ("full, RSA", "rsa", False), ("resumed, ECDSA", "ecdsa", True))


def make_batch(folder, origin, count):
    hosts = [f"h{n}.test" for n in range(HOSTS)]
    urls = [f"https://{hosts[n % HOSTS]}:{origin.port}/{n}" for n in range(count)]
    return Batch(folder, f"tls-{origin.port}-{count}", urls, origin.port, {host: address_of(host) for host in hosts}, origin.ca_file)


def subjects(bench, stack, folder, origin, cores):
    full, tenth = (make_batch(folder, origin, bench.size(count, 500 if bench.smoke else least)) for count, least in ((5_000, 2_000), (1_000, 500)))
    trawl = stack.enter_context(Service({**bench.net, "ca_file": origin.ca_file}, cores=cores))
    yield service_subject(trawl, itertools.repeat(full.body()), full.count)
    yield peers.curl_multi(full, CONNECTIONS, cores)
    yield peers.curl_parallel(tenth, CONNECTIONS, cores, slow=True)
    yield peers.undici(tenth, CONNECTIONS, cores, slow=True)
    yield aiohttp_subject(stack, bench.net, itertools.repeat(tenth.body()), tenth.count, cores, slow=True, ca_file=origin.ca_file)
    if not origin.resumable:
        url = f"https://{address_of('h0.test')}:{origin.port}/0"
        yield peers.wrk(url, CONNECTIONS, 1 if bench.quick else 2, cores)
        yield peers.ab(url, tenth.count, CONNECTIONS, cores, keep_alive=False, slow=True)


def measure(bench):
    medians = {}
    with bench.origin_apart() as cores, tempfile.TemporaryDirectory(prefix="trawl-bench-") as folder:
        for case, kind, resumable in CASES:
            with TlsOrigin(kind, resumable) as origin, contextlib.ExitStack() as stack:
                aim = "0.5 x full" if resumable else "0.6 x libcurl"
                medians[case] = compare(bench, case, list(subjects(bench, stack, folder, origin, cores)), aim)

    for name in medians["full, ECDSA"].keys() & medians["resumed, ECDSA"].keys():
        bench.report.ratio_of(f"CPU per URL of {name}, resumed / full", (run["cpu_us"] for run in medians["resumed, ECDSA"][name]),
                              (run["cpu_us"] for run in medians["full, ECDSA"][name]))


if __name__ == "__main__":
    main(__doc__, measure)
