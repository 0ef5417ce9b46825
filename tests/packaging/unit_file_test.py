#!/usr/bin/env python3
"""The unit file, as systemd reads it: without a complaint, and about as closed as a server can be.

usage: tests/packaging/unit_file_test.py PATH_OF_TRAWL
"""
import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"
MOST_EXPOSED = 2.0  # Of 10, as systemd-analyze sees it.
TRAWL = ""


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60)


class UnitFile(unittest.TestCase):
    def setUp(self):
        self.text = (PACKAGING / "trawl.service").read_text()
        # Where it is not installed there is neither the program nor the user.
        here = self.text.replace("/usr/bin/trawl", TRAWL).replace("=trawl\n", "=daemon\n")
        self.unit = Path(self.enterContext(tempfile.TemporaryDirectory())) / "trawl.service"
        self.unit.write_text(here)

    def test_systemd_finds_nothing_to_mend(self):
        done = analyze("verify", "--man=no", str(self.unit))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_verify_would_find_a_mistake(self):
        self.unit.write_text(self.unit.read_text().replace("NoNewPrivileges", "NoNewPrivilege"))
        self.assertIn("NoNewPrivilege", analyze("verify", "--man=no", str(self.unit)).stderr)

    def test_it_is_closed(self):
        done = analyze("security", "--offline=true", "--no-pager", str(self.unit))
        exposure = float(re.search(r"exposure level for trawl.service: ([\d.]+)", done.stdout)[1])
        self.assertLessEqual(exposure, MOST_EXPOSED, done.stdout)

    def test_it_starts_nothing_that_a_small_system_lacks(self):
        programs = {line.split("=")[1].split()[0] for line in self.text.splitlines() if re.match(r"Exec\w+=", line)}
        self.assertEqual(programs, {"/usr/bin/trawl", "sh"})  # `kill`, say, is of procps.

    def test_its_time_to_stop_is_longer_than_the_drain(self):
        drain = json.loads((PACKAGING / "trawl.json").read_text())["drain_timeout"]
        self.assertGreater(int(re.search(r"^TimeoutStopSec=(\d+)$", self.text, re.M)[1]), drain + 2)

    def test_the_settings_it_names_are_taken(self):
        done = subprocess.run([TRAWL, "serve", "--config", PACKAGING / "trawl.json", "--max-in-flight", "0"],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (1, 2), done.stderr)  # Only that is wrong.
        self.assertIn("--max-in-flight", done.stderr)


if __name__ == "__main__":
    TRAWL = sys.argv.pop(1)
    unittest.main()
