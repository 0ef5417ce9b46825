"""Every kind of bad input gets the answer that is written down, names what is wrong, and leaves no task."""
import json
import socket

from harness import JSON, SLOW, TEXT, Service, ServiceTest, hear, main

FORM = {"Content-Type": "application/x-www-form-urlencoded"}

# (body, where the problem is)
BODIES = [
    ("", ""), ("nonsense", ""), ("{", ""), ("[]", ""), ("null", ""), ('"text"', ""), ('{"urls": [],}', ""),
    ("{}", "/urls"), ('{"options": {}}', "/urls"), ('{"urls": "http://h0.test/"}', "/urls"), ('{"urls": {}}', "/urls"),
    ('{"urls": null}', "/urls"), ('{"urls": [1]}', "/urls/0"), ('{"urls": ["http://h0.test/", null]}', "/urls/1"),
    ('{"urls": [["http://h0.test/"]]}', "/urls/0"), ('{"urls": [{}]}', "/urls/0"), ('{"urls": [{"url": 7}]}', "/urls/0/url"),
    ('{"urls": [{"url": "http://h0.test/", "nonsense": 1}]}', "/urls/0/nonsense"),
    ('{"urls": [{"url": "http://h0.test/", "headers": {"X-A": 1}}]}', "/urls/0/headers"),
    ('{"urls": [{"url": "http://h0.test/", "meta": 1, "x": 2}]}', "/urls/0/x"),
    ('{"urls": [], "urls": []}', "/urls"), ('{"urls": [], "options": 5}', "/options"), ('{"urls": [], "options": []}', "/options"),
    ('{"urls": ["http://h0.test/"]} trailing', ""), ('{"urls": ["http://h0.test/\ud800"]}', ""),
]
# (option, values that are refused)
OPTIONS = {
    "nonsense": [1], "timeout_ms": [0, 3600001, -1, 1.5, "5000", None, True], "connect_timeout_ms": [0, "x"],
    "max_redirects": [-1, 51], "retries": [-1, 11], "max_body_bytes": [-1, "big"], "verify_tls": [1, "true", None],
    "keep_alive": [0], "host_concurrency": [0, "six"], "host_delay_ms": [-1], "deadline_s": [0, "x"], "label": [5, {}],
    "method": ["POST", "get ", 1], "headers": [5, [], {"X": 1}], "dedupe": [1, "yes"], "callback_url": ["http://h0.test/"],
}
REFUSED_HEADERS = ["Host", "content-length", "Transfer-Encoding", "TE", "Connection", "Upgrade", "Trailer", "Expect",
                   "Proxy-Authorization", "", "with space", "colon:", "nul\0"]


