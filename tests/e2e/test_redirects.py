"""Where redirects lead: targets of every shape, what goes along, what is refused, and what the record says."""
import base64
from urllib.parse import quote

from harness import ServiceTest, main

FOLLOWED = (301, 302, 303, 307, 308)
BASIC_UP = "Authorization: Basic " + base64.b64encode(b"u:p").decode()


class RedirectTest(ServiceTest):
    flags = ("--host-concurrency", "1", "--host-delay-ms", "0")

    def to(self, location, status=302, host="raw.test", tag="x", lines=()):
        """A URL that answers with this Location (str, or bytes as they are; None: without)."""
        octets = location.encode() if isinstance(location, str) else location
        fields = [b"Content-Length: 0", *lines] + ([b"Location: " + octets] if octets is not None else [])
        head = b"\r\n".join((b"HTTP/1.1 %d Elsewhere" % status, *fields, b"", b""))
        return self.raw(f"bytes/dir/{tag}?then=keep&b64={base64.b64encode(head).decode()}", host)

    def one(self, url, **options):
        return self.service.fetch([url], retries=0, **options)[0]

    def first_line(self, path):
        return self.heads(quote(path))[-1].split("\r\n")[0]

    def at(self, host="raw.test"):
        return f"http://{host}:{self.net['raw_port']}"


class Followed(RedirectTest):
    def test_the_five_statuses_are_followed_and_get_and_head_stay_what_they_are(self):
        for status in FOLLOWED:
            for method in ("GET", "HEAD"):
                path = f"/raw/ok/{status}-{method}"
                record = self.one(self.to(path, status), method=method)
                self.assertEqual((record["errors"], record["status_code"]), ({}, 200))
                self.assertEqual([hop["status_code"] for hop in record["redirects"]], [status])
                self.assertEqual(self.first_line(path), f"{method} {path} HTTP/1.1")

    def test_every_other_3xx_and_one_without_a_target_is_the_answer(self):
        for status in (300, 304, 305, 306, 309, 399):
            record = self.one(self.to("/raw/ok/not-followed", status))
            self.assertEqual((record["errors"], record["status_code"], "redirects" in record), ({}, status, False))
        for location in (None, "", "  \t "):
            record = self.one(self.to(location))
            self.assertEqual((record["errors"], record["status_code"], "redirects" in record), ({}, 302, False))
        self.assertEqual(self.heads("/raw/ok/not-followed"), [])

    def test_targets_of_every_shape_are_asked_for_as_browsers_would(self):
        port, here = self.net["raw_port"], self.at()
        targets = {
            f"{here}/raw/ok/absolute": "/raw/ok/absolute",
            f"//raw.test:{port}/raw/ok/protocol-relative": "/raw/ok/protocol-relative",
            "../../ok/up": "/raw/ok/up",
            "/raw/./ok/x/../dots": "/raw/ok/dots",
            "  \t/raw/ok/spaced  ": "/raw/ok/spaced",
            "/raw/ok/a b": "/raw/ok/a%20b",
            "/raw/ok/tab\there": "/raw/ok/tabhere",
            "\\raw\\ok\\backslash": "/raw/ok/backslash",
            f"HTTP://RAW.TEST:{port}/raw/ok/upper": "/raw/ok/upper",
            "http:/raw/ok/one-slash": "/raw/ok/one-slash",
            "/raw/ok/fragment#part": "/raw/ok/fragment",
            "/raw/ok/quoted%2fas%20is": "/raw/ok/quoted%2fas%20is",
            "/raw/ok/caf\u00e9?q=\u00e9": "/raw/ok/caf%C3%A9?q=%C3%A9",
            "/raw/ok/latin\u00e9".encode("latin-1"): "/raw/ok/latin%E9",
            b"/raw/ok/folded\r\n  line": "/raw/ok/folded%20line",
        }
        for location, target in targets.items():
            with self.subTest(location=location):
                record = self.one(self.to(location))
                self.assertEqual((record["errors"], record["status_code"]), ({}, 200), record)
                self.assertEqual(record["final_url"].partition("#")[0], here + target)
                self.assertEqual(self.first_line(target.partition("?")[0]), f"GET {target} HTTP/1.1")

    def test_a_fragment_is_never_sent_and_inherited_unless_the_target_has_one(self):
        for location, final in (("/raw/ok/plain", "#top"), ("/raw/ok/own#own", "#own"), ("/raw/ok/empty#", "#")):
            record = self.one(self.to(location) + "#top")
            self.assertEqual(record["final_url"], self.at() + location.partition("#")[0] + final)
            self.assertNotIn("#", self.first_line(location.partition("#")[0]))

    def test_the_record_lists_the_way_down_from_https_too(self):
        # [api 4.4]
        submitted = self.https("/redirect-to-http")
        record = self.one(submitted)
        self.assertEqual(record["redirects"], [{"status_code": 302, "url": submitted}])
        self.assertEqual((record["final_url"], record["errors"]), (self.http("/page/redirected"), {}))
        self.assertNotIn("tls", record)

    def test_two_equal_locations_are_one(self):
        record = self.one(self.to("/raw/ok/twice", lines=(b"Location: /raw/ok/twice",)))
        self.assertEqual((record["errors"], record["final_url"]), ({}, self.at() + "/raw/ok/twice"))


