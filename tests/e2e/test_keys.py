"""API keys: who gets in, what each may do, whose tasks it sees, and how keys come and go while the service runs."""
import os
import re
import signal
import subprocess
import unittest

from harness import TEXT, TRAWL, NetTest, Service, free_port, main, until

NO_TASK = "/tasks/00000000-0000-4000-8000-000000000000"
READING = ("/tasks", "/tasks?view=summary", NO_TASK, NO_TASK + "/results", NO_TASK + "/events", NO_TASK + "/ws",
           NO_TASK + "/stats", "/metrics")
WRITING = (("POST", "/submit"), ("POST", "/tasks"), ("DELETE", NO_TASK), ("POST", NO_TASK + "/cancel"),
           ("POST", NO_TASK + "/retry"))


def make_key(*words):
    return subprocess.run([TRAWL, "key", "new", *words], capture_output=True, text=True, check=True).stdout


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


class KeyedTest(NetTest):
    """A service with keys for two callers, one who only looks, and an admin."""

    flags = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.path = os.path.join(cls.net["dir"], f"keys-{cls.__name__}")
        cls.key = {name: make_key("--name", name, *scope, "--append", cls.path).strip()
                   for name, scope in (("ann", ()), ("ben", ()), ("eve", ("--read-only",)), ("boss", ("--admin",)))}
        cls.service = cls.enterClassContext(Service(cls.net, "--api-key-file", cls.path, *cls.flags, log_level="debug"))

    def ask(self, who, method, path, body=None, headers=None, **more):
        return self.service.curl(method, path, body, {**bearer(self.key[who]), **(headers or {})}, **more)

    def submit(self, who, urls):
        reply = self.ask(who, "POST", "/submit", {"urls": urls})
        self.assertEqual(reply.status, 200, reply)
        return reply.json()["task_id"]


class Keys(KeyedTest):
    def test_without_a_key_or_with_a_wrong_one_every_route_but_the_probes_is_401(self):
        for headers, challenge in (({}, 'Bearer realm="trawl"'), (bearer("trawl_" + "A" * 43), 'error="invalid_token"'),
                                   ({"Authorization": "Basic YTpi"}, 'error="invalid_token"')):
            for method, path in [("GET", path) for path in (*READING, "/nothing")] + [("HEAD", "/tasks"), *WRITING]:
                reply = self.service.curl(method, path, None, headers)
                if method == "HEAD":
                    self.assertEqual(reply.status, 401)
                else:
                    self.assert_problem(reply, 401)
                self.assertIn(challenge, reply.headers["www-authenticate"], (method, path))
        for path in ("/healthz", "/readyz"):
            self.assertEqual(self.service.curl("GET", path).status, 200)

    def test_a_key_that_only_reads_changes_nothing(self):
        for path in READING:
            self.assertIn(self.ask("eve", "GET", path).status, (200, 404), path)
        for method, path in WRITING:
            reply = self.ask("eve", method, path, '{"urls": []}' if method == "POST" else None)
            self.assert_problem(reply, 403)
            self.assertIn('error="insufficient_scope"', reply.headers["www-authenticate"])

    def test_anothers_task_is_404_on_every_route_and_stays_untouched(self):
        # [api 6.12]
        task = self.submit("ann", [self.raw("stall/keys")])
        for who in ("ben", "eve"):
            for path in (f"/tasks/{task}", f"/tasks/{task}?view=summary", f"/tasks/{task}/results", f"/tasks/{task}/events",
                         f"/tasks/{task}/stats"):
                self.assert_problem(self.ask(who, "GET", path), 404)
            for listed in ("/tasks", "/tasks?view=summary", "/tasks?limit=1000"):
                self.assertNotIn(task, self.ask(who, "GET", listed).json())
        for method, path in (("POST", f"/tasks/{task}/cancel"), ("POST", f"/tasks/{task}/retry"), ("DELETE", f"/tasks/{task}")):
            self.assert_problem(self.ask("ben", method, path), 404)
        self.assertEqual(self.ask("ann", "GET", f"/tasks/{task}?view=summary").json()["status"], "running")
        self.assertIn(task, self.ask("ann", "GET", "/tasks").json())
        self.assertEqual(self.ask("ben", "GET", "/tasks?status=running").headers["x-total-count"], "0")
        self.assertIn(task, self.ask("boss", "GET", "/tasks").json())
        self.assertEqual(self.ask("boss", "GET", f"/tasks/{task}/results").status, 200)
        self.assertEqual(self.ask("boss", "POST", f"/tasks/{task}/cancel").json()["status"], "cancelled")
        self.assertEqual(self.ask("ann", "DELETE", f"/tasks/{task}").status, 204)

    def test_a_retried_task_belongs_to_the_same_caller_whoever_retried_it(self):
        task = self.submit("ann", ["nope"])
        self.assertTrue(until(lambda: self.ask("ann", "GET", f"/tasks/{task}?view=summary").json()["status"] == "done"))
        for who in ("ann", "boss"):
            reply = self.ask(who, "POST", f"/tasks/{task}/retry")
            self.assertEqual(reply.status, 202, reply)
            self.assertEqual(self.ask("ann", "GET", reply.json()["url"]).status, 200)
            self.assert_problem(self.ask("ben", "GET", reply.json()["url"]), 404)

    def test_an_idempotency_key_is_each_callers_own(self):
        # [api 2.17]
        key = {"Idempotency-Key": "once"}
        made = {who: self.ask(who, "POST", "/submit", {"urls": []}, key).json()["task_id"] for who in ("ann", "ben")}
        self.assertNotEqual(made["ann"], made["ben"])
        self.assertEqual(self.ask("ann", "POST", "/submit", {"urls": []}, key).json()["task_id"], made["ann"])

    def test_a_body_is_not_read_for_who_may_not_submit(self):
        reply = self.service.curl("POST", "/submit", "x" * 1000000, TEXT)
        self.assert_problem(reply, 401)

    def test_a_page_of_another_origin_and_another_host_name_are_no_matter_with_a_key(self):
        page = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site", "Host": "trawl.example"}
        self.assertEqual(self.ask("ann", "GET", "/tasks", None, page).status, 200)
        self.assert_problem(self.service.curl("GET", "/tasks", None, page), 401)

    def test_no_key_is_ever_logged(self):
        unknown = "trawl_" + "B" * 43
        self.service.curl("GET", "/tasks", None, bearer(unknown))
        self.submit("ann", [])
        said = self.service.said()
        self.assertIn("request answered", said)
        for secret in (unknown, *self.key.values()):
            self.assertNotIn(secret, said)


