"""The description of the API against the running service: every route, every documented status, judged by real validators
(tests/page/openapi.mjs), and Swagger UI in a real browser (tests/page/docs.mjs)."""
import copy
import http.client
import json
import os
import signal
import socket
import subprocess

from harness import JSON, SLOW, TEXT, TRAWL, Reply, Service, ServiceTest, main, until
from test_events import WebSocket, parse_events

PAGE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "page")
MODULES = os.environ.get("TRAWL_PAGE_MODULES", "")  # Where npm put the validators; empty: not to be run here.
FOREIGN = {"Sec-Fetch-Site": "cross-site"}


def run_node(script, told="", **environment):
    return subprocess.run(["node", os.path.join(PAGE, script)], input=told, capture_output=True, text=True, check=False,
                          timeout=200 * SLOW, env={**os.environ, "PAGE_MODULES": MODULES, **environment})


def answer(method, path, reply, **parts):
    """As the judge wants it."""
    kind = reply.headers.get("content-type", "").partition(";")[0]
    return {"method": method, "path": path, "status": reply.status, "headers": reply.headers, "type": kind,
            "body": reply.body.decode(), **parts}


class Walk:
    """Asks for everything, and keeps what was answered."""

    def __init__(self, test):
        self.test = test
        self.service = test.service
        self.answers = []
        self.task = None

    def ask(self, method, path, query="", body=None, headers=None, of=None, service=None, **parts):
        """`path` as the document has it; `of`: the id to put into it."""
        real = path.replace("{id}", of or self.task or "nothing")
        reply = (service or self.service).curl(method, real + query, body, headers)
        for name, read in parts.items():
            parts[name] = read(reply)
        self.answers.append(answer(method, path, reply, **parts))
        return reply

    def operations(self):
        for path, item in self.test.document["paths"].items():
            for method in item:
                if method != "parameters":
                    yield method.upper(), path

    def what_every_route_refuses(self):
        for method, path in self.operations():
            body = {"urls": []} if path in ("/submit", "/tasks") and method == "POST" else None
            self.ask(method, path, "?colour=red", body)
            self.ask(method, path, "", body, FOREIGN)
            self.ask(method, path, "?x=" + "y" * 9000, body)  # 414
            if "{id}" in path:
                self.ask(method, path, of="nothing")

    def submissions(self):
        urls = [self.test.http("/page/1"), {"url": self.test.https("/page/2"), "headers": {"Accept": "a/b"}, "meta": {"row": [1]}},
                self.test.http("/redirect-to-https"), self.test.http("/status/404"), "not a url", "ftp://a.test/",
                "http://169.254.169.254/", "http://nope.test/", f"https://127.0.0.1:{self.test.net['https_port']}/"]
        whole = {"urls": urls, "options": {"retries": 0, "label": "walk", "verify_tls": False, "max_redirects": 3}}
        reply = self.ask("POST", "/submit", "", whole, {"Idempotency-Key": "walk"})
        self.task = reply.json()["task_id"]
        self.service.wait(self.task)
        self.ask("POST", "/tasks", "?label=lines&headers=Accept:%20a/b&headers=X-A:%20b&timeout_ms=100", "", TEXT)
        self.ask("POST", "/tasks", "", {"urls": ["bad"]}, {"Idempotency-Key": "rest"})
        for path, key in (("/submit", "walk"), ("/tasks", "rest")):
            self.ask("POST", path, "", {"urls": []}, {"Idempotency-Key": key})  # 422
            self.ask("POST", path, "", {"urls": [3], "options": {"retries": 11, "x": 1}})  # 400, with pointers
            self.ask("POST", path, "", "x", {"Content-Type": "application/xml"})  # 415
        self.ask("POST", "/tasks/{id}/retry", headers={"Idempotency-Key": "retry"})
        self.ask("POST", "/tasks/{id}/retry", headers={"Idempotency-Key": "walk"})  # 422
        return [whole]

    def a_busy_key(self):
        with socket.create_connection(("127.0.0.1", self.service.port), 10 * SLOW) as first:
            first.sendall(b"POST /submit HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: busy\r\nContent-Length: 12\r\n\r\n{\"urls\"")
            keyed = {**JSON, "Idempotency-Key": "busy"}
            self.test.assertTrue(until(lambda: self.service.curl("POST", "/submit", "{", keyed).status == 409))
            self.ask("POST", "/submit", "", '{"urls":[]}', keyed)
            self.ask("POST", "/tasks", "", '{"urls":[]}', keyed)
            self.ask("POST", "/tasks/{id}/retry", headers={"Idempotency-Key": "busy"})

    def reading(self):
        self.ask("GET", "/tasks")
        self.ask("GET", "/tasks", "?view=summary&status=done&status=running&limit=1")
        for query in ("", "?view=summary"):
            tag = self.ask("GET", "/tasks/{id}", query, headers={"Prefer": "wait=0"}).headers["etag"]
            self.ask("GET", "/tasks/{id}", query, headers={"If-None-Match": tag})
        self.ask("GET", "/tasks/{id}/results")
        self.ask("GET", "/tasks/{id}/results", "?limit=2&status=failed")
        self.ask("GET", "/tasks/{id}/results", "?format=ndjson", lines=Reply.lines)
        self.ask("GET", "/tasks/{id}/results", headers={"Accept": "text/csv"})
        self.ask("GET", "/tasks/{id}/stats")
        self.ask("GET", "/tasks/{id}/events", "?records=1", events=lambda reply: parse_events(reply.body.decode()))
        self.ask("GET", "/tasks/{id}/ws")  # 426
        self.websocket()

    def websocket(self):
        watcher = WebSocket(self.service.port, f"/tasks/{self.task}/ws?records=1", 30 * SLOW)
        try:
            fields = dict(line.split(": ", 1) for line in watcher.head.decode().split("\r\n")[1:])
            reply = Reply(101, {name.lower(): value for name, value in fields.items()}, b"")
            self.answers.append(answer("GET", "/tasks/{id}/ws", reply, frames=watcher.frames()[0]))
        finally:
            watcher.close()

    def operating(self):
        for path in ("/healthz", "/readyz", "/metrics"):
            self.ask("GET", path)
        for path in ("/openapi.json", "/docs", "/"):
            reply = self.ask("GET", path)
            if reply.status == 200:
                self.ask("GET", path, headers={"If-None-Match": reply.headers["etag"]})

    def ending(self):
        self.ask("POST", "/tasks/{id}/cancel")
        self.ask("DELETE", "/tasks/{id}")

    def with_little_room(self):
        """413, and 503 with Retry-After."""
        small = self.test.enterContext(Service(self.test.net, "--max-urls", "3", "--max-body", "2000"))
        failed = small.submit(["bad", "bad", "bad"])
        small.wait(failed)
        small.submit([self.test.raw("stall/openapi")], timeout_ms=600000)
        for path in ("/submit", "/tasks"):
            self.ask("POST", path, "", {"urls": ["bad"] * 400}, service=small)
            self.ask("POST", path, "", {"urls": ["bad"] * 3}, service=small)  # 503: one waits.
        self.ask("POST", "/tasks/{id}/retry", of=failed, service=small)

    def with_keys(self):
        """401 for who has none, 403 for who has one that does too little."""
        path = os.path.join(self.test.net["dir"], "openapi-keys")
        made = subprocess.run([TRAWL, "key", "new", "--name", "eve", "--read-only", "--append", path], capture_output=True,
                              text=True, check=True)
        keyed = self.test.enterContext(Service(self.test.net, "--api-key-file", path))
        for method, path in self.operations():
            self.ask(method, path, service=keyed)
            self.ask(method, path, headers={"Authorization": f"Bearer {made.stdout.strip()}"}, service=keyed)

    def with_a_rate_limit(self):
        limited = self.test.enterContext(Service(self.test.net, "--rate-limit", "1"))
        for method, path in self.operations():
            if "429" in self.test.document["paths"][path][method.lower()]["responses"]:
                self.test.assertTrue(until(lambda m=method, p=path: self.ask(m, p, service=limited).status == 429), path)
            else:
                self.test.assertIn(path, ("/healthz", "/readyz"))
                self.test.assertNotIn(429, [limited.curl("GET", path + query).status for query in ("", "?x=1") * 10])

    def expired(self):
        brief = self.test.enterContext(Service(self.test.net, "--task-ttl", "2"))
        task = brief.submit([])
        self.test.assertTrue(until(lambda: brief.curl("GET", f"/tasks/{task}").status == 410))
        for method, path in self.operations():
            if "{id}" in path:
                self.ask(method, path, of=task, service=brief)

    def shutting_down(self):
        service = self.test.enterContext(Service(self.test.net, drain_s=60))
        service.submit([self.test.raw("stall/drain")], timeout_ms=600000)
        self.test.assertTrue(until(lambda: self.test.open_at("/raw/stall/drain") == 1))
        kept = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20 * SLOW)
        def readiness():
            kept.request("GET", "/readyz")
            said = kept.getresponse()
            fields = {name.lower(): value for name, value in said.getheaders()}
            return Reply(said.status, fields, said.read())
        readiness()
        service.process.send_signal(signal.SIGTERM)
        last = until(lambda: (reply := readiness()).status == 503 and reply)
        kept.close()
        service.stop(signal.SIGINT)
        self.answers.append(answer("GET", "/readyz", last))


