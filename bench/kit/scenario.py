"""What makes a file of bench/ a program: its flags, the test internet, its runs and its report.

    def measure(bench):
        ...bench.net, bench.runs, bench.interleaved(), bench.report.add()...

    main(__doc__, measure)

The driver hands the running test internet over by the environment; a scenario started by hand brings
its own.
"""
import argparse
import contextlib
import json
import os
import resource
import signal
import sys

from net import origin
from net.testnet import TestNet

from . import machine, usage
from .report import Report
from .service import BINARY

NET_VARIABLE = "TRAWL_BENCH_NET"
FEW_RUNS = 3


@contextlib.contextmanager
def _test_internet():
    handed = os.environ.get(NET_VARIABLE)
    if handed:
        with open(handed, encoding="utf-8") as file:
            yield json.load(file)
    else:
        with TestNet() as net:
            yield net.facts


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class Bench:
    """What `measure` is given."""

    def __init__(self, net, report, quick, smoke=False):
        self.net = net
        self.report = report
        self.quick = quick or smoke
        self.smoke = smoke
        self.runs = 1 if smoke else 3 if quick else 5

    def size(self, full, least=1):
        """How many URLs: a tenth when quick, a hundredth for a smoke test; never under `least`."""
        return max(least, full // (100 if self.smoke else 10 if self.quick else 1))

    def interleaved(self, subjects, runs=None, few=()):
        """Calls each of {name: function} in turn, over and over; the first round warms up and is dropped. Those named in `few`
        take part in three rounds at most. A smoke test has one round, and drops none."""
        results = {name: [] for name in subjects}
        runs = 1 if self.smoke else runs or self.runs
        for turn in range(runs if self.smoke else runs + 1):
            for name, run in subjects.items():
                if name in few and turn > FEW_RUNS:
                    continue
                result = run()
                if turn or self.smoke:
                    results[name].append(result)
                    print(f"  {name}: {result}", file=sys.stderr, flush=True)
        return results

    @contextlib.contextmanager
    def origin_apart(self):
        """Gives the cores of the program under test, the origin and this program being kept on another."""
        cores = machine.cores()
        if len(cores) < 2:
            raise RuntimeError("pinning needs two cores")
        pids = [os.getpid(), *self.net["nginx_worker_pids"], self.net["pids"]["dnsmasq"], self.net["pids"]["peers"]]
        try:
            for pid in pids:
                usage.pin(pid, cores[:1])
            yield cores[1:2]
        finally:
            for pid in pids:
                usage.pin(pid, cores)


def leave_on_sigterm():
    """As an exception, so that whatever was started is stopped on the way out."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def main(document, measure):
    leave_on_sigterm()
    name = os.path.splitext(os.path.basename(sys.argv[0]))[0]
    question = document.splitlines()[0]
    parser = argparse.ArgumentParser(description=question)
    parser.add_argument("--quick", action="store_true", help="fewer and smaller runs")
    parser.add_argument("--smoke", action="store_true", help="one tiny run: does it work at all?")
    parser.add_argument("--json", metavar="FILE", help="also write the result there")
    options = parser.parse_args()
    if not os.access(BINARY, os.X_OK):
        sys.exit(f"{name}: {BINARY} is not there: build it (scripts/build release), or set TRAWL_BIN")
    size = "smoke" if options.smoke else "quick" if options.quick else "full"
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # Some peers do not raise it themselves.
    with _test_internet() as net:
        facts = {**machine.describe(BINARY, origin.binary()), "program": machine.digest(sys.argv[0])}
        bench = Bench(net, Report(name, question, facts, size), options.quick, options.smoke)
        measure(bench)
        report = bench.report
    print(report.text(), flush=True)
    if options.json:
        report.write(options.json)
