"""trawl on a real terminal (tmux), and what it tells shells and man about itself."""
import os
import re
import shlex
import subprocess
import tempfile

from harness import SLOW, TRAWL, NetTest, clean_environment, main, until


class Terminal:
    """A shell in a tmux of its own, `columns` wide; what was typed and answered is on screen()."""

    def __init__(self, shell, columns=100):
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)  # A dying shell may still write there.
        self.socket = os.path.join(self.folder.name, "tmux")
        folder = os.path.dirname(TRAWL)
        environment = {**clean_environment(), "PATH": f"{folder}:{os.environ['PATH']}", "HOME": self.folder.name,
                       "HISTFILE": "", "LC_ALL": "C.UTF-8", "PS1": "ready> ", "TERM": "xterm-256color"}
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", "40", *shell, env=environment)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tmux("kill-server")
        self.folder.cleanup()

    def tmux(self, *arguments, env=None):
        done = subprocess.run(["tmux", "-S", self.socket, *arguments], capture_output=True, text=True, check=False,
                              timeout=30 * SLOW, env=env)
        return done.stdout

    def type(self, *keys):
        self.tmux("send-keys", *keys)

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def shows(self, *words, within_s=20.0):
        return until(lambda: all(word in self.screen() for word in words), within_s, every_s=0.05)


BASH = ("bash", "--norc", "--noprofile", "-i")


class OnATerminal(NetTest):
    def check(self, *arguments):
        return shlex.join(["trawl", "check", "--dns-server", self.net["dns_server"], "--ca-file", self.net["ca_file"],
                           *arguments])

    def test_the_bar_moves_while_it_runs_and_gives_way_to_the_summary(self):
        # [api 5.2]
        urls = [self.http(f"/page/{n}") for n in range(3)] + [self.raw("stall/terminal")]
        with Terminal(BASH) as terminal:
            terminal.type(self.check("--timeout-ms", str(int(4000 * SLOW)), "--retries", "0", *urls), "Enter")
            self.assertTrue(terminal.shows("3/4", "75%"), terminal.screen())
            self.assertTrue(terminal.shows("4 URLs in", "3 ok, 1 failed", "ready>"), terminal.screen())
            self.assertNotIn("75%", terminal.screen())
            self.assertIn("http_response_timeout", terminal.screen())

    def test_a_narrow_terminal_is_not_wrapped(self):
        with Terminal(BASH, columns=24) as terminal:
            terminal.type("clear; " + self.check("--timeout-ms", "60000", self.raw("stall/narrow")), "Enter")
            self.assertTrue(terminal.shows("0/1"), terminal.screen())
            bars = [line for line in terminal.screen().splitlines() if "0/1" in line]
            self.assertEqual(len(bars), 1)
            terminal.type("C-c")
            self.assertTrue(terminal.shows("0 ok"), terminal.screen())

    def test_ctrl_c_ends_it_with_what_it_has(self):
        with Terminal(BASH) as terminal:
            terminal.type(self.check("--timeout-ms", "60000", self.http("/page/1"), self.raw("stall/interrupted")),
                          "Enter")
            self.assertTrue(terminal.shows("1/2"), terminal.screen())
            terminal.type("C-c")
            self.assertTrue(terminal.shows("1 ok"), terminal.screen())
            terminal.type("echo status $?", "Enter")
            self.assertTrue(terminal.shows("status 130"), terminal.screen())


class ToShells(NetTest):
    @classmethod
    def setUpClass(cls):
        pass  # Needs no internet.

    def test_bash_zsh_and_fish_complete_on_tab(self):
        # [api 5.8]
        shells = {
            "bash": (BASH, ". <(trawl completion bash)"),
            "zsh": (("zsh", "-f", "-i"), "autoload -U compinit; compinit -u -D; . <(trawl completion zsh)"),
            "fish": (("fish", "--private", "--init-command", "function fish_prompt; echo 'ready> '; end"),
                     "trawl completion fish | source"),
        }
        for shell, (command, setup) in shells.items():
            with self.subTest(shell=shell), Terminal(command) as terminal:
                self.assertTrue(terminal.shows("ready>"), terminal.screen())
                terminal.type(setup + "; clear; echo set up", "Enter")
                self.assertTrue(until(lambda: terminal.screen().count("set up") == 1, 20), terminal.screen())
                terminal.type("trawl check --form", "Tab")  # The only flag that begins so.
                self.assertTrue(terminal.shows("--format"), terminal.screen())
                terminal.type("ndj", "Tab")
                self.assertTrue(terminal.shows("ndjson"), terminal.screen())

    def test_an_unknown_shell_is_an_error(self):
        done = subprocess.run([TRAWL, "completion", "tcsh"], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("bash|zsh|fish", done.stderr)

    def test_the_manual_page_is_one(self):
        # [api 5.8]
        page = subprocess.run([TRAWL, "man"], capture_output=True, check=True).stdout
        lint = subprocess.run(["mandoc", "-T", "lint", "-W", "error"], input=page, capture_output=True, check=False)
        self.assertEqual((lint.returncode, lint.stdout), (0, b""))
        shown = subprocess.run(["mandoc", "-T", "utf8"], input=page, capture_output=True, check=True).stdout.decode()
        plain = re.sub(".\x08", "", shown)  # Bold is a letter struck twice.
        missing = [word for word in ("TRAWL_MAX_URLS", "SYNOPSIS", "EXIT STATUS") if word not in plain]
        self.assertEqual(missing, [])


if __name__ == "__main__":
    main()