class Reloading(KeyedTest):
    def status(self, secret):
        return self.service.curl("GET", "/tasks", None, bearer(secret)).status

    def test_keys_come_and_go_while_the_service_runs(self):
        # [api 6.13]
        added = make_key("--name", "ann", "--append", self.path).strip()
        self.assertTrue(until(lambda: self.status(added) == 200))
        self.assertEqual(self.status(self.key["ben"]), 200)
        with open(self.path, encoding="ascii") as file:
            lines = [line for line in file if not line.startswith("ben ")]
        with open(self.path + ".new", "w", encoding="ascii") as file:
            file.writelines(lines)
        os.rename(self.path + ".new", self.path)
        self.assertTrue(until(lambda: self.status(self.key["ben"]) == 401))
        self.assertEqual(self.status(added), 200)
        task = self.submit("ann", [])
        self.assertEqual(self.service.curl("GET", f"/tasks/{task}", None, bearer(added)).status, 200)

    def test_a_broken_file_changes_nothing_and_is_told_and_sighup_reads_it_again(self):
        # [api 6.13]
        with open(self.path, encoding="ascii") as file:
            good = file.read()
        with open(self.path, "w", encoding="ascii") as file:
            file.write("nonsense\n")
        self.assertTrue(until(lambda: "not reloaded" in self.service.said()))
        self.assertEqual(self.status(self.key["boss"]), 200)
        with open(self.path, "w", encoding="ascii") as file:
            file.write(good)
        def reads():
            return self.service.said().count("keys and certificates read")
        self.assertTrue(until(reads))
        before = reads()
        self.service.process.send_signal(signal.SIGHUP)
        self.assertTrue(until(lambda: reads() > before))
        self.assertEqual(self.status(self.key["boss"]), 200)

    def test_a_folder_in_place_of_the_file_is_told_and_the_keys_stay(self):
        os.rename(self.path, self.path + ".kept")
        os.mkdir(self.path)
        self.service.process.send_signal(signal.SIGHUP)
        self.assertTrue(until(lambda: "cannot be read: Is a directory" in self.service.said()))
        self.assertEqual(self.status(self.key["boss"]), 200)
        os.rmdir(self.path)
        os.rename(self.path + ".kept", self.path)


class Command(unittest.TestCase):
    def test_a_key_is_shown_once_beside_its_line_for_the_file(self):
        # [api 5.8]
        shown = make_key("--name", "x", "--read-only")
        self.assertRegex(shown, re.compile(r"^The key, shown this once: trawl_[\w-]{43}\n"
                                           r"Its line for the key file: x read-only sha256:[0-9a-f]{64}\n$"))

    def test_help_names_what_there_is_and_a_mistake_is_exit_1(self):
        shown = subprocess.run([TRAWL, "key", "--help"], capture_output=True, text=True, check=True).stdout
        for word in ("--name", "--read-only", "--admin", "--append"):
            self.assertIn(word, shown)
        for words in ([], ["new", "--frob"], ["new", "--name", "a b"]):
            done = subprocess.run([TRAWL, "key", *words], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("Usage: trawl key new", done.stderr)


class Starting(NetTest):
    def refused(self, *flags):
        done = subprocess.run([TRAWL, "serve", "--listen", f"127.0.0.1:{free_port()}", *flags], capture_output=True,
                              text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 1)
        return done.stderr

    def test_a_key_file_that_is_missing_or_wrong_or_contradicted_is_refused(self):
        path = os.path.join(self.net["dir"], "wrong-keys")
        self.assertIn("--api-key-file", self.refused("--api-key-file", path))
        with open(path, "w", encoding="ascii") as file:
            file.write("a admin\n# and\nb all sha256:00\n")
        said = self.refused("--api-key-file", path)
        self.assertIn("line 1", said)
        self.assertIn("line 3", said)
        self.assertIn("contradicts", self.refused("--api-key-file", path, "--no-auth"))

    def test_with_keys_it_may_listen_beyond_loopback(self):
        # [api 5.28, 6.7]
        path = os.path.join(self.net["dir"], "far-keys")
        secret = make_key("--append", path).strip()
        with Service(self.net, "--listen", f"0.0.0.0:{free_port()}", "--api-key-file", path) as service:
            self.assertEqual(service.curl("GET", "/tasks").status, 401)
            self.assertEqual(service.curl("GET", "/tasks", None, bearer(secret)).status, 200)


if __name__ == "__main__":
    main()
