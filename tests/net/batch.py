"""The demo's batch: URLs of every kind on the test internet, as a body for POST /submit.

    tests/net/batch --net net.json [--count 2000] [--hosts 500] [--format json|text]

`--net` is the line `testnet up` printed; "-" reads it from stdin. json: {"urls", "options"}; text: a
URL a line, for text/plain, where the options go into the query string. The same arguments give the
same batch.
"""
import argparse
import itertools
import json
import random
import sys

# Small timeouts: the stalled server costs the demo three seconds, not twenty, and is not asked again.
OPTIONS = {"timeout_ms": 3000, "connect_timeout_ms": 2000, "retries": 0, "label": "demo"}

# What goes wrong, how often in 2,000, and where.
TROUBLE = (
    ("expired", 4, "https://expired.test:{https_port}/page/{n}"),
    ("wrong-host", 4, "https://wrong-host.test:{https_port}/page/{n}"),
    ("self-signed", 3, "https://self-signed.test:{https_port}/page/{n}"),
    ("refused", 4, "http://refused.test:{refused_port}/page/{n}"),
    ("stalled", 4, "http://stalled.test:{raw_port}/raw/stall/{n}"),
    ("reset", 3, "http://reset.test:{raw_port}/raw/reset/{n}"),
    ("no-such-name", 4, "http://no-such-name.nx.test:{http_port}/page/{n}"),
)
# The ordinary hosts' paths, by weight.
PATHS = (
    (86, "/page/{n}"), (4, "/status/404"), (3, "/redirect/2"), (2, "/redirect-to-https"), (1, "/redirect-abs"),
    (1, "/gzip/{n}"), (1, "/size/100k"), (1, "/status/503"), (1, "/no-keepalive/{n}"),
)


def _troubled(net, count):
    for _, often, pattern in TROUBLE:
        for n in range(max(1, often * count // 2000)):
            yield pattern.format(n=n, **net)


def _ordinary(net, hosts, chance):
    weights, paths = zip(*PATHS)
    for n in itertools.count():
        scheme = "https" if n // hosts % 2 else "http"
        path = chance.choices(paths, weights)[0].format(n=n)
        yield f"{scheme}://h{n % hosts}.test:{net[scheme + '_port']}{path}"


def make(net, count=2000, hosts=500):
    """`count` URLs on `hosts` host names (at least one more than the kinds of trouble)."""
    chance = random.Random(7)
    ordinary_hosts = hosts - len(TROUBLE)
    if not 0 < ordinary_hosts <= len(net["hosts"]):
        raise ValueError(f"hosts: {len(TROUBLE) + 1} to {len(net['hosts']) + len(TROUBLE)}")
    troubled = list(_troubled(net, count))[:count]
    urls = list(itertools.islice(_ordinary(net, ordinary_hosts, chance), count - len(troubled)))
    for url in troubled:
        urls.insert(chance.randrange(len(urls) + 1), url)
    return urls


def main():
    parser = argparse.ArgumentParser(prog="batch", description="A batch of URLs on the test internet.")
    parser.add_argument("--net", required=True, help='the file with what `testnet up` printed, or "-"')
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--hosts", type=int, default=500)
    parser.add_argument("--format", choices=("json", "text"), default="json")
    wanted = parser.parse_args()
    with sys.stdin if wanted.net == "-" else open(wanted.net, encoding="utf-8") as file:
        net = json.loads(file.readline())
    try:
        urls = make(net, wanted.count, wanted.hosts)
    except ValueError as error:
        parser.error(str(error))
    if wanted.format == "json":
        print(json.dumps({"urls": urls, "options": OPTIONS}))
    else:
        print("\n".join(urls))
    return 0


if __name__ == "__main__":
    sys.exit(main())
