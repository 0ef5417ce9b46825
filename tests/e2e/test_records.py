"""Each kind of URL ends in the record the API promises for it."""
import base64
import time

from harness import SLOW, NetTest, Service, ServiceTest, main
from net import samples

WORDS = {"input", "policy", "queue", "dns", "connect", "tls", "ttfb", "transfer"}
TIMINGS = {"queue", "dns", "connect", "tls", "ttfb", "transfer", "total"}


class Matrix(ServiceTest):
    """All kinds of net/samples.py in one task."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.samples = cls.net["samples"]
        options = {**samples.OPTIONS, "timeout_ms": int(2500 * SLOW), "connect_timeout_ms": int(1500 * SLOW)}
        cls.task = cls.service.submit([sample["url"] for sample in cls.samples.values()], **options)
        cls.began = time.time()
        cls.summary = cls.service.wait(cls.task)
        in_order = sorted(cls.service.records(cls.task), key=lambda record: record["index"])
        cls.records = dict(zip(cls.samples, in_order))

    def test_every_kind_ends_as_it_must(self):
        # [api 4.2, 4.13, 4.18, 4.20, 4.21, 4.22, 4.25]
        for kind, sample in self.samples.items():
            with self.subTest(kind=kind):
                record = self.records[kind]
                errors = record["errors"]
                self.assertEqual(record["url"], sample["url"])
                self.assertEqual(errors.get("http"), sample["http"], record)
                if sample["http"] is None:
                    self.assertEqual(errors, {})
                else:
                    self.assertIn(errors["code"], sample["code"], record)
                    self.assertIn(errors["phase"], sample["phase"] or WORDS, record)
                if sample["status_code"] is not None:
                    self.assertEqual(record["status_code"], sample["status_code"], record)

    def test_bodies_are_counted_and_redirects_listed(self):
        # [api 4.4, 4.5]
        for kind, sample in self.samples.items():
            with self.subTest(kind=kind):
                record = self.records[kind]
                if "content_length" in sample:
                    self.assertEqual(record["content_length"], sample["content_length"])
                if "final_url" in sample:
                    self.assertEqual(record["final_url"], sample["final_url"])
                    self.assertEqual(len(record["redirects"]), sample["hops"])
                    self.assertEqual(record["redirects"][0]["url"], sample["url"])

    def test_every_record_has_its_keys(self):
        # [api 4.1, 4.2, 4.10]
        for kind, record in self.records.items():
            with self.subTest(kind=kind):
                self.assertIsInstance(record["timestamp"], int)
                self.assertAlmostEqual(record["timestamp"], self.began, delta=60 * SLOW)
                if record["errors"]:
                    self.assertEqual({"http", "code", "phase", "detail", "retryable"} - set(record["errors"]), set())
                    self.assertTrue(record["errors"]["detail"])
                    self.assertNotIn("\n", record["errors"]["detail"])
                    self.assertIsInstance(record["errors"]["retryable"], bool)
                timings = record.get("timings", {})
                self.assertLessEqual(set(timings), TIMINGS)
                self.assertTrue(all(ms >= 0 for ms in timings.values()))

    def test_a_good_record_tells_where_it_went(self):
        # [api 4.3, 4.4, 4.5, 4.6, 4.7]
        record = self.records["https"]
        self.assertEqual((record["remote_ip"], record["http_version"], record["attempts"]), ("127.0.1.1", "1.1", 1))
        self.assertEqual((record["content_type"], record["content_length"]), ("text/html", 1130))
        self.assertIn(record["tls"]["version"], ("TLSv1.2", "TLSv1.3"))
        self.assertTrue(record["tls"]["cipher"] and record["tls"]["not_after"])
        self.assertNotIn("redirects", record)
        self.assertNotIn("tls", self.records["page"])
        self.assertNotIn("status_code", self.records["no-such-name"])

    def test_a_phase_that_was_not_reached_is_absent(self):
        # [api 4.10]
        self.assertLessEqual(set(self.records["no-such-name"]["timings"]), {"queue", "dns", "total"})
        refused = set(self.records["refused"]["timings"])
        self.assertFalse(refused & {"tls", "ttfb", "transfer"})
        self.assertNotIn("transfer", self.records["raw-stall"]["timings"])
        self.assertGreaterEqual(self.records["raw-stall"]["timings"]["total"], 2400)

    def test_the_counts_agree_with_the_records(self):
        # [api 3.1, 3.4]
        failed = [record for record in self.records.values() if record["errors"]]
        self.assertEqual(self.summary["failed"], len(failed))
        self.assertEqual(self.summary["ok"], len(self.records) - len(failed))
        by_code = {}
        for record in failed:
            by_code[record["errors"]["code"]] = by_code.get(record["errors"]["code"], 0) + 1
        self.assertEqual(self.summary["by_code"], by_code)


class Options(ServiceTest):
    def one(self, url, **options):
        return self.service.fetch([url], **options)[0]

    def test_head_falls_back_to_get_where_it_is_refused(self):
        # [api 2.21]
        record = self.one(self.http("/page/1"), method="HEAD")
        self.assertEqual((record["status_code"], record.get("content_length", 0)), (200, 0))
        self.assertEqual(self.one(self.http("/no-head"), method="HEAD")["status_code"], 200)
        self.one(self.raw("ok/by-head"), method="HEAD")
        self.assertTrue(self.heads("/raw/ok/by-head")[0].startswith("HEAD "))

    def test_no_redirects_makes_the_redirect_the_answer(self):
        # [api 2.27]
        record = self.one(self.http("/redirect/1"), max_redirects=0)
        self.assertEqual((record["status_code"], record["errors"]), (302, {}))
        self.assertNotIn("final_url", record)

    def test_redirects_are_followed_exactly_as_far_as_allowed(self):
        # [api 2.27]
        self.assertEqual(self.one(self.http("/redirect/3"), max_redirects=3)["errors"], {})
        self.assertEqual(self.one(self.http("/redirect/4"), max_redirects=3)["errors"]["code"], "too_many_redirects")

    def test_a_body_may_be_as_large_as_the_limit_and_no_larger(self):
        # [api 2.29, 4.26]
        self.assertEqual(self.one(self.http("/size/1k"), max_body_bytes=1024)["errors"], {})
        record = self.one(self.http("/size/1k"), max_body_bytes=1023)
        self.assertEqual(record["errors"]["code"], "http_response_body_size")

    def test_a_bad_certificate_is_taken_when_asked_to(self):
        # [api 2.30]
        for name in ("expired", "self-signed", "wrong-host", "unknown-issuer"):
            url = f"https://{name}.test:{self.net['https_port']}/page/1"
            self.assertEqual(self.one(url, verify_tls=False)["errors"], {}, name)
            self.assertEqual(self.one(url)["errors"]["code"], "tls_certificate_error", name)

    def test_a_flaky_server_is_asked_again(self):
        # [api 2.28, 4.9]
        record = self.one(self.raw("flaky/again?fail=1"), retries=2)
        self.assertEqual((record["errors"], record["attempts"]), ({}, 2))
        record = self.one(self.raw("flaky/never?fail=1"), retries=0)
        self.assertEqual((record["errors"]["http"], record["attempts"]), (503, 1))
        # A name of its own: on a kept connection a reset is dialled again, and no attempt.
        record = self.one(self.raw("flaky/reset?fail=1&how=reset", "h82.test"), retries=2)
        self.assertEqual((record["errors"], record["attempts"]), ({}, 2))

    def test_what_cannot_get_better_is_not_asked_again(self):
        for path in ("status/404", "status/410"):
            self.assertEqual(self.one(self.http(f"/{path}"))["attempts"], 1)
        self.assertEqual(self.one(f"https://expired.test:{self.net['https_port']}/")["attempts"], 1)

    def test_headers_go_to_the_origin_that_was_submitted_and_to_no_other(self):
        # [api 2.22]
        headers = {"X-Test": "mine", "Authorization": "Bearer secret", "User-Agent": "tester/1"}
        other = self.raw("ok/other-origin", "h9.test")
        self.one(self.raw(f"redirect/with-headers?to={other}"), headers=headers)
        first, second = self.heads("/raw/redirect/with-headers")[0], self.heads("/raw/ok/other-origin")[0]
        self.assertIn("\r\nX-Test: mine", first)
        self.assertIn("secret", first)
        self.assertNotIn("mine", second)
        self.assertNotIn("secret", second)
        self.assertIn(f"\r\nHost: h9.test:{self.net['raw_port']}", second)

    def test_the_version_of_the_answer_is_told(self):
        # [api 4.6]
        for version in ("1.0", "1.1"):
            answer = base64.b64encode(f"HTTP/{version} 200 OK\r\nContent-Length: 2\r\n\r\nok".encode()).decode()
            record = self.one(self.raw(f"bytes/version?b64={answer}&then=close"))
            self.assertEqual((record["errors"], record["http_version"]), ({}, version))

    def test_trawl_says_who_it_is(self):
        # [api 5.22]
        self.one(self.raw("ok/who"))
        self.assertRegex(self.heads("/raw/ok/who")[0], r"\r\nUser-Agent: trawl/\d")

    def test_a_task_ends_at_its_deadline(self):
        # [api 2.34, 3.2]
        task = self.service.submit([self.raw("stall/deadline"), self.http("/page/1")], deadline_s=1)
        summary = self.service.wait(task, 10)
        self.assertEqual((summary["status"], summary["ok"]), ("deadline_exceeded", 1))
        self.assertEqual(summary["by_code"], {"deadline_exceeded": 1})

    def test_duplicates_are_fetched_each_and_shown_once(self):
        # [api 3.5]
        url = self.raw("ok/twice")
        records = self.service.fetch([url] * 3)
        self.assertEqual([record["index"] for record in records], [0, 1, 2])
        self.assertEqual(self.seen("/raw/ok/twice")["requests"], {"/raw/ok/twice": 3})


class Connections(ServiceTest):
    """What a server sees."""

    flags = ("--host-concurrency", "1", "--host-delay-ms", "0")

    def accepted_while(self, urls, **options):
        before = self.seen()["accepted"]
        records = self.service.fetch(urls, **options)
        self.assertEqual([record["errors"] for record in records], [{}] * len(urls))
        return self.seen()["accepted"] - before, records

    def test_one_connection_serves_many_urls(self):
        # [api 4.10]
        accepted, records = self.accepted_while([self.raw(f"ok/kept/{n}", "h10.test") for n in range(20)])
        self.assertEqual(accepted, 1)
        self.assertIn("connect", records[0]["timings"])
        self.assertNotIn("connect", records[-1]["timings"])

    def test_without_keep_alive_each_url_has_its_own(self):
        # [api 2.31]
        accepted, _ = self.accepted_while([self.raw(f"ok/own/{n}", "h11.test") for n in range(5)], keep_alive=False)
        self.assertEqual(accepted, 5)

    def test_a_kept_connection_that_dies_is_dialled_again_without_counting(self):
        accepted, records = self.accepted_while([self.raw(f"close-after-one/{n}", "h12.test") for n in range(6)], retries=0)
        self.assertEqual(accepted, 6)
        self.assertEqual({record["attempts"] for record in records}, {1})

    def test_octets_after_an_answer_spoil_the_connection(self):
        accepted, _ = self.accepted_while([self.raw(f"leftover/{n}", "h13.test") for n in range(5)])
        self.assertEqual(accepted, 5)

    def test_length_and_chunked_together_spoil_the_connection(self):
        accepted, _ = self.accepted_while([self.raw(f"length-and-chunked/{n}", "h14.test") for n in range(4)])
        self.assertEqual(accepted, 4)

    def test_a_host_is_given_no_more_than_its_share(self):
        # [api 5.14]
        before = self.seen()["open"]
        task = self.service.submit([self.raw(f"slow/share/{n}?s=0.05", "h15.test") for n in range(10)])
        most = 0
        while self.service.summary(task)["status"] == "running":
            most = max(most, self.seen()["open"] - before)
        self.assertEqual(most, 1)


class NamesThatFail(NetTest):
    """A name server that misbehaves is the only one asked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = cls.enterClassContext(Service(cls.net, dns=cls.net["scripted_dns_server"]))

    def url(self, name):
        return f"http://{name}:{self.net['http_port']}/page/1"

    def assert_ends(self, expected, **options):
        records = self.service.fetch([self.url(name) for name in expected], retries=0, **options)
        for (name, code), record in zip(expected.items(), records):
            with self.subTest(name=name):
                self.assertEqual(record["errors"].get("code"), code, record)
                if code:
                    self.assertEqual((record["errors"]["http"], record["errors"]["phase"]), ("DNS_ERROR", "dns"))

    def test_good_answers_in_every_manner(self):
        self.assert_ends({"ok.dns": None, "only-a.dns": None, "truncated.dns": None, "late200.dns": None, "ttl0.dns": None,
                          "h7.test": None})

    def test_answers_that_say_no(self):
        # [api 4.20]
        self.assert_ends({"nxdomain.dns": "dns_error", "servfail.dns": "dns_error", "nodata.dns": "dns_error",
                          "refused.dns": "dns_error"}, timeout_ms=20000, connect_timeout_ms=15000)

    def test_no_answer_is_a_timeout(self):
        # [api 4.20]
        self.assert_ends({"silent.dns": "dns_timeout", "wrong-id.dns": "dns_timeout"}, timeout_ms=20000,
                         connect_timeout_ms=int(2000 * SLOW))

    def test_malformed_answers_fail_and_harm_nobody(self):
        names = ("malformed", "garbage", "short", "pointer-loop", "alias-loop", "wrong-question")
        records = self.service.fetch([self.url(f"{name}.dns") for name in names], retries=0, connect_timeout_ms=int(2000 * SLOW))
        for name, record in zip(names, records):
            with self.subTest(name=name):
                self.assertEqual(record["errors"].get("http"), "DNS_ERROR", record)
        self.assert_ends({"after.ok.dns": None})

    def test_equal_lookups_are_joined_and_answers_kept(self):
        url = self.url("joined.late300.dns")
        self.service.fetch([url] * 50)
        self.service.fetch([url] * 50)
        self.assertLessEqual(self.seen()["names"]["joined.late300.dns"], 2)  # A and, at most, AAAA.

    def test_a_forbidden_address_is_not_dialled(self):
        # [api 4.19, 6.1]
        record = self.service.fetch([self.url("link-local.dns")], retries=0)[0]
        self.assertEqual((record["errors"]["http"], record["errors"]["code"], record["errors"]["phase"]),
                         ("BLOCKED", "destination_ip_prohibited", "policy"))


if __name__ == "__main__":
    main()
