#!/usr/bin/env python3
"""scripts/check-api on this tree, and on small ones with one thing wrong: each must be named."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = "# The API\n\n## 1. Routes\n\n- **1.1** One.\n- **1.2** Two.\n\n## 2. Flags\n\n| | flag |\n| --- | --- |\n| **2.1** | `--x` |\n"
PYTHON = 'class Some(Test):\n    def test_one(self):\n        # [api 1.1, 2.1]\n        """Text."""\n        self.fail()\n'
CPP = 'TEST_CASE("two") {\n  // [api 1.2]\n  CHECK(true);\n}\n'


def check(page=PAGE, python=PYTHON, cpp=CPP):
    """Exit code and what was printed for such a tree."""
    with tempfile.TemporaryDirectory(prefix="a path with spaces ") as folder:
        root = Path(folder)
        for name, text in (("docs/api.md", page), ("tests/e2e/test_some.py", python), ("tests/api/some_test.cpp", cpp)):
            (root / name).parent.mkdir(parents=True)
            (root / name).write_text(text)
        return run(root)


def run(*arguments):
    done = subprocess.run([sys.executable, ROOT / "scripts" / "check-api", *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


class CheckApi(unittest.TestCase):
    def assert_wrong(self, expected, **changed):
        code, printed = check(**changed)
        self.assertEqual(code, 1, printed)
        self.assertIn(expected, printed)

    def test_this_tree_has_a_test_for_each_statement(self):
        code, printed = run()
        self.assertEqual(code, 0, printed)

    def test_a_small_tree_in_order(self):
        self.assertEqual(check(), (0, "api: 3 statements, named 3 times by tests, 0 breaches\n"))

    def test_a_statement_without_a_test(self):
        self.assert_wrong("docs/api.md:6: no test names 1.2", cpp="")
        self.assert_wrong("docs/api.md:7: no test names 1.3", page=PAGE.replace("Two.", "Two.\n- **1.3** Three."))

    def test_a_test_for_no_statement(self):
        self.assert_wrong("tests/api/some_test.cpp:6: docs/api.md has no statement 1.9", cpp=CPP + CPP.replace("1.2", "1.9"))

    def test_a_tag_anywhere_else(self):
        for python in (PYTHON.replace("test_one", "helper"), PYTHON.replace("        # [api", "        x = 1\n        # [api"),
                       PYTHON.replace("# [api 1.1, 2.1]", "# see [api 1.1, 2.1]"), PYTHON.replace("1.1, 2.1", "1.1 2.1")):
            self.assert_wrong("a tag stands alone on the first line of a test", python=python)
        self.assert_wrong("a tag stands alone on the first line of a test", cpp=CPP + "void helper() {\n  // [api 1.2]\n}\n")

    def test_numbers_out_of_order(self):
        self.assert_wrong("docs/api.md:6: 1.1 where 1.2 would be next", page=PAGE.replace("**1.2**", "**1.1**"))
        self.assert_wrong("3.1 where 2.1 would be next", page=PAGE.replace("**2.1**", "**3.1**"))


if __name__ == "__main__":
    unittest.main()
