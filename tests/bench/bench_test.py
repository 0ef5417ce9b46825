#!/usr/bin/env python3
"""What bench/ consists of beside trawl: its reports, its origin, its peers; and, asked for, every scenario once.

usage: tests/bench/bench_test.py FOLDER_OF_BUILT_PROGRAMS PATH_OF_TRAWL

Times are not judged anywhere. A peer that is not installed is skipped; with TRAWL_TEST_ALL=1 (scripts/test --all
installs them) all scenarios are run in their smallest size, and a peer that is there must work.
"""
import collections
import http.client
import http.server
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import unittest
import xml.etree.ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
if len(sys.argv) > 2:  # kit reads them when it is imported.
    os.environ["TRAWL_BENCH_PROGRAMS"], os.environ["TRAWL_BIN"] = (os.path.abspath(path) for path in sys.argv[1:3])
sys.path.insert(0, str(ROOT / "bench"))

from kit import client, plot, report  # noqa: E402
from kit.batch import Batch  # noqa: E402
from kit.late_origin import LateOrigin  # noqa: E402
from kit.peers import Absent, curl_multi, undici  # noqa: E402
from kit.pollers import Pollers  # noqa: E402
from kit.scenario import Bench, percentile  # noqa: E402
from kit.service import as_json  # noqa: E402
from kit.service_subject import AiohttpService, run_task, why_no_aiohttp  # noqa: E402
from net.testnet import TestNet  # noqa: E402

FACTS = {"date": "today", "cpu": "one", "cores": 2, "memory": "much", "kernel": "6", "load_average": 0.5, "trawl": "trawl 0",
         "nginx": "nginx 0", "peers": {"wrk": "4"}, "binary": "0"}


def with_rows():
    made = report.Report("name", "why?", FACTS, "full")
    made.add("CPU per URL", "trawl", "us", [3.0, 1.0, 2.0], "at most 9")
    made.add("CPU per URL", "a & b", "us", [4.0, 5.0, 4.5])
    made.ratios("CPU per URL", "trawl")
    made.command("a & b", "ab -n 1")
    made.absent("", "hey", "not installed")
    return made


class Reports(unittest.TestCase):
    def test_the_median_and_spread_of_the_runs_are_told(self):
        row = with_rows().rows[0]
        self.assertEqual((row["median"], row["least"], row["most"]), (2.0, 1.0, 3.0))

    def test_the_ratio_to_each_peer_its_command_and_who_is_missing_are_told(self):
        text = with_rows().text()
        for part in ("trawl / each peer: a & b 0.444", "$ ab -n 1", "hey: n/a (not installed)"):
            self.assertIn(part, text)

    def test_a_stored_report_reads_as_it_was(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "a.json")
            with_rows().write(path)
            self.assertEqual(report.read(path).text(), with_rows().text())

    def test_the_picture_has_a_bar_for_each_subject(self):
        made = with_rows()
        tree = xml.etree.ElementTree.fromstring(plot.draw([{"scenario": made.name, "rows": made.rows}]))
        bars = [bar for bar in tree.iter("{http://www.w3.org/2000/svg}rect") if bar.get("x")]
        self.assertEqual(len(bars), 2)
        self.assertIn("a & b", {text.text for text in tree.iter("{http://www.w3.org/2000/svg}text")})


class Runs(unittest.TestCase):
    def test_subjects_take_turns_and_the_first_round_is_dropped(self):
        order = []
        runs = {name: lambda name=name: order.append(name) or len(order) for name in "ab"}
        results = Bench({}, None, quick=True).interleaved(runs, 2)
        self.assertEqual("".join(order), "ababab")
        self.assertEqual(results, {"a": [3, 5], "b": [4, 6]})

    def test_slow_subjects_take_part_in_three_rounds(self):
        results = Bench({}, None, quick=False).interleaved({"fast": lambda: 1, "slow": lambda: 1}, few={"slow"})
        self.assertEqual((len(results["fast"]), len(results["slow"])), (5, 3))

    def test_a_smoke_test_has_one_round(self):
        self.assertEqual(Bench({}, None, quick=False, smoke=True).interleaved({"a": lambda: 1}), {"a": [1]})

    def test_percentiles_are_of_the_values_there_are(self):
        self.assertEqual([percentile(range(1, 101), share) for share in (0.0, 0.5, 0.99, 1.0)], [1, 51, 100, 100])

    def test_what_a_program_used_is_counted(self):
        said, used = client.run([sys.executable, "-c", "x = bytearray(30_000_000); print(sum(range(3_000_000)))"])
        self.assertEqual(said.strip(), str(sum(range(3_000_000))))
        self.assertGreater(used["cpu_s"], 0)
        self.assertGreater(used["peak_mb"], 1)

    def test_a_program_that_fails_is_no_result(self):
        with self.assertRaisesRegex(client.Failed, "ended with 3: oh"):
            client.run([sys.executable, "-c", "print('oh'); raise SystemExit(3)"])


