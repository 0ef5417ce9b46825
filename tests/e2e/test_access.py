"""Every route and method of the running service, refused to who may not: without a key, with a wrong one, with one that does
too little, for a task of somebody else; and where no key is asked for, to web pages of others. The routes are those of its
own /openapi.json, which the unit tests hold to what is served: a new one is walked here, or fails here."""
import base64
import http.client
import re

from harness import JSON, Reply, Service, ServiceTest, main, until
from test_keys import KeyedTest, bearer

# What needs no key, and why.
OPEN = {
    ("GET", "/healthz"): "load balancers and monitors ask, and have no key",
    ("GET", "/readyz"): "the same",
    ("GET", "/openapi.json"): "describes the program, and has nothing of who runs it",
    ("GET", "/docs"): "the same, as a page",
    ("GET", "/"): "a page, which then asks its visitor for the key",
}
BESIDE = (("GET", "/page/main.js"), ("GET", "/docs/start.js"), ("GET", "/nothing"), ("PUT", "/tasks"), ("TRACE", "/"), ("GET", "//"))
NO_TASK = "00000000-0000-4000-8000-000000000000"
UPGRADE = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
           "Sec-WebSocket-Key": base64.b64encode(bytes(16)).decode()}
CHALLENGE = 'Bearer realm="trawl"'


