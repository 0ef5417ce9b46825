"""How often one may ask, which web pages may read the answers, and what every answer tells a browser."""
import http.client

from harness import ServiceTest, main, until
from test_keys import KeyedTest, bearer

PAGE = "https://pages.example"


class Rate(KeyedTest):
    flags = ("--rate-limit", "2")

    def until_refused(self, secret, other):
        """Asks on one connection, faster than tokens come back; the statuses. All but the last are `other`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=60)
        self.addCleanup(connection.close)
        seen = []
        while len(seen) < 1000 and (not seen or seen[-1] == other):
            connection.request("GET", "/tasks?view=summary", headers=bearer(secret))
            answer = connection.getresponse()
            answer.read()
            seen.append(answer.status)
        return seen

    def test_a_key_has_its_own_rate_and_is_told_when_to_come_again(self):
        # [api 5.31]
        first = self.ask("ann", "GET", "/tasks")
        self.assertEqual([first.headers[f"ratelimit-{name}"] for name in ("limit", "remaining", "reset")], ["4", "3", "1"])
        self.assertEqual(self.until_refused(self.key["ann"], 200)[-1], 429)
        self.assertTrue(until(lambda: self.ask("ann", "GET", "/tasks").status == 200))
        self.assertEqual(self.ask("ben", "GET", "/tasks").status, 200)

    def test_who_is_refused_is_told_in_a_problem(self):
        # [api 5.31]
        self.until_refused(self.key["eve"], 200)
        refused = [self.ask("eve", "GET", "/tasks") for _ in range(20)]
        told = next((reply for reply in refused if reply.status == 429), None)
        if told is None:
            self.skipTest("this machine is slower than two requests a second")
        self.assert_problem(told, 429)
        self.assertEqual((told.headers["retry-after"], told.headers["ratelimit-remaining"]), ("1", "0"))

    def test_probes_are_never_limited_and_guessing_keys_is(self):
        # [api 5.31]
        self.assertEqual(self.until_refused("guess", 401)[-1], 429)
        for path in ("/healthz", "/readyz"):
            reply = self.service.curl("GET", path)
            self.assertEqual(reply.status, 200)
            self.assertNotIn("ratelimit-limit", reply.headers)
        self.assertEqual(self.ask("boss", "GET", "/tasks").status, 200)


class Pages(ServiceTest):
    flags = ("--cors-origin", PAGE, "--cors-origin", "http://localhost:3000")

    def test_a_listed_page_may_read_and_is_told_so_on_errors_too(self):
        # [api 5.32, 6.8]
        for path, status in (("/tasks", 200), ("/nothing", 404), ("/tasks?x=1", 400)):
            reply = self.service.curl("GET", path, None, {"Origin": PAGE, "Sec-Fetch-Site": "cross-site"})
            self.assertEqual(reply.status, status)
            self.assertEqual(reply.headers["access-control-allow-origin"], PAGE)
            self.assertIn("Origin", reply.headers["vary"])
            self.assertIn("X-Request-Id", reply.headers["access-control-expose-headers"])
            self.assertNotIn("access-control-allow-credentials", reply.headers)

    def test_another_page_may_not(self):
        # [api 5.32, 6.8]
        for origin in ("https://other.example", PAGE + ".evil.example", PAGE.upper(), "null", "http://pages.example"):
            for method in ("GET", "OPTIONS"):
                reply = self.service.curl(method, "/tasks", None, {"Origin": origin, "Access-Control-Request-Method": "GET"})
                self.assertEqual(reply.status, 403, origin)
                self.assertNotIn("access-control-allow-origin", reply.headers)

    def test_a_preflight_names_methods_and_fields(self):
        reply = self.service.curl("OPTIONS", "/tasks", None, {"Origin": PAGE, "Access-Control-Request-Method": "POST",
                                                             "Access-Control-Request-Headers": "authorization, content-type"})
        self.assertEqual((reply.status, reply.body), (204, b""))
        self.assertEqual(reply.headers["access-control-allow-origin"], PAGE)
        self.assertIn("POST", reply.headers["access-control-allow-methods"].split(", "))
        self.assertLessEqual({"Authorization", "Content-Type"}, set(reply.headers["access-control-allow-headers"].split(", ")))
        self.assertEqual(reply.headers["access-control-max-age"], "600")
        plain = self.service.curl("OPTIONS", "/tasks")
        self.assertNotIn("access-control-allow-origin", plain.headers)

    def test_every_answer_is_careful_with_browsers(self):
        # [api 1.33]
        for method, path in (("GET", "/tasks"), ("GET", "/healthz"), ("GET", "/nothing"), ("PUT", "/tasks"), ("OPTIONS", "*")):
            reply = self.service.curl(method, path if path != "*" else "/tasks")
            self.assertEqual(reply.headers["x-content-type-options"], "nosniff")
            self.assertEqual(reply.headers["cache-control"], "no-store")
            self.assertEqual(reply.headers["content-security-policy"], "default-src 'none'; frame-ancestors 'none'")


class PagesWithKeys(KeyedTest):
    flags = ("--cors-origin", PAGE)

    def test_a_preflight_needs_no_key_and_the_request_does(self):
        asks = {"Origin": PAGE, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
        self.assertEqual(self.service.curl("OPTIONS", "/tasks", None, asks).headers["access-control-allow-origin"], PAGE)
        reply = self.ask("ann", "GET", "/tasks", None, {"Origin": PAGE})
        self.assertEqual((reply.status, reply.headers["access-control-allow-origin"]), (200, PAGE))
        self.assertEqual(self.service.curl("GET", "/tasks", None, {"Origin": PAGE}).status, 401)
        other = self.ask("ann", "GET", "/tasks", None, {"Origin": "https://other.example"})
        self.assertEqual(other.status, 200)
        self.assertIn("Origin", other.headers["vary"])
        self.assertNotIn("access-control-allow-origin", other.headers)


if __name__ == "__main__":
    main()
