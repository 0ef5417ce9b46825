"""callback_url: the summary, signed after Standard Webhooks, sent once and again until somebody takes it."""
import base64
import hashlib
import hmac
import http.server
import json
import tempfile
import threading
import time

from harness import SLOW, Service, ServiceTest, main, until

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
        receiver = self.receiver()
        cancelled = self.service.submit([self.raw("stall/hook")], timeout_ms=600000, callback_url=receiver.url)
        self.service.curl("POST", f"/tasks/{cancelled}/cancel")
        self.service.submit([self.raw("stall/hook-late")], timeout_ms=600000, deadline_s=1, callback_url=receiver.url)
        self.service.submit([], callback_url=receiver.url)
        got = self.wait_for(receiver, 3)
        self.assertEqual({json.loads(body)["status"] for _, body, _ in got}, {"cancelled", "deadline_exceeded", "done"})

    def test_what_is_not_taken_is_sent_again_under_the_same_id(self):
        for refusal in (500, 302):
            receiver = self.receiver(refusal, 200)
            self.service.submit(["bad"], callback_url=receiver.url)
            got = self.wait_for(receiver, 2)
            self.assertEqual(got[0][0]["webhook-id"], got[1][0]["webhook-id"])
            self.assertEqual((got[0][1], got[1][2]), (got[1][1], "/hook?a=b"))
            for headers, body, _ in got:
                self.assert_signed(headers, body)

    def test_gone_means_that_nobody_wants_it(self):
        with Service(self.net, *self.flags, log_level="info") as other:
            receiver = self.receiver(410, 200)
            other.submit(["bad"], callback_url=receiver.url)
            self.assertTrue(until(lambda: "webhook refused" in other.said()))
            other.fetch([self.http("/page/1")])
            other.stop(judge=False)
            self.assertEqual(len(receiver.got), 1)

    def test_the_address_policy_holds_for_it_too(self):
        receiver = self.receiver()
        with Service(self.net, *self.flags, log_level="info") as other:
            reply = other.curl("POST", "/submit", {"urls": ["bad"], "options": {"callback_url": receiver.url}}, {"Via": "1.1 proxy"})
            self.assertEqual(reply.status, 200)
            self.assertTrue(until(lambda: "webhook refused" in other.said()))
            other.stop(judge=False)
        self.assertEqual(receiver.got, [])

    def test_a_bad_url_is_refused_and_so_is_one_without_a_secret(self):
        for url in ("", "x", "ftp://h0.test/", 3, None, "http://h0.test/" + "x" * 8192):
            self.assert_problem(self.service.curl("POST", "/submit", {"urls": [], "options": {"callback_url": url}}), 400, "/options/callback_url")
        with Service(self.net) as keyless:
            reply = keyless.curl("POST", "/submit", {"urls": [], "options": {"callback_url": "http://127.0.0.1/"}})
            self.assert_problem(reply, 400, "/options/callback_url")
            self.assertEqual(keyless.get("/tasks"), {})


if __name__ == "__main__":
    main()