class Peers(unittest.TestCase):
    """Against the origin on libuv."""

    COUNT = 300

    @classmethod
    def setUpClass(cls):
        cls.origin = cls.enterClassContext(LateOrigin())
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.batch = Batch(cls.folder, "late", cls.origin.urls(cls.COUNT, 20, 32))

    def answered(self, run):
        before = self.origin.stats()["answered"]
        result = run()
        return result, self.origin.stats()["answered"] - before

    def fetches_all(self, subject):
        if isinstance(subject, Absent):
            self.skipTest(subject.why)
        result, answered = self.answered(subject.run)
        self.assertEqual(answered, self.COUNT)
        self.assertGreater(result["cpu_us"], 0)

    def test_the_origin_answers_late_and_keeps_the_connection(self):
        line = http.client.HTTPConnection("127.0.1.2", self.origin.port)
        for path in ("/after/30/a", "/at-once"):
            line.request("GET", path)
            answer = line.getresponse()
            self.assertEqual((answer.status, len(answer.read())), (200, 1130))
            self.assertFalse(answer.will_close)
        line.close()

    def test_libcurl_fetches_every_url_over_kept_connections(self):
        accepted = self.origin.stats()["accepted"]
        self.fetches_all(curl_multi(self.batch, 32, None))
        self.assertLessEqual(self.origin.stats()["accepted"] - accepted, 64)

    def test_undici_fetches_every_url(self):
        self.fetches_all(undici(self.batch, 32, None))

    def test_a_peer_that_did_not_fetch_all_is_no_result(self):
        subject = curl_multi(Batch(self.folder, "bad", ["http://127.0.0.1:1/"]), 1, None)
        if isinstance(subject, Absent):
            self.skipTest(subject.why)
        with self.assertRaisesRegex(client.Failed, "not all of 1"):
            subject.run()


class Answers(http.server.BaseHTTPRequestHandler):
    """200, 404 and 503 in turn, over kept connections."""

    protocol_version = "HTTP/1.1"
    turns = itertools.cycle((200, 404, 503))
    given = collections.Counter()
    paths = set()

    def do_GET(self):
        status = next(self.turns)
        self.paths.add(self.path)
        self.send_response(status)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")
        self.given[status] += 1

    def log_message(self, *_):
        pass


class PollingClients(unittest.TestCase):
    CLIENTS, INTERVAL_MS = 12, 20

    def test_each_answer_is_counted_as_what_it_is(self):
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, daemon=True).start()
            with Pollers(server.server_address[1], self.CLIENTS, self.INTERVAL_MS) as pollers:
                pollers.start("/some/task?view=summary")
                while sum(Answers.given.values()) < 300:
                    threading.Event().wait(0.01)
                met = pollers.stop()
            server.shutdown()
        self.assertEqual(Answers.paths, {"/some/task?view=summary"})
        self.assertEqual(met["lost"], 0)
        for told, status in ((met["server_errors"], 503), (met["others"], 404)):
            self.assertLessEqual(told, Answers.given[status])
            self.assertGreaterEqual(told, Answers.given[status] - self.CLIENTS)  # On their way when the others left.
        self.assertGreaterEqual(met["polls"], 300 - self.CLIENTS)
        self.assertTrue(0 < met["p50_ms"] <= met["p99_ms"] <= met["worst_ms"])


class AiohttpRoutes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if why_no_aiohttp():
            raise unittest.SkipTest(why_no_aiohttp())
        cls.net = cls.enterClassContext(TestNet())
        cls.service = cls.enterClassContext(AiohttpService(cls.net.facts, 8))

    def test_a_task_is_fetched_told_and_deleted(self):
        net = self.net.facts
        urls = [f"{net['http']}/page/1", f"http://h3.test:{net['http_port']}/page/2", f"https://h4.test:{net['https_port']}/page/3"]
        run_task(self.service, as_json(urls), len(urls))
        self.assertEqual(self.service.line.json("GET", "/tasks")[0], {})

    def test_what_goes_wrong_is_told_in_the_words_of_the_api(self):
        net = self.net.facts
        urls = {f"{net['http']}/status/404": 404, f"http://127.0.0.1:{net['refused_port']}/": "CONNECT_ERROR",
                f"https://expired.test:{net['https_port']}/": "SSL_ERROR"}
        task, _ = self.service.submit(as_json(list(urls)))
        self.service.wait(task)
        result = self.service.line.json("GET", f"/tasks/{task}")[0]["result"]
        self.service.delete(task)
        self.assertEqual({url: record["errors"]["http"] for url, record in result.items()}, urls)

    def test_bad_input_and_unknown_tasks_are_refused(self):
        ask = self.service.line.ask
        self.assertEqual(ask("POST", "/submit", b'{"urls": 3}')[0], 400)
        self.assertEqual(ask("GET", "/tasks/none")[0], 404)
        self.assertEqual(ask("DELETE", "/tasks/none")[0], 404)


@unittest.skipUnless(os.environ.get("TRAWL_TEST_ALL") == "1", "minutes; TRAWL_TEST_ALL=1")
class Scenarios(unittest.TestCase):
    def run_driver(self, *words):
        done = subprocess.run([ROOT / "bench" / "run", "--smoke", "--no-setup", "--out", self.folder, *words], capture_output=True, text=True,
                              check=False, env=os.environ)
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])
        return done.stdout

    def test_every_scenario_runs_and_none_is_repeated(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.run_driver()
        with open(os.path.join(self.folder, "results.json"), encoding="utf-8") as file:
            results = json.load(file)
        self.assertGreaterEqual(len(results), 14)
        self.assertTrue(all(result["rows"] for result in results))
        xml.etree.ElementTree.parse(os.path.join(self.folder, "results.svg"))
        self.assertEqual(self.run_driver().count(", measured before"), len(results))
        self.assertIn("1 of 1 scenarios measured", self.run_driver("--only", "idle", "--fresh"))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
