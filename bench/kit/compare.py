"""One case of a scenario: all subjects in turn, then a row of each for CPU, throughput and memory, and the ratios."""
from . import client
from .peers import Absent

_MEASURES = (("cpu_us", "CPU per URL", "us"), ("per_s", "URLs per second", "1/s"), ("peak_mb", "peak memory", "MB"))


def guarded(bench, name, run, failures):
    """The function `run`, but a peer that fails is n/a from then on, its reason in `failures`. trawl failing ends the scenario, and
    in a smoke test so does a peer."""
    def attempt():
        if name in failures:
            return None
        try:
            return run()
        except client.Failed as error:
            if bench.smoke or name.startswith("trawl"):
                raise
            failures[name] = " ".join(str(error).split())[-300:]
            return None
    return attempt


def compare(bench, case, subjects, aim="", absent=None):
    """Runs and reports `subjects`; the first is what the others are compared with. `absent`: {name: why} beside those that
    are Absent themselves. Returns {name: [result, ...]}."""
    missing = {**(absent or {}), **{one.name: one.why for one in subjects if isinstance(one, Absent)}}
    subjects = [one for one in subjects if not isinstance(one, Absent)]
    failures = {}
    results = bench.interleaved({one.name: guarded(bench, one.name, one.run, failures) for one in subjects}, few={one.name for one in subjects if one.slow})
    results = {name: [run for run in runs if run] for name, runs in results.items() if name not in failures}
    for key, what, unit in _MEASURES:
        measure = f"{what}, {case}" if case else what
        for name, runs in results.items():
            bench.report.add(measure, name, unit, (run[key] for run in runs), aim if (key, name) == ("cpu_us", subjects[0].name) else "")
        if key != "peak_mb":
            bench.report.ratios(measure, subjects[0].name)
    for one in subjects:
        bench.report.command(one.name, one.shown())
    for name, why in {**missing, **failures}.items():
        bench.report.absent(case, name, why)
    return results
