"""callback_url: the summary, signed after Standard Webhooks, sent once and again until somebody takes it."""
import base64
import hashlib
import hmac
import http.server
import json
import signal
import subprocess
import tempfile
import threading
import time

from harness import SLOW, TRAWL, UUID, NetTest, Service, ServiceTest, clean_environment, main, until

SECRETS = [bytes(range(24)), b"another secret of octets" * 2]


class Receiver:
    """Keeps what is POSTed to it; answers with the next of `statuses`, the last one from then on."""

    def __init__(self, *statuses):
        self.got, self.statuses = [], list(statuses) or [204]
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.got.append(({name.lower(): value for name, value in self.headers.items()}, body, self.path))
                status = outer.statuses.pop(0) if len(outer.statuses) > 1 else outer.statuses[0]
                self.send_response(status)
                if status // 100 == 3:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?a=b"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Webhooks(ServiceTest):
    @classmethod
    def setUpClass(cls):
        cls.secrets = cls.enterClassContext(tempfile.NamedTemporaryFile("w", suffix=".txt"))
        cls.secrets.write("# new, then old\n" + "".join(f"whsec_{base64.b64encode(secret).decode()}\n" for secret in SECRETS))
        cls.secrets.flush()
        cls.flags = ("--webhook-secret-file", cls.secrets.name)
        super().setUpClass()

    def receiver(self, *statuses):
        made = Receiver(*statuses)
        self.addCleanup(made.close)
        return made

    def wait_for(self, receiver, count):
        self.assertTrue(until(lambda: len(receiver.got) >= count), receiver.got)
        return receiver.got

    def assert_signed(self, headers, body):
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = [base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode() for secret in SECRETS]
        self.assertEqual(headers["webhook-signature"], " ".join(f"v1,{each}" for each in expected))
        self.assertLess(abs(int(headers["webhook-timestamp"]) - time.time()), 60 * SLOW)

    def test_the_summary_is_posted_once_and_signed(self):
        # [api 2.35, 2.36]
        receiver = self.receiver()
        task = self.service.submit([self.http("/page/1"), "bad"], callback_url=receiver.url, label="hook")
        headers, body, path = self.wait_for(receiver, 1)[0]
        self.assert_signed(headers, body)
        self.assertEqual((path, headers["content-type"]), ("/hook?a=b", "application/json"))
        self.assertEqual(json.loads(body), {"task_id": task, **self.service.summary(task)})
        self.service.fetch([self.http(f"/page/{n}") for n in range(50)])
        self.assertEqual(len(receiver.got), 1)
        self.assertEqual(set(self.service.get("/tasks?label=hook&view=summary")), {task})

    def test_it_is_sent_for_every_way_to_end(self):
        # [api 2.35]
        receiver = self.receiver()
        cancelled = self.service.submit([self.raw("stall/hook")], timeout_ms=600000, callback_url=receiver.url)
        self.service.curl("POST", f"/tasks/{cancelled}/cancel")
        self.service.submit([self.raw("stall/hook-late")], timeout_ms=600000, deadline_s=1, callback_url=receiver.url)
        self.service.submit([], callback_url=receiver.url)
        got = self.wait_for(receiver, 3)
        self.assertEqual({json.loads(body)["status"] for _, body, _ in got}, {"cancelled", "deadline_exceeded", "done"})

    def test_what_is_not_taken_is_sent_again_under_the_same_id(self):
        # [api 2.37]
        for refusal in (500, 302):
            receiver = self.receiver(refusal, 200)
            self.service.submit(["bad"], callback_url=receiver.url)
            got = self.wait_for(receiver, 2)
            self.assertEqual(got[0][0]["webhook-id"], got[1][0]["webhook-id"])
            self.assertEqual((got[0][1], got[1][2]), (got[1][1], "/hook?a=b"))
            for headers, body, _ in got:
                self.assert_signed(headers, body)

    def test_gone_means_that_nobody_wants_it(self):
        # [api 2.37]
        with Service(self.net, *self.flags, log_level="info") as other:
            receiver = self.receiver(410, 200)
            other.submit(["bad"], callback_url=receiver.url)
            self.assertTrue(until(lambda: "webhook refused" in other.said()))
            other.fetch([self.http("/page/1")])
            other.stop(judge=False)
            self.assertEqual(len(receiver.got), 1)

    def test_the_address_policy_holds_for_it_too(self):
        # [api 2.38]
        receiver = self.receiver()
        with Service(self.net, *self.flags, log_level="info") as other:
            reply = other.curl("POST", "/submit", {"urls": ["bad"], "options": {"callback_url": receiver.url}}, {"Via": "1.1 proxy"})
            self.assertEqual(reply.status, 200)
            self.assertTrue(until(lambda: "webhook refused" in other.said()))
            other.stop(judge=False)
        self.assertEqual(receiver.got, [])

    def test_a_bad_url_is_refused_and_so_is_one_without_a_secret(self):
        # [api 2.36]
        for url in ("", "x", "ftp://h0.test/", 3, None, "http://h0.test/" + "x" * 8192):
            self.assert_problem(self.service.curl("POST", "/submit", {"urls": [], "options": {"callback_url": url}}), 400, "/options/callback_url")
        with Service(self.net) as keyless:
            reply = keyless.curl("POST", "/submit", {"urls": [], "options": {"callback_url": "http://127.0.0.1/"}})
            self.assert_problem(reply, 400, "/options/callback_url")
            self.assertEqual(keyless.get("/tasks"), {})


