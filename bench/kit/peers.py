"""The peers that are programs of one run: how each is told to fetch a batch, at its best, and what it then cost.

Each function gives a Subject, or an Absent that says why there is none. wrk, h2load, ab and hey repeat one
request, so they are the limit rather than a rival; they do not check certificates either.
"""
import json
import os
import re
import shutil

from . import client
from .service import PROGRAMS, ROOT

_NODE_PATH = "/usr/share/nodejs"  # Where Debian's packages are.
_HERE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "peers")


class Subject:
    """`run()` gives {"cpu_us", "per_s", "peak_mb", "count"}; `command`, a list of words, is shown; `slow` ones run less often."""

    def __init__(self, name, run, command, slow=False, env=None):
        self.name = name
        self.run = run
        self.env = env
        self.command = [str(word) for word in command]
        self.slow = slow

    def shown(self):
        short = (word.replace(ROOT + "/", "") for word in self.command)
        return " ".join(word if len(word) < 80 else word[:77] + "..." for word in short)


class Absent:
    def __init__(self, name, why):
        self.name = name
        self.why = why


def _per_url(used, count):
    return {"cpu_us": used["cpu_s"] / count * 1e6, "per_s": count / used["wall_s"], "peak_mb": used["peak_mb"], "count": count}


def _subject(name, command, count, cores, check, slow=False, env=None, under=()):
    """`check(said)` raises client.Failed unless the program fetched what it should; it may return another count. `under`: words
    before the command, to run it in another surrounding (kit/resolver.py)."""
    if not shutil.which(command[0]):
        return Absent(name, f"{command[0]} is not installed (scripts/setup bench)")
    command = [*under, *command]

    def run():
        said, used = client.run(list(map(str, command)), cores, env)
        return _per_url(used, check(said) or count)
    return Subject(name, run, command, slow, env)


def _counted(count):
    """Of curl_multi and undici.mjs, which say what they did as JSON."""
    def check(said):
        last = said.strip().splitlines()[-1]
        if json.loads(last)["ok"] != count:
            raise client.Failed(f"not all of {count} went well: {said[-300:]}")
    return check


def _found(pattern, at_least):
    def check(said):
        found = re.search(pattern, said)
        if not found or int(found.group(1)) < at_least:
            raise client.Failed(f"not all of {at_least} went well: {said[-500:]}")
    return check


def curl_multi(batch, connections, cores, slow=False, under=()):
    program = os.path.join(PROGRAMS, "curl_multi")
    if not os.access(program, os.X_OK):
        return Absent("libcurl multi", "not built: libcurl's headers were missing (scripts/setup bench, scripts/build release)")
    command = [program, batch.url_file, connections, batch.ca_file or "-"] + ([batch.resolve_file] if batch.resolve_file else [])
    return _subject("libcurl multi", command, batch.count, cores, _counted(batch.count), slow, under=under)


def curl_parallel(batch, connections, cores, slow=False, under=()):
    """The URLs by a glob where they have one, which curl expands as it goes; else by a file."""
    command = ["curl", "--no-progress-meter", "--parallel", "--parallel-max", str(min(connections, 300)), "--output", "/dev/null",
               "--write-out", "%{http_code}\\n", "--noproxy", "*", "--ipv4"]
    command += ["--cacert", batch.ca_file] if batch.ca_file else []
    command += ["--config", batch.curl_resolve_file] if batch.resolve_file else []
    command += [batch.glob] if batch.glob else ["--config", batch.curl_url_file]

    def check(said):
        good = said.count("200\n")
        if good != batch.count:
            raise client.Failed(f"{good} of {batch.count} went well: {said[-300:]}")
    return _subject("curl --parallel", command, batch.count, cores, check, slow, under=under)


def undici(batch, connections, cores, slow=False, dns_server="-"):
    if not os.path.exists(os.path.join(_NODE_PATH, "undici", "package.json")):
        return Absent("undici", "not installed (scripts/setup bench)")
    command = ["node", os.path.join(_HERE, "undici.mjs"), batch.url_file, str(connections), batch.ca_file or "-", dns_server]
    command += [batch.resolve_file] if batch.resolve_file else []
    return _subject("undici", command, batch.count, cores, _counted(batch.count), slow, {**os.environ, "NODE_PATH": _NODE_PATH})


def ffuf(batch, connections, cores, slow=False, under=()):
    """It puts words into one URL; nothing is to match, so it prints nothing, and an error would be counted."""
    command = ["ffuf", "-u", batch.pattern, "-w", batch.word_file, "-t", str(connections), "-mc", "599", "-timeout", "20"]

    def check(said):
        done = re.findall(r"Progress: \[(\d+)/(\d+)\].*?Errors: (\d+)", said)
        if not done or int(done[-1][0]) < batch.count or int(done[-1][2]) > 0:
            raise client.Failed(f"ffuf: {said[-300:]}")
    return _subject("ffuf", command, batch.count, cores, check, slow, under=under)


def hey(url, count, connections, cores, slow=False, keep_alive=True):
    count -= count % connections  # It gives each worker the same number.
    command = ["hey", "-n", str(count), "-c", str(connections), "-disable-compression", *["-disable-keepalive"] * (not keep_alive), url]
    return _subject("hey", command, count, cores, _found(r"\[200\]\s+(\d+) responses", count), slow)


def ab(url, count, connections, cores, keep_alive=True, slow=False):
    command = ["ab", "-q", "-n", str(count), "-c", str(connections), *["-k"] * keep_alive, url]

    def check(said):
        _found(r"Complete requests:\s+(\d+)", count)(said)
        if "Non-2xx" in said or not re.search(r"Failed requests:\s+0\b", said):
            raise client.Failed(said[-500:])
    return _subject("ab" if keep_alive else "ab, no keep-alive", command, count, cores, check, slow)


def h2load(url, count, connections, cores):
    command = ["h2load", "--h1", "-n", str(count), "-c", str(connections), url]
    return _subject("h2load", command, count, cores, _found(r"(\d+) succeeded", count))


def wrk(url, connections, seconds, cores, script=None):
    command = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s",
               *(["--script", script] if script else []), url]

    def check(said):
        if "Non-2xx" in said:
            raise client.Failed(said[-500:])
        return int(re.search(r"(\d+) requests in", said).group(1))
    return _subject(f"wrk -c{connections}", command, 0, cores, check)
