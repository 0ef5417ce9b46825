#!/usr/bin/env python3
"""scripts/check-docs on this tree, and on copies of it with one thing wrong: each must be named.

usage: check_docs_test.py TRAWL [argument of unittest ...]
"""
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TRAWL = Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else ROOT / "build/release/trawl"


def check(edits=()):
    """Runs the checker on a copy of the tree after (file, old, new); returns its exit code and what it printed."""
    with tempfile.TemporaryDirectory(prefix="a path with spaces ") as folder:
        root = Path(folder, "trawl")
        for name in ("docs", "include", "scripts", "src"):
            shutil.copytree(ROOT / name, root / name)
        for file in [*ROOT.glob("*.md"), ROOT / "LICENSE"]:
            shutil.copy(file, root)
        for name, old, new in edits:
            text = (root / name).read_text()
            if old not in text:
                raise AssertionError(f"{name} has no {old!r}: this test must be brought up to date")
            (root / name).write_text(text.replace(old, new))
        command = [sys.executable, ROOT / "scripts" / "check-docs", TRAWL, root]
        run = subprocess.run(command, capture_output=True, text=True)
        return run.returncode, run.stdout + run.stderr


class CheckDocs(unittest.TestCase):
    def assert_wrong(self, name, old, new, expected):
        code, printed = check([(name, old, new)])
        self.assertEqual(code, 1, printed)
        self.assertIn(expected, printed)

    def test_this_tree_is_documented(self):
        code, printed = check()
        self.assertEqual(code, 0, printed)

    def test_names_and_files_that_are_gone_are_told(self):
        life = "docs/life-of-a-url.md"
        self.assert_wrong(life, "`lane::conclude`", "`lane::conclusion`", "`lane::conclusion`: no such name")
        self.assert_wrong(life, "`lane::conclude`", "`host::conclude`", "`host::conclude`: no such name")
        self.assert_wrong(life, "`src/cli/serve.cpp`", "`src/cli/server.cpp`", "`src/cli/server.cpp`: no such file")

    def test_a_function_renamed_in_the_source_is_told(self):
        code, printed = check([(f"src/fetch/lane.{part}", "pull_next()", "take_next()") for part in ("hpp", "cpp")])
        self.assertEqual(code, 1, printed)
        self.assertIn("`lane::pull_next`: no such name", printed)

    def test_each_table_of_the_readme_is_compared(self):
        self.assert_wrong("README.md", "`GET /readyz`", "`GET /ready`",
                          "the route GET /readyz of src/api/routes/routes.cpp is missing")
        self.assert_wrong("README.md", "| `retries` |", "| `tries` |", "the option tries is not in")
        self.assert_wrong("README.md", "`--no-auth` | off", "`--open` | off",
                          "the flag --no-auth of trawl serve --help is missing")
        self.assert_wrong("README.md", "`invalid_redirect`", "`bad_redirect`", "the error code bad_redirect is not in")

    def test_links_lead_somewhere(self):
        self.assert_wrong("README.md", "(SECURITY.md)", "(SAFETY.md)", "the link to SAFETY.md leads nowhere")


if __name__ == "__main__":
    unittest.main()
