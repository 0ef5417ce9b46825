#!/usr/bin/env python3
"""scripts/check-coroutines on small sources, good and bad: a checker that never fails checks nothing."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CHECKER = Path(__file__).resolve().parents[2] / "scripts" / "check-coroutines"


def check(source, name="src/fetch/lane.cpp"):
    """Runs the checker on a tree of one file; returns its exit code and what it printed."""
    with tempfile.TemporaryDirectory(prefix="a path with spaces ") as root:
        file = Path(root, name)
        file.parent.mkdir(parents=True)
        file.write_text(source)
        run = subprocess.run([sys.executable, CHECKER, root], capture_output=True, text=True)
        return run.returncode, run.stdout + run.stderr


class CheckCoroutines(unittest.TestCase):
    def assert_breach(self, source, line, rule):
        code, printed = check(source)
        self.assertEqual(code, 1, f"{source}\n{printed}")
        self.assertIn(f"src/fetch/lane.cpp:{line}: {rule}", printed)

    def assert_fine(self, source):
        code, printed = check(source)
        self.assertEqual(code, 0, f"{source}\n{printed}")

    def test_an_operand_of_a_logical_operator_awaits_nothing(self):
        for statement in ("while (pull_next() || co_await idle()) go();", "do go(); while (f() && co_await b());",
                          "if (f() && co_await b()) go();", "if (co_await b() && f()) go();",
                          "co_return f() || co_await b();", "const bool v = f() && (co_await b()).ok;",
                          "for (; f() && co_await b();) go();", "go(f() || g(co_await b()));",
                          "if (f() &&\n co_await b()) go();"):
            operator = "&&" if "&&" in statement else "||"
            line = 2 if "\n" in statement else 1
            self.assert_breach(f"awaitable<void> lane::run() {{ {statement} }}\n", line,
                               f"co_await in an operand of {operator}")

    def test_an_operand_of_a_choice_awaits_nothing(self):
        rule = "co_await in an operand of ?:"
        self.assert_breach("awaitable<void> f() { auto v = x ? co_await a() : co_await b(); }\n", 1, rule)
        self.assert_breach("awaitable<void> f() {\n  auto v = x ? y : co_await b();\n}\n", 2, rule)

    def test_a_capturing_lambda_does_not_stand_in_a_statement_that_awaits(self):
        for statement in ("co_await f([held] { go(held); });", "co_await f(1, [&] { go(); });",
                          "auto r = co_await f([this](int x) { return x; }, y);"):
            self.assert_breach(f"awaitable<void> g() {{\n  {statement}\n}}\n", 2, "a lambda that captures")

    def test_asio_operators_are_refused(self):
        self.assert_breach("#include <boost/asio/experimental/awaitable_operators.hpp>\n", 1,
                           "Asio's awaitable operators")

    def test_statements_beside_each_other_are_not_one(self):
        for source in ("if (step && where.tls) step = co_await shake_hands(where);",
                       "if (!more && alive()) more = co_await idle(); else if (a || b) co_await c();",
                       "while (a && b) { co_await c(); }", "const bool v = a && b; co_await c();",
                       "co_await f(a && b, c || d);", "co_await f(x ? 1 : 2);", "auto&& r = co_await f();",
                       "for (auto&& each : list) co_await f(each);", "switch (a && b) { case true: co_await c(); }",
                       "if constexpr (a && b) co_await c();",
                       "take(std::move(a), [](int&& x) { return x; }); co_await c();",
                       "const auto [ec, n] = co_await f(to[i], use_tuple);", "co_await f([](int x) { return x; });",
                       "loop.post([this] { go(); }); co_await c();",
                       "if (auto sent = co_await f(); !sent) co_return sent;"):
            self.assert_fine(f"awaitable<void> f() {{ {source} }}\n")

    def test_what_is_no_code_is_not_read(self):
        for source in ("// Not `a || co_await b`.", "/* a &&\n co_await b */", 'const char* s = "a && co_await b";',
                       'auto s = R"(a || co_await b)";', "#define BOTH(a, b) a && \\\n  co_await b",
                       "char c = '\"'; int n = 10'000;"):
            self.assert_fine(source + "\nint x;\n")

    def test_the_body_of_a_lambda_is_not_awaited_by_what_is_around_it(self):
        self.assert_fine("bool v = a && spawn([]() -> awaitable<void> { co_await f(); });\n")

    def test_tests_are_checked_too_and_a_tree_without_sources_is_a_mistake(self):
        self.assertEqual(check("awaitable<void> f() { a() && co_await b(); }\n", "tests/shard/x_test.cpp")[0], 1)
        self.assertEqual(check("", "src/readme.txt")[0], 1)

    def test_this_tree_passes(self):
        run = subprocess.run([sys.executable, CHECKER], capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)


if __name__ == "__main__":
    unittest.main()
