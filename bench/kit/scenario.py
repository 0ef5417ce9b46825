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
import signal
import sys

from net import origin
from net.testnet import TestNet

from . import machine, usage
from .report import Report
from .service import BINARY

NET_VARIABLE = "TRAWL_BENCH_NET"


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

    def __init__(self, net, report, quick):
        self.net = net
        self.report = report
        self.quick = quick
        self.runs = 3 if quick else 5

    def size(self, full):
        """How many URLs: a tenth when quick."""
        return full // 10 if self.quick else full

    def interleaved(self, subjects, runs=None):
        """Calls each of {name: function} in turn, over and over; the first round warms up and is dropped."""
        results = {name: [] for name in subjects}
        for turn in range((runs or self.runs) + 1):
            for name, run in subjects.items():
                result = run()
                if turn:
                    results[name].append(result)
                    print(f"  {name}: {result}", file=sys.stderr, flush=True)
        return results

    @contextlib.contextmanager
    def origin_apart(self):
        """Gives the cores of the program under test, the origin and this program being kept on another."""
        cores = machine.cores()
        if len(cores) < 2:
            raise RuntimeError("pinning needs two cores")
        pids = [os.getpid(), *self.net["nginx_worker_pids"]]
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
    parser.add_argument("--json", metavar="FILE", help="also write the result there")
    options = parser.parse_args()
    if not os.access(BINARY, os.X_OK):
        sys.exit(f"{name}: {BINARY} is not there: build it (scripts/build release), or set TRAWL_BIN")
    with _test_internet() as net:
        report = Report(name, question, machine.describe(BINARY, origin.binary()), options.quick)
        measure(Bench(net, report, options.quick))
    print(report.text(), flush=True)
    if options.json:
        report.write(options.json)