class Description(ServiceTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.document = cls.service.get("/openapi.json")

    def setUp(self):
        if not MODULES:
            self.skipTest("no TRAWL_PAGE_MODULES: npm's validators are not here")

    def judge(self, answers, requests=(), excused=()):
        told = json.dumps({"document": self.document, "answers": answers, "requests": list(requests), "excused": list(excused)})
        return run_node("openapi.mjs", told)

    def excused(self):
        # One of the two cannot be had: which one, the build decides.
        built = self.service.curl("GET", "/docs").status == 200
        return ["GET /docs 404"] if built else ["GET /docs 200", "GET /docs 304", "GET /docs 400", "GET /docs 403"]

    def requests(self, accepted):
        """Bodies, and what the service thinks of them."""
        bodies = [{}, {"urls": "x"}, {"urls": [3]}, {"urls": [{}]}, {"urls": [{"url": "bad", "x": 1}]}, {"urls": [], "other": 1},
                  {"urls": [{"url": "bad", "headers": {"A": 1}}]}, {"urls": [], "options": []}]
        option = self.document["components"]["schemas"]["options"]["properties"]
        for name, schema in option.items():
            values = [schema[key] + step for key, step in (("minimum", -1), ("minimum", 0), ("maximum", 0), ("maximum", 1)) if key in schema]
            values += ["x" * schema["maxLength"], "x" * (schema["maxLength"] + 1)] if name == "label" else []
            bodies += [{"urls": [], "options": {name: value}} for value in [*values, None, [], "2", 1.5]
                       if not (name == "label" and value == "2") and name != "callback_url"]
        bodies += [{"urls": [], "options": {name: value}} for name, value in
                   (("method", "HEAD"), ("method", "PUT"), ("dedupe", True), ("headers", {"A": "b"}), ("headers", {"A": 1}), ("x", 1),
                    ("timeout_ms", 100.0), ("verify_tls", 1.0))]
        bodies += [{"urls": [], "options": {"headers": {name: "b"}}} for name in
                   ("", "a b", "a:", "\u00e9", "a\n", "a\0", "(", "[", "\\", "0", "-", "!#$%&'*+.^_`|~")]
        bodies += [{"urls": [{"url": "bad", "headers": {"A": value}}]} for value in
                   ("", " ", "a\tb", "a\n", "\r", "\0", "\x1f", "\x7f", "\x80", "\u00e9\U0001f600")]
        for body in bodies:
            yield {"body": body, "accepted": self.service.curl("POST", "/submit", body).status == 200}
        for body in accepted:
            yield {"body": body, "accepted": True}

    def test_every_route_and_every_documented_status_is_as_described(self):
        # [api 1.15, 1.23]
        walk = Walk(self)
        accepted = walk.submissions()
        walk.a_busy_key()
        walk.reading()
        walk.operating()
        walk.what_every_route_refuses()
        walk.with_little_room()
        walk.with_keys()
        walk.with_a_rate_limit()
        walk.expired()
        walk.shutting_down()
        walk.ending()
        done = self.judge(walk.answers, self.requests(accepted), self.excused())
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)

    def test_the_judge_notices_what_is_not_as_described(self):
        walk = Walk(self)
        walk.task = self.service.submit(["bad"])
        self.service.wait(walk.task)
        walk.ask("GET", "/tasks/{id}", "?view=summary")
        good, = walk.answers
        def spoilt(change, **more):
            body = json.loads(good["body"])
            change(body)
            return {**copy.deepcopy(good), "body": json.dumps(body), **more}
        cases = {"must have required property 'done'": spoilt(lambda body: body.pop("done")),
                 "must NOT have unevaluated properties": spoilt(lambda body: body.update(surprise=1)),
                 "property name must be valid": spoilt(lambda body: body.update(by_code={"bad_luck": 1})),
                 "is not documented": spoilt(lambda body: None, status=206),
                 "text/html is not documented": spoilt(lambda body: None, type="text/html"),
                 "the field ETag is missing": spoilt(lambda body: None, headers={"x-request-id": "1"})}
        for words, answered in cases.items():
            done = self.judge([answered])
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(words, done.stdout)
        self.assertIn("POST /submit 422: no answer shows it", self.judge([good]).stdout)

    def test_swagger_ui_shows_and_tries_the_operations(self):
        # [api 1.16]
        if self.service.curl("GET", "/docs").status == 404:
            self.skipTest("built without Swagger UI")
        task = self.service.submit(["bad"], label="shown")
        done = run_node("docs.mjs", TRAWL_URL=self.service.server, DOCS_TASK=task)
        self.assertEqual(done.returncode, 0, f"{done.stdout}\n{done.stderr}")