def ask(service, method, path, headers=None, body=None):
    """One request on a connection of its own; of a stream only the head is read."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        fields = {name.lower(): value for name, value in answer.getheaders()}
        streams = answer.status == 101 or fields.get("content-type") == "text/event-stream"
        return Reply(answer.status, fields, b"" if streams else answer.read())
    finally:
        connection.close()


def operations(service):
    """(method, path as the document has it, the scope it asks for or None) of everything that is described; HEAD beside GET."""
    for path, item in service.get("/openapi.json")["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                continue
            scope = operation["security"][1]["key"][0] if operation["security"] else None
            yield method.upper(), path, scope
            if method == "get":
                yield "HEAD", path, scope


def asking(method, path, task=NO_TASK):
    """What a client sends there that means it: path, fields and body."""
    fields = dict(JSON) if method == "POST" else {}
    if path.endswith("/ws"):
        fields.update(UPGRADE)
    if path.endswith("/events"):
        fields["Accept"] = "text/event-stream"
    submits = method == "POST" and path in ("/submit", "/tasks")
    return path.replace("{id}", task), fields, '{"urls": ["http://127.0.0.1:9/"]}' if submits else None


class AccessTest:
    def send(self, method, path, headers=None, task=NO_TASK, query=""):
        real, fields, body = asking(method, path, task)
        return ask(self.service, method, real + query, {**fields, **(headers or {})}, body)

    def assert_refused(self, reply, status, about):
        """As a problem, unless it was asked for with HEAD."""
        self.assertEqual(reply.status, status, (about, reply))
        if about[0] == "HEAD":
            self.assertEqual((reply.body, reply.headers["content-type"]), (b"", "application/problem+json"), about)
        else:
            self.assert_problem(reply, status)


class WithKeys(AccessTest, KeyedTest):
    def closed(self):
        return [each for each in operations(self.service) if each[2]]

    def tasks(self):
        return int(self.ask("boss", "GET", "/tasks?limit=1").headers["x-total-count"])

    def running(self, who):
        """The id of a task of theirs that does not end by itself."""
        reply = self.ask(who, "POST", "/submit", {"urls": [self.raw("stall/access")], "options": {"timeout_ms": 600000}})
        task = reply.json()["task_id"]
        self.addCleanup(self.ask, "boss", "DELETE", f"/tasks/{task}")
        return task

    def test_what_is_open_is_listed_and_nothing_else_is(self):
        # [api 6.10]
        found = {(method, path) for method, path, scope in operations(self.service) if scope is None and method != "HEAD"}
        self.assertEqual(found, set(OPEN))
        for method, path in OPEN:
            for each in (method, "HEAD"):
                if path != "/docs" or self.ask("boss", "GET", path).status == 200:  # It may not be in this build.
                    self.assertEqual(self.send(each, path).status, 200, path)

    def test_each_route_wants_a_key_it_knows_in_the_one_place_for_it(self):
        # [api 6.10]
        key, before = self.key["boss"], self.tasks()
        wrong = {"no key": ({}, ""), "a wrong key": (bearer("trawl_" + "A" * 43), ""),
                 "a hash of the file": (bearer(self.hash_of("boss")), ""), "another scheme": ({"Authorization": f"Basic {key}"}, ""),
                 "no scheme": ({"Authorization": key}, ""), "a cookie": ({"Cookie": f"key={key}"}, ""),
                 "the query": ({}, f"?key={key}"), "its beginning": (bearer(key[:-1]), ""), "more": (bearer(key + "A"), "")}
        for method, path, _ in self.closed():
            for what, (headers, query) in wrong.items():
                reply = self.send(method, path, headers, query=query)
                self.assert_refused(reply, 401, (method, path, what))
                expected = CHALLENGE + (', error="invalid_token"' if "Authorization" in headers else "")
                self.assertEqual(reply.headers["www-authenticate"], expected, (method, path, what))
                self.assertNotIn("x-total-count", reply.headers)
        self.assertEqual(self.tasks(), before)

    def hash_of(self, who):
        with open(self.path, encoding="ascii") as file:
            return next(re.search("sha256:([0-9a-f]+)", line)[1] for line in file if line.startswith(who + " "))

    def test_of_two_keys_in_one_request_none_counts(self):
        # [api 6.10]
        for method, path, _ in self.closed():
            real, fields, body = asking(method, path)
            connection = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=30)
            connection.putrequest(method, real)
            for name, value in (*fields.items(), *bearer(self.key["boss"]).items(), *bearer("x").items()):
                connection.putheader(name, value)
            if body:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body.encode() if body else None)
            self.assertEqual(connection.getresponse().status, 401, (method, path))
            connection.close()

    def test_a_key_that_only_reads_is_refused_where_something_changes_and_nowhere_else(self):
        # [api 6.11]
        task, before = self.running("ann"), self.tasks()
        for method, path, scope in self.closed():
            for query in ("", "?colour=red"):  # What is wrong beside it makes no difference.
                reply = self.send(method, path, bearer(self.key["eve"]), task, query)
                if scope == "write":
                    self.assert_refused(reply, 403, (method, path))
                    self.assertEqual(reply.headers["www-authenticate"],
                                     f'{CHALLENGE}, error="insufficient_scope", scope="read-write"')
                else:
                    self.assertNotIn(reply.status, (401, 403), (method, path))
            if method != "HEAD":
                self.assertEqual(scope, "read" if method == "GET" else "write", (method, path))
        self.assertEqual((self.tasks(), self.ask("ann", "GET", f"/tasks/{task}?view=summary").json()["status"]), (before, "running"))

    def test_a_task_of_another_is_told_from_none_by_nobody_but_an_admin(self):
        # [api 6.12]
        task = self.running("ann")
        for method, path, scope in self.closed():
            if "{id}" not in path:
                continue
            for who in ("ben", "eve") if scope == "read" else ("ben",):
                there, none = (self.send(method, path, {**bearer(self.key[who]), "X-Request-Id": "same"}, id_) for id_ in (task, NO_TASK))
                self.assert_refused(there, 404, (method, path, who))
                self.assertEqual(there.body.decode().replace(task, NO_TASK), none.body.decode())
                self.assertEqual({**there.headers, "date": ""}, {**none.headers, "date": ""})
        self.assertEqual(self.ask("ann", "GET", f"/tasks/{task}?view=summary").json()["status"], "running")
        for who in ("boss", "ann"):  # Its own, and an admin's, in an order that leaves it for the next.
            for method, path, _ in sorted(self.closed(), key=lambda each: each[0] == "DELETE"):
                if "{id}" in path and not (method == "DELETE" and who == "boss"):
                    expected = 101 if path.endswith("/ws") and method == "GET" else 202 if path.endswith("/retry") else 200
                    if method == "DELETE":
                        expected = 204
                    if path.endswith("/ws") and method == "HEAD":
                        expected = self.send(method, path, bearer(self.key[who]), task).status
                        self.assertIn(expected, (400, 426))
                    self.assertEqual(self.send(method, path, bearer(self.key[who]), task).status, expected, (method, path, who))
        for who in ("boss", "ann"):
            self.assertEqual(self.send("GET", "/tasks/{id}", bearer(self.key[who]), task).status, 404)

    def test_lists_pages_and_their_count_are_of_ones_own_tasks(self):
        # [api 6.12]
        task = self.running("ann")
        for query in ("", "?view=summary", "?status=running", "?limit=1000", "?label=x"):
            for who in ("ben", "eve"):
                reply = self.ask(who, "GET", "/tasks" + query)
                self.assertEqual((reply.status, reply.json(), reply.headers.get("x-total-count", "0")), (200, {}, "0"))
        self.assertIn(task, self.ask("ann", "GET", "/tasks?status=running").json())


class Expired(AccessTest, KeyedTest):
    flags = ("--task-ttl", "3")

    def test_that_a_task_has_expired_is_told_to_whose_it_was(self):
        # [api 1.19]
        task = self.submit("ann", [])
        self.assertTrue(until(lambda: self.ask("ann", "GET", f"/tasks/{task}").status == 410))
        # One round within the three seconds: what each is told, then that it was still the time for it.
        told = {}
        for method, path, scope in operations(self.service):
            if "{id}" in path:
                for who in ("ann", "boss", "ben", "eve"):
                    if who != "eve" or scope == "read":
                        told[method, path, who] = self.send(method, path, bearer(self.key[who]), task).status
        self.assertEqual(self.ask("ann", "GET", f"/tasks/{task}").status, 410, "this machine is too slow for the test")
        self.assertGreater(len(told), 30)
        for each, status in told.items():
            self.assertEqual(status, 410 if each[2] in ("ann", "boss") else 404, each)


class WithoutKeys(AccessTest, ServiceTest):
    flags = ("--allowed-host", "trawl.example")

    def foreign(self):
        """What only a web page of others, or a name made to point here, sends."""
        port = self.service.port
        for origin in ("https://evil.example", "null", f"http://127.0.0.1:{port + 1}", "http://localhost",
                       f"http://localhost:{port}.evil.example", f"http://127.0.0.1:{port}@evil.example", "x", ""):
            yield {"Host": f"127.0.0.1:{port}", "Origin": origin}
        for site in ("cross-site", "Cross-Site"):
            yield {"Host": f"127.0.0.1:{port}", "Sec-Fetch-Site": site}
        for host in ("evil.example", f"evil.example:{port}", "trawl.example.evil.example", "127.0.0.1.evil.example", "localhost.evil.example",
                     "0x7f.1"):
            yield {"Host": host}
            yield {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}

    def own(self):
        port = self.service.port
        for host in (f"127.0.0.1:{port}", f"localhost:{port}", "[::1]", "192.0.2.7", "trawl.example", f"TRAWL.example.:{port}"):
            yield {"Host": host}
            yield {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
        yield {"Host": f"localhost:{port}", "Sec-Fetch-Site": "none"}
        yield {"Host": "trawl.example", "Origin": "https://trawl.example"}  # By a proxy that speaks TLS.

    def test_no_route_serves_another_page_or_another_name(self):
        # [api 6.8, 6.9]
        task = self.service.submit([self.raw("stall/pages")], timeout_ms=600000)
        before = int(self.service.curl("GET", "/tasks?limit=1").headers["x-total-count"])
        # And what is no route of the API: files of pages, nothing, and methods that are not there.
        walked = [*operations(self.service), *((method, path, None) for method, path in BESIDE)]
        for method, path, _ in walked + [("OPTIONS", path, None) for path in {path for _, path, _ in walked}]:
            for headers in self.foreign():
                self.assert_refused(self.send(method, path, headers, task), 403, (method, path, headers))
        self.assertEqual(int(self.service.curl("GET", "/tasks?limit=1").headers["x-total-count"]), before)
        self.assertEqual(self.service.summary(task)["status"], "running")
        self.service.curl("DELETE", f"/tasks/{task}")

    def test_the_name_in_an_absolute_target_is_the_one_that_counts(self):
        # [api 6.9]
        for method, path, _ in operations(self.service):
            real, fields, body = asking(method, path)
            reply = ask(self.service, method, "http://evil.example" + real, {**fields, "Host": "localhost"}, body)
            self.assert_refused(reply, 403, (method, path))

    def test_ones_own_pages_and_programs_are_served(self):
        # [api 5.29, 6.8, 6.9]
        for method, path, _ in operations(self.service):
            for headers in self.own():
                self.assertNotIn(self.send(method, path, headers).status, (400, 401, 403) if not path.endswith("/ws") else (401, 403),
                                 (method, path, headers))


if __name__ == "__main__":
    main()