class Checked(NetTest):
    """trawl check --callback-url."""

    def setUp(self):
        self.secrets = self.enterContext(tempfile.NamedTemporaryFile("w", suffix=".txt"))
        self.secrets.write(f"whsec_{base64.b64encode(SECRETS[0]).decode()}\n")
        self.secrets.flush()

    def receiver(self, *statuses):
        made = Receiver(*statuses)
        self.addCleanup(made.close)
        return made

    def command(self, url, *arguments):
        return [TRAWL, "check", "--dns-server", self.net["dns_server"], "--quiet", "--format", "ndjson", "--callback-url", url, *arguments]

    def check(self, url, *arguments):
        return subprocess.run(self.command(url, *arguments), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                              timeout=60 * SLOW, env=clean_environment())

    def test_the_summary_is_posted_once_at_the_end_and_signed_if_there_is_a_secret(self):
        # [api 5.6]
        for flags in ((), ("--webhook-secret-file", self.secrets.name)):
            receiver = self.receiver()
            done = self.check(receiver.url, *flags, "--label", "by hand", self.http("/page/1"), self.http("/status/404"))
            self.assertEqual((done.returncode, done.stderr, len(done.stdout.splitlines()), len(receiver.got)), (2, "", 2, 1))
            headers, body, path = receiver.got[0]
            told = json.loads(body)
            self.assertEqual((path, told["status"], told["label"], told["total"], told["ok"], told["by_code"]),
                             ("/hook?a=b", "done", "by hand", 2, 1, {"http_status": 1}))
            self.assertRegex(told["task_id"], UUID)
            self.assertTrue(headers["webhook-id"].startswith("msg_"))
            self.assertEqual("webhook-signature" in headers, bool(flags))
            if flags:
                signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
                expected = base64.b64encode(hmac.new(SECRETS[0], signed, hashlib.sha256).digest()).decode()
                self.assertEqual(headers["webhook-signature"], f"v1,{expected}")

    def test_a_refusal_is_told_and_sent_again_and_the_exit_status_stays(self):
        # [api 5.6]
        receiver = self.receiver(500, 204)
        done = self.check(receiver.url, self.http("/page/1"))
        self.assertEqual((done.returncode, len(receiver.got)), (0, 2))
        self.assertEqual(done.stderr, "trawl check: callback: the server answered 500; trying again\n")
        self.assertEqual(receiver.got[0][0]["webhook-id"], receiver.got[1][0]["webhook-id"])
        for path, status in (("/page/1", 0), ("/status/404", 2)):
            receiver = self.receiver(410)
            done = self.check(receiver.url, self.http(path))
            self.assertEqual((done.returncode, len(receiver.got)), (status, 1))
            self.assertIn("not delivered", done.stderr)

    def test_what_no_attempt_will_change_is_not_waited_for(self):
        # [api 5.6]
        for status in (404, 401):
            receiver = self.receiver(status)
            done = self.check(receiver.url, self.http("/page/1"))
            self.assertEqual((done.returncode, len(receiver.got)), (0, 1))
            self.assertEqual(done.stderr, f"trawl check: callback: the server answered {status}\n"
                                          "trawl check: callback: the summary was not delivered\n")

    def test_the_address_policy_holds_for_it_too(self):
        # [api 5.6]
        done = self.check("http://169.254.169.254/hook", self.http("/page/1"))
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"^trawl check: callback: .*169\.254\.169\.254.*\n.*not delivered\n$")
        self.assertNotIn("trying again", done.stderr)

    def popen(self, url, *arguments):
        began = subprocess.Popen(self.command(url, *arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 text=True, env=clean_environment())
        self.addCleanup(lambda: began.poll() is None and (began.kill(), began.wait()))
        return began

    def test_a_signal_ends_the_wait_for_it(self):
        waits = self.popen(self.raw("stall/callback"), self.http("/page/1"))
        self.assertTrue(until(lambda: self.open_at("/raw/stall/callback") == 1))
        waits.send_signal(signal.SIGTERM)
        out, said = waits.communicate(timeout=20 * SLOW)
        self.assertEqual((waits.returncode, len(out.splitlines())), (143, 1))
        self.assertIn("not delivered", said)
        self.assertTrue(until(lambda: self.open_at("/raw/stall/callback") == 0))

    def test_an_interrupted_run_sends_its_summary_once(self):
        receiver = self.receiver(500)
        run = self.popen(receiver.url, self.raw("stall/called"))
        self.assertTrue(until(lambda: self.open_at("/raw/stall/called") == 1))
        run.send_signal(signal.SIGINT)
        said = run.communicate(timeout=20 * SLOW)[1]
        self.assertEqual((run.returncode, len(receiver.got)), (130, 1))
        self.assertEqual(json.loads(receiver.got[0][1])["status"], "cancelled")
        self.assertIn("not delivered", said)

    def test_a_bad_url_or_file_could_not_run(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as wrong:
            wrong.write("whsec_short\n")
            wrong.flush()
            unread = ("--webhook-secret-file", wrong.name)
            for url, flags, word in (("x", (), "--callback-url"), ("http://h0.test/", unread, "line 1: a secret is")):
                self.assert_could_not_run(url, flags, word)

    def assert_could_not_run(self, url, flags, word):
        done = self.check(url, *flags, self.http("/page/1"))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn(word, done.stderr)


if __name__ == "__main__":
    main()