class Files(ServiceTest):
    def test_the_document_is_whole_and_is_coded_on_demand(self):
        # [api 1.15]
        plain = self.service.curl("GET", "/openapi.json")
        self.assertEqual((plain.headers["content-type"], plain.json()["openapi"]), ("application/json", "3.1.0"))
        self.assertEqual(plain.json()["info"]["title"], "trawl")
        coded = self.service.curl("GET", "/openapi.json", None, None, "--compressed")
        self.assertEqual((coded.headers["content-encoding"], coded.body), ("gzip", plain.body))

    def test_swagger_ui_is_sent_as_gzip_or_decoded_for_those_who_do_not_take_it(self):
        # [api 1.16]
        if self.service.curl("GET", "/docs").status == 404:
            for path in ("/docs/start.js", "/docs/swagger-ui.css"):
                self.assert_problem(self.service.curl("GET", path), 404)
            return
        for path, kind in (("/docs/swagger-ui.css", "text/css"), ("/docs/swagger-ui-bundle.js", "text/javascript"),
                           ("/docs/licence.txt", "text/plain")):
            plain = self.service.curl("GET", path)
            coded = self.service.curl("GET", path, None, None, "--compressed")
            self.assertEqual((plain.status, plain.headers["content-type"]), (200, kind + "; charset=utf-8"))
            self.assertEqual((plain.headers.get("content-encoding"), coded.headers["content-encoding"]), (None, "gzip"))
            self.assertEqual((plain.headers["vary"], plain.headers["etag"]), ("Accept-Encoding", coded.headers["etag"]))
            self.assertEqual(plain.body, coded.body)
            self.assertLess(int(coded.headers["content-length"]), len(plain.body) / 2)
            head = self.service.curl("HEAD", path, None, {"Accept-Encoding": "gzip"})
            self.assertEqual(head.headers["content-length"], coded.headers["content-length"])
        self.assertIn(b"Apache License", self.service.curl("GET", "/docs/licence.txt").body)


if __name__ == "__main__":
    main()
