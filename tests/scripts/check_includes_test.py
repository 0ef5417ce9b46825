#!/usr/bin/env python3
"""scripts/check-includes on small trees, good and bad: a checker that never fails checks nothing."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CHECKER = Path(__file__).resolve().parents[2] / "scripts" / "check-includes"


def check(files):
    """Runs the checker on a tree of {path: text}; returns its exit code and what it printed."""
    with tempfile.TemporaryDirectory(prefix="a path with spaces ") as root:
        for name, text in files.items():
            file = Path(root, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        run = subprocess.run([sys.executable, CHECKER, root], capture_output=True, text=True)
        return run.returncode, run.stdout + run.stderr


def header(*includes):
    return "#pragma once\n" + "".join(f"#include {name}\n" for name in includes)


class CheckIncludes(unittest.TestCase):
    def assert_breach(self, files, *expected):
        code, printed = check(files)
        self.assertEqual(code, 1, printed)
        for text in expected:
            self.assertIn(text, printed)

    def test_a_tree_that_follows_the_order_passes(self):
        code, printed = check({
            "include/trawl/error.hpp": header("<string>"),
            "src/base/clock.hpp": header("<chrono>"),
            "src/url/url.hpp": header('"base/clock.hpp"', '"trawl/error.hpp"'),
            "src/cli/serve.hpp": header('"url/url.hpp"', '"base/clock.hpp"', "<boost/asio/awaitable.hpp>"),
            "src/main.cpp": '#include "cli/serve.hpp"\n',
            "tests/url/url_test.cpp": '#include "url/url.hpp"\n',
        })
        self.assertEqual(code, 0, printed)

    def test_an_include_upwards_is_named_with_its_line(self):
        self.assert_breach(
            {"src/base/clock.hpp": header("<chrono>", '"url/url.hpp"'), "src/url/url.hpp": header()},
            "src/base/clock.hpp:3: base/ must not include url/")

    def test_stages_side_by_side_do_not_know_each_other(self):
        self.assert_breach(
            {"src/frontier/host.hpp": header('"connect/dialer.hpp"'), "src/connect/dialer.hpp": header()},
            "src/frontier/host.hpp:2: frontier/ must not include connect/")

    def test_a_circle_inside_one_folder_is_found(self):
        self.assert_breach(
            {"src/base/a.hpp": header('"base/b.hpp"'), "src/base/b.hpp": header('"base/a.hpp"')},
            "src/base/b.hpp:2: includes run in a circle: src/base/a.hpp -> src/base/b.hpp -> src/base/a.hpp")

    def test_public_headers_know_nothing_of_src(self):
        self.assert_breach(
            {"include/trawl/crawler.hpp": header('"base/clock.hpp"'), "src/base/clock.hpp": header()},
            "include/trawl/crawler.hpp:2: include/trawl is for other programs")

    def test_src_knows_nothing_of_the_tests(self):
        self.assert_breach(
            {"src/api/router.hpp": header('"net/origin.hpp"'), "tests/net/origin.hpp": header()},
            "src/api/router.hpp:2: api/ must not include tests/net/origin.hpp")

    def test_a_folder_in_a_folder_has_its_place_too(self):
        self.assert_breach(
            {"src/api/http/session.hpp": header('"api/door/door.hpp"'), "src/api/door/door.hpp": header()},
            "src/api/http/session.hpp:2: api/http/ must not include api/door/")

    def test_umbrella_headers_are_refused(self):
        self.assert_breach(
            {"src/base/loop.hpp": header("<boost/asio.hpp>"), "tests/x_test.cpp": "#include <boost/beast.hpp>\n"},
            "src/base/loop.hpp:2: <boost/asio.hpp>", "tests/x_test.cpp:1: <boost/beast.hpp>")

    def test_a_header_without_pragma_once_is_refused(self):
        self.assert_breach({"src/base/clock.hpp": "#include <chrono>\n"}, "src/base/clock.hpp:1: a header without")

    def test_a_missing_file_and_an_unknown_folder_are_refused(self):
        self.assert_breach(
            {"src/base/clock.hpp": header('"base/gone.hpp"'), "src/misc/helper.hpp": header()},
            'src/base/clock.hpp:2: "base/gone.hpp" is no file of ours', "src/misc/helper.hpp:1: no place for misc/")

    def test_a_tree_without_sources_is_a_mistake(self):
        self.assertEqual(check({})[0], 1)


if __name__ == "__main__":
    unittest.main()
