#!/usr/bin/env python3
"""The library as another program finds it: installed into a folder, found by find_package(trawl), and linked by
examples/embed, which is configured and built outside of this tree and then fetches from the test internet.

usage: tests/embed_test.py BUILD_FOLDER CMAKE COMPILER
"""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
from net.process import spawn  # noqa: E402
from net.testnet import TestNet  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
BUILD = CMAKE = COMPILER = ""


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, **more)
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def files_below(folder):
    return {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()}


class Embed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = cls.enterClassContext(TestNet())
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.prefix = cls.folder / "prefix"
        run(CMAKE, "--install", BUILD, "--prefix", cls.prefix, "--component", "development")
        shutil.copytree(ROOT / "examples/embed", cls.folder / "source")  # So that nothing of the tree is near.
        cls.configure("build", "source")
        run(CMAKE, "--build", cls.folder / "build")
        cls.program = cls.folder / "build/embed"
        cls.dns = ("--dns-server", cls.net["dns_server"])
        cls.env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        cls.env["SSL_CERT_FILE"] = cls.net["ca_file"]

    @classmethod
    def configure(cls, into, source):
        return run(CMAKE, "-S", cls.folder / source, "-B", cls.folder / into, f"-DCMAKE_PREFIX_PATH={cls.prefix}",
                   f"-DCMAKE_CXX_COMPILER={COMPILER}", "-DCMAKE_BUILD_TYPE=Release")

    def test_only_public_headers_are_installed(self):
        self.assertEqual(files_below(self.prefix / "include"),
                         {f"trawl/{f.name}" for f in (ROOT / "include/trawl").iterdir()})
        self.assertFalse([f for f in files_below(self.prefix) if "/home/" in f or f.endswith(".cpp")])

    def test_the_package_names_no_place_of_the_tree(self):
        for file in self.prefix.rglob("*.cmake"):
            self.assertNotIn(str(ROOT), file.read_text(), file)

    def test_a_version_that_is_another_is_refused(self):
        other = self.folder / "other"
        other.mkdir()
        (other / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(other CXX)\nfind_package(trawl 99.0 REQUIRED)\n")
        with self.assertRaisesRegex(AssertionError, "99.0"):
            self.configure("other-build", "other")

    def test_it_fetches_and_tells_of_each(self):
        good = f"http://h1.test:{self.net['http_port']}/page/1"
        safe = f"https://h2.test:{self.net['https_port']}/page/2"
        missing = f"http://h1.test:{self.net['http_port']}/status/404"
        done = subprocess.run([self.program, *self.dns, good, safe, missing, "no url"], env=self.env,
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stderr, "")
        for line in (f"200  {good}", f"200  {safe}", f"404  {missing}", "invalid_url  no url", "4 URLs: 2 ok, 2 failed"):
            self.assertIn(line, done.stdout)
        self.assertIn("slowest: ", done.stdout)

    def test_a_signal_cancels_it(self):
        stalled = f"http://h1.test:{self.net['raw_port']}/raw/stall/embedded"
        done_url = f"http://h1.test:{self.net['http_port']}/page/1"
        told = self.folder / "told"
        with open(told, "wb") as out:
            child = spawn(["stdbuf", "-oL", self.program, *self.dns, done_url, stalled], stdout=out, env=self.env)
        self.addCleanup(child.kill)
        give_up = time.monotonic() + 60
        while done_url not in told.read_text():
            self.assertIsNone(child.poll())
            self.assertLess(time.monotonic(), give_up)
            time.sleep(0.02)
        child.send_signal(signal.SIGTERM)
        self.assertEqual(child.wait(60), 2)
        self.assertIn("2 URLs: 1 ok, 1 failed, cancelled", told.read_text())

    def test_options_that_cannot_be_are_told(self):
        done = subprocess.run([self.program, "--dns-server", "nonsense", "http://127.0.0.1/"], env=self.env,
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("nonsense", done.stderr)


if __name__ == "__main__":
    BUILD, CMAKE, COMPILER = sys.argv[1:4]
    del sys.argv[1:4]
    unittest.main()