class BadBodies(ServiceTest):
    flags = ("--max-body", "100000", "--max-urls", "5000")

    def tearDown(self):
        super().tearDown()
        self.assertEqual(self.service.get("/tasks"), {})

    def test_what_is_wrong_with_a_body_is_named_by_its_pointer(self):
        # [api 1.24, 2.7]
        for route in ("/submit", "/tasks"):
            for body, pointer in BODIES:
                with self.subTest(route=route, body=body):
                    data = body.encode("utf-8", "surrogatepass")
                    reply = self.service.curl("POST", route, data, JSON)
                    self.assert_problem(reply, 400, pointer)

    def test_what_is_wrong_with_an_option_is_named_by_its_pointer(self):
        # [api 1.24, 2.8]
        for name, values in OPTIONS.items():
            for value in values:
                with self.subTest(option=name, value=value):
                    reply = self.service.curl("POST", "/submit", {"urls": [], "options": {name: value}})
                    self.assert_problem(reply, 400, f"/options/{name}")

    def test_headers_that_would_break_a_request_are_refused(self):
        # [api 2.22, 2.23]
        for name in REFUSED_HEADERS:
            with self.subTest(header=name):
                reply = self.service.curl("POST", "/submit", {"urls": [], "options": {"headers": {name: "value"}}})
                self.assert_problem(reply, 400, "/options/headers")
        for value in ("a\r\nb: c", "a\nb", "a\rb", "a\0b"):
            reply = self.service.curl("POST", "/submit", {"urls": [], "options": {"headers": {"X-A": value}}})
            self.assert_problem(reply, 400, "/options/headers")
        many = {f"X-{n}": "v" for n in range(101)}
        self.assert_problem(self.service.curl("POST", "/submit", {"urls": [], "options": {"headers": many}}), 400, "/options/headers")
        large = {"X-A": "v" * 17000}
        self.assert_problem(self.service.curl("POST", "/submit", {"urls": [], "options": {"headers": large}}), 400, "/options/headers")

    def test_several_bad_options_are_told_at_once(self):
        # [api 1.24]
        reply = self.service.curl("POST", "/submit", {"urls": [], "options": {"retries": 99, "nonsense": 1}})
        self.assert_problem(reply, 400, "/options/retries")
        self.assert_problem(reply, 400, "/options/nonsense")

    def test_a_syntax_error_at_the_end_leaves_no_task_and_fetches_nothing(self):
        # [api 2.6]
        urls = [self.raw("ok/never-fetched") for _ in range(500)]
        body = json.dumps({"urls": urls})[:-1] + ",}"
        self.assert_problem(self.service.curl("POST", "/submit", body, JSON), 400)
        self.assertEqual(self.seen("/raw/ok/never-fetched")["requests"], {})

    def test_bad_options_in_a_query_are_named_and_all_at_once(self):
        # [api 1.24, 2.8]
        for query in ("timeout_ms=0", "timeout_ms=x", "nonsense=1", "verify_tls=perhaps", "retries=", "label=a&label=b", "headers=x"):
            with self.subTest(query=query):
                reply = self.service.curl("POST", f"/tasks?{query}", self.http("/"), TEXT)
                self.assert_problem(reply, 400, parameter=query.partition("=")[0])
        reply = self.service.curl("POST", "/tasks?retries=99&nonsense=1&timeout_ms=5", self.http("/"), TEXT)
        self.assertEqual([error["parameter"] for error in reply.json()["errors"]], ["retries", "nonsense"])
        self.assert_problem(self.service.curl("POST", "/tasks?retries=1", {"urls": []}), 400, parameter="retries")
        self.assert_problem(self.service.curl("POST", "/tasks?callback_url=http://a.test/", "", TEXT), 400, parameter="callback_url")

    def test_what_is_not_utf_8_is_refused(self):
        # [api 2.7]
        for octets in (b"\xff", b"\xc3(", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\xe2\x82"):
            url = b"http://h0.test/" + octets
            with self.subTest(octets=octets):
                for route in ("/submit", "/tasks"):
                    reply = self.service.curl("POST", route, b'{"urls": ["' + url + b'"]}', JSON)
                    self.assert_problem(reply, 400, "/urls/0")
                    self.assert_problem(self.service.curl("POST", route, b"http://h0.test/\n" + url + b"\n", TEXT), 400)
        self.assert_problem(self.service.curl("POST", "/tasks?label=%FF", "http://h0.test/", TEXT), 400)

    def test_a_body_over_the_limit_is_413_with_and_without_a_length(self):
        # [api 2.11, 5.23]
        large = {"urls": ["http://h0.test/" + "x" * 1000] * 110}
        self.assert_problem(self.service.curl("POST", "/submit", large), 413)
        self.assert_problem(self.service.curl("POST", "/submit", large, {"Transfer-Encoding": "chunked"}), 413)
        self.assert_problem(self.service.curl("POST", "/tasks", "#" * 100001, TEXT), 413)

    def test_another_media_type_is_415(self):
        # [api 2.12]
        for route, body, kind in (("/tasks", "<urls/>", "application/xml"), ("/submit", "<urls/>", "application/xml"),
                                  ("/submit", "a=b", FORM["Content-Type"]), ("/tasks", '{"urls": []}', FORM["Content-Type"])):
            with self.subTest(route=route, kind=kind):
                self.assert_problem(self.service.curl("POST", route, body, {"Content-Type": kind}), 415)
        for kinds in ((TEXT["Content-Type"], JSON["Content-Type"]), (JSON["Content-Type"], TEXT["Content-Type"])):
            twice = [part for kind in kinds for part in ("-H", f"Content-Type: {kind}")]
            self.assert_problem(self.service.curl("POST", "/tasks", "http://a", None, *twice), 415)

    def test_a_body_that_no_backlog_holds_is_413(self):
        # [api 2.14, 5.23]
        for path, body, kind in (("/submit", json.dumps({"urls": ["http://a"] * 5001}), JSON),
                                 ("/tasks", "http://a\n" * 5001, TEXT)):
            reply = self.service.curl("POST", path, body, kind)
            self.assert_problem(reply, 413)
            self.assertNotIn("retry-after", reply.headers)

    def test_bad_queries_are_400_and_name_the_key(self):
        # [api 1.22, 1.24, 3.9]
        for path in ("/tasks?limit=0", "/tasks?limit=1001", "/tasks?view=nonsense", "/tasks?cursor=nonsense", "/tasks?status=nonsense",
                     "/tasks?limit=1&limit=1", "/tasks?colour=red", "/healthz?colour=red"):
            with self.subTest(path=path):
                self.assert_problem(self.service.curl("GET", path), 400, parameter=path.partition("?")[2].partition("=")[0])

    def test_a_bad_field_is_400_and_named(self):
        # [api 1.24]
        reply = self.service.curl("POST", "/submit", {"urls": []}, {"Idempotency-Key": "x" * 256})
        self.assert_problem(reply, 400)
        self.assertEqual(reply.json()["errors"][0]["header"], "Idempotency-Key")
        for keys in (("one", "two"), ("one", "one")):
            lines = [part for key in keys for part in ("-H", f"Idempotency-Key: {key}")]
            for route in ("/submit", "/tasks"):
                reply = self.service.curl("POST", route, {"urls": []}, None, *lines)
                self.assert_problem(reply, 400)
                self.assertEqual(reply.json()["errors"][0]["header"], "Idempotency-Key")

    def send(self, octets):
        with socket.create_connection(("127.0.0.1", self.service.port), 30 * SLOW) as sock:
            sock.sendall(octets)
            return hear(sock)

    def test_what_is_not_http_is_refused_and_harms_nobody(self):
        for octets in (b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /healthz HTTP/1.1\r\nbad header\r\n\r\n",
                       b"POST /submit HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
                       b"POST /submit HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                       b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET /" + b"x" * 200000 + b" HTTP/1.1\r\n\r\n"):
            with self.subTest(octets=octets[:40]):
                answer = self.send(octets)
                self.assertTrue(not answer or answer.split(b" ")[1][:1] in (b"4", b"5"), answer)
        self.assertEqual(self.service.curl("GET", "/healthz").status, 200)

    def test_a_client_that_leaves_in_the_middle_leaves_no_task(self):
        with socket.create_connection(("127.0.0.1", self.service.port), 5) as sock:
            sock.sendall(b"POST /submit HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n"
                         b'{"urls": ["http://h0.test/", ')
        self.assertEqual(self.service.curl("GET", "/healthz").status, 200)


class GoodAllTheSame(ServiceTest):
    def test_results_with_a_bad_query_are_400(self):
        # [api 1.24, 4.35]
        task = self.service.submit([self.http("/page/1")])
        for query in ("limit=0", "limit=10001", "limit=x", "cursor=nonsense", "status=nonsense", "code=nonsense",
                      "format=nonsense", "limit=1&limit=2", "status=ok&status=failed"):
            with self.subTest(query=query):
                reply = self.service.curl("GET", f"/tasks/{task}/results?{query}")
                self.assert_problem(reply, 400, parameter=query.partition("=")[0])
        self.assert_problem(self.service.curl("GET", f"/tasks/{task}?view=nonsense"), 400)

    def test_a_media_type_said_twice_is_one(self):
        # [api 2.12]
        for kind in (TEXT, JSON):
            body = "" if kind is TEXT else '{"urls": []}'
            reply = self.service.curl("POST", "/tasks", body, kind, "-H", "content-type: " + kind["Content-Type"])
            self.assertEqual(reply.status, 202, reply)

    def test_unknown_top_level_keys_are_ignored(self):
        # [api 2.9]
        reply = self.service.curl("POST", "/submit", {"urls": [], "depth": 3, "more": {"urls": [1, {"a": []}]}})
        self.assertEqual(reply.status, 200, reply)

    def test_a_bad_url_never_fails_the_batch(self):
        # [api 2.15, 4.18]
        urls = [self.http("/page/1"), "", "not a url", "http://", "http://h0.test:99999/", "ftp://h0.test/", "javascript:1",
                "http://[::1", "http://h0.test/" + "x" * 65536, "http://a b/", "//h0.test/", "http://\u0000/"]
        records = self.service.fetch(urls)
        self.assertEqual(records[0]["errors"], {})
        for record in records[1:]:
            self.assertEqual(record["errors"].get("http"), "INVALID_URL", record)
            self.assertEqual(record["errors"]["phase"], "input")
            self.assertIn(record["errors"]["code"], ("invalid_url", "unsupported_scheme"))

    def test_a_name_given_twice_in_a_query_or_odd_escapes_are_answered(self):
        self.assertIn(self.service.curl("GET", "/tasks/%2e%2e/%00").status, (400, 404))
        self.assertEqual(self.service.curl("GET", "/tasks?status=done&status=running").status, 200)


class Limits(ServiceTest):
    flags = ("--max-urls", "5000")

    def test_urls_of_all_tasks_that_wait_count_together(self):
        # [api 2.13, 5.23]
        waiting = self.service.submit([self.raw(f"stall/waits/{n}") for n in range(3000)], timeout_ms=600000)
        reply = self.service.curl("POST", "/submit", {"urls": ["http://a"] * 2001})
        self.assert_problem(reply, 503)
        self.assertIn("retry-after", reply.headers)
        self.assertEqual(set(self.service.get("/tasks?view=summary")), {waiting})
        self.service.wait(self.service.submit(["nonsense"] * 2000))
        self.service.curl("POST", f"/tasks/{waiting}/cancel")
        self.service.wait(self.service.submit(["nonsense"] * 5000))  # What has ended waits no more.

    def test_memory_for_tasks_is_bounded(self):
        # [api 2.13, 2.14, 5.24]
        with Service(self.net, "--max-memory", "6000000") as small:
            def submit(count):
                return small.curl("POST", "/submit", {"urls": [f"bad {n} {'x' * 200}" for n in range(count)]})
            self.assert_problem(submit(40000), 413)
            self.assertEqual(submit(15000).status, 200)
            reply = submit(15000)  # What has ended takes its memory until it is deleted.
            self.assert_problem(reply, 503)
            self.assertIn("retry-after", reply.headers)
            self.assertEqual(small.curl("POST", "/submit", {"urls": []}).status, 200)


if __name__ == "__main__":
    main()