class Refused(RedirectTest):
    def test_targets_that_nobody_should_follow(self):
        # [api 4.25]
        port = self.net["raw_port"]
        for location in ("file:///etc/passwd", "ftp://raw.test/", "javascript:alert(1)", "data:,x", "mailto:a@b.test", "ws://raw.test/",
                         "http://", "http://[::1", f"http://raw test:{port}/", "http://raw.test:99999/", "http://1.2.3.256/",
                         b"http://\xe9\xff.test/"):
            with self.subTest(location=location):
                record = self.one(self.to(location))
                errors = record["errors"]
                self.assertEqual((errors.get("http"), errors.get("code"), errors.get("phase"), errors.get("retryable")),
                                 ("REDIRECT_ERROR", "invalid_redirect", "transfer", False), record)
                self.assertEqual(record["status_code"], 302)

    def test_two_different_locations(self):
        record = self.one(self.to("/raw/ok/one", lines=(b"Location: /raw/ok/two",)))
        self.assertEqual(record["errors"]["code"], "invalid_redirect")

    def test_a_loop_is_found_when_it_closes_and_a_chain_at_its_limit(self):
        # [api 4.25]
        record = self.one(self.http("/redirect-loop-a"))
        self.assertEqual((record["errors"]["code"], len(record["redirects"])), ("redirect_loop", 1), record)
        record = self.one(self.http("/redirect/11"), max_redirects=10)
        self.assertEqual((record["errors"]["code"], len(record["redirects"])), ("too_many_redirects", 10), record)
        self.assertEqual(self.one(self.http("/redirect/10"), max_redirects=10)["errors"], {})

    def test_each_hop_must_pass_the_address_policy(self):
        # [api 6.1]
        for target in ("http://169.254.169.254/latest/", "http://[fe80::1]/", "http://0xa9fea9fe/"):
            record = self.one(self.to(target, tag="policy"))
            errors = record["errors"]
            self.assertEqual((errors["http"], errors["code"], errors["phase"]),
                             ("BLOCKED", "destination_ip_prohibited", "policy"), record)
            self.assertEqual(len(record["redirects"]), 1)


class Secrets(RedirectTest):
    headers = {"Authorization": "Bearer secret", "Cookie": "c=secret", "X-Key": "secret", "Accept": "text/x",
               "Accept-Language": "de", "User-Agent": "tester/1", "Referer": "http://secret.test/"}

    def test_of_the_callers_headers_only_accept_and_user_agent_reach_another_origin(self):
        # [api 2.22]
        self.one(self.to(f"{self.at('h30.test')}/raw/ok/foreign"), headers=self.headers)
        head = self.heads("/raw/ok/foreign")[0]
        self.assertNotIn("secret", head)
        for line in ("Accept: text/x", "Accept-Language: de", "User-Agent: tester/1"):
            self.assertIn(f"\r\n{line}", head)

    def test_they_are_sent_again_where_they_were_meant_for(self):
        # [api 2.22]
        home = self.at() + "/raw/ok/home"
        self.one(self.to(self.to(home, host="h31.test", tag="there")), headers=self.headers)
        self.assertNotIn("secret", self.heads("/raw/bytes/dir/there")[0])
        self.assertIn("Bearer secret", self.heads("/raw/ok/home")[0])

    def test_the_credentials_of_the_url_stay_at_its_origin(self):
        inside, outside = "/raw/ok/inside", "/raw/ok/outside"
        for location in (inside, self.at() + inside):
            self.one(self.to(location, tag="secret").replace("http://", "http://u:p@"))
            self.assertIn(BASIC_UP, self.heads("/raw/bytes/dir/secret")[-1])
            self.assertIn(BASIC_UP, self.heads(inside)[-1])
        for location in (self.at("h32.test") + outside, f"//h32.test:{self.net['raw_port']}{outside}"):
            self.one(self.to(location).replace("http://", "http://u:p@"))
            self.assertNotIn("Authorization", self.heads(outside)[-1])

    def test_credentials_in_a_target_are_for_the_target(self):
        self.one(self.to(self.at("h33.test").replace("http://", "http://u:p@") + "/raw/ok/invited"))
        self.assertIn(BASIC_UP, self.heads("/raw/ok/invited")[0])

    def test_nobody_is_told_where_a_redirect_came_from(self):
        self.one(self.to("/raw/ok/no-referer"))
        self.assertNotIn("\r\nreferer", self.heads("/raw/ok/no-referer")[0].lower())


class Turns(RedirectTest):
    def test_a_redirect_waits_its_turn_at_the_host_it_leads_to(self):
        """From many hosts to one, which has one connection at a time."""
        before = self.seen()
        target = self.at("h40.test") + "/raw/slow/turn?s=0.02"
        urls = [self.http(f"/redirect-to?to={target}", host) for host in range(10)]
        records = self.service.fetch(urls)
        self.assertEqual([record["errors"] for record in records], [{}] * len(urls))
        self.assertEqual({record["final_url"] for record in records}, {target})
        self.assertEqual(self.seen()["accepted"] - before["accepted"], 1)


if __name__ == "__main__":
    main()
