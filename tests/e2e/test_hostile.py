"""Every way a server can misbehave: each URL ends in one record that says so, within its time, never as a success.

The servers are those of net/hostile.py. All are asked at once, with one retry, so that attempts, `retryable` and
the limits of each attempt are seen too.
"""
import collections
import json
import subprocess
import time

from harness import ALL, SLOW, ServiceTest, main
from net.hostile import Hostile

TIMEOUT_MS, CONNECT_MS = int(3000 * SLOW), int(1800 * SLOW)
LATE_MS = 1000 if ALL and SLOW == 1 else 5000 * SLOW  # How late a limit may be noticed.
BACKOFF_MS = 1000  # Before the second attempt, at most.
PLAIN, TLS, ON_PLAIN = "plain", "tls", "tls-on-plain"  # The last: https to a port that behaves so before any handshake.
BOTH = (PLAIN, TLS)

WORDS = {"TIMEOUT": ("connection_timeout", "connection_write_timeout", "http_response_timeout", "connection_read_timeout"),
         "PROTOCOL_ERROR": ("http_protocol_error", "http_response_incomplete", "http_response_header_section_size",
                            "http_response_transfer_coding", "connection_terminated"),
         "SSL_ERROR": ("tls_protocol_error",), "BODY_ERROR": ("http_response_body_size",),
         "REDIRECT_ERROR": ("too_many_redirects", "redirect_loop", "invalid_redirect")}
WORD_OF = {code: word for word, codes in WORDS.items() for code in codes}
RETRIED = {*WORDS["TIMEOUT"], "http_response_incomplete", "connection_terminated"}

Expected = collections.namedtuple("Expected", "code phase status length limit_ms")


def broken(names, code, phase, over=BOTH, limit_ms=None):
    """`phase`: those that are right. `limit_ms`: the limit that ends each attempt, None: none does."""
    return {(name, kind): Expected(code, phase.split(), None, None, limit_ms) for name in names.split() for kind in over}


def good(names, over=BOTH, status=200, length=5):
    return {(name, kind): Expected(None, (), status, length, None) for name in names.split() for kind in over}


# (name, over): what must come of it.
ROWS = {
    # What any client takes. Octets after the answer, or an answer before the question, only end the connection.
    **good("answers-first answers-first-twice fin-complete cut-complete rst-complete fin-complete-chunks cut-complete-chunks "
           "rst-complete-chunks lengths-agree length-list-agrees more-than-length two-answers chunked-and-length to-far "
           "fin-to-close"),
    **good("answers-first-and-ends cut-to-close", (PLAIN,)),
    **good("no-content-with-body", status=204, length=0),
    # Silence, and one octet now and then.
    **broken("never-answers never-reads head-drips fields-drip interim-drip stops-in-head", "http_response_timeout", "ttfb",
             limit_ms=TIMEOUT_MS),
    **broken("body-drips chunks-drip chunk-size-drips trailers-drip stops-in-body stops-in-chunk stops-before-close",
             "connection_read_timeout", "transfer", limit_ms=TIMEOUT_MS),
    **broken("never-answers never-reads half-a-record three-octets", "connection_timeout", "tls", (ON_PLAIN,), CONNECT_MS),
    # FIN and RST wherever they can come; over TLS also FIN without close_notify.
    **broken("fin-at-accept rst-at-accept fin-after-request cut-after-request rst-after-request", "connection_terminated",
             "connect ttfb"),
    **broken("fin-at-accept rst-at-accept half-a-record-fin half-a-record-rst", "connection_terminated", "connect tls", (ON_PLAIN,)),
    **broken("fin-mid-head cut-mid-head rst-mid-head", "http_response_incomplete", "ttfb"),
    **broken("fin-after-head cut-after-head rst-after-head fin-mid-body cut-mid-body rst-mid-body fin-mid-chunk cut-mid-chunk "
             "rst-mid-chunk fin-before-last-chunk cut-before-last-chunk rst-before-last-chunk fin-in-last-chunk "
             "cut-in-last-chunk rst-in-last-chunk rst-to-close", "http_response_incomplete", "transfer"),
    **broken("cut-to-close", "http_response_incomplete", "transfer", (TLS,)),
    # More than anybody can want, as fast as it goes.
    **broken("head-flood line-flood status-flood to-farther", "http_response_header_section_size", "ttfb"),
    **broken("trailer-flood", "http_response_header_section_size", "transfer"),
    **broken("chunk-size-flood", "http_response_transfer_coding", "transfer"),
    **broken("body-flood chunk-flood length-flood", "http_response_body_size", "transfer"),
    # Other protocols, and what only looks like this one.
    **broken("ssh smtp http2-settings half-a-record three-octets half-a-record-fin noise empty-lines http09 version-0 no-version "
             "no-status status-four-digits status-letters status-minus nul-in-status nul-in-name nul-in-value bare-cr switches "
             "garbage interim-flood", "http_protocol_error", "ttfb"),
    **broken("ssh smtp http2-settings answers-first noise", "tls_protocol_error", "tls", (ON_PLAIN,)),
    # Framing that two readers would read in two ways.
    **broken("length-negative length-plus length-hex length-two length-fraction length-overflow length-letters lengths-conflict "
             "length-list-conflict length-spaced", "http_protocol_error", "ttfb"),
    **broken("chunk-letters chunk-negative chunk-0x chunk-empty-size chunk-overflow chunk-too-short chunk-nul",
             "http_response_transfer_coding", "transfer"),
    **broken("chunked-twice chunked-not-last coding-unknown", "http_response_transfer_coding", "ttfb transfer"),
    # Redirects that lead nowhere.
    **broken("to-itself to-ring", "redirect_loop", "transfer"), **broken("to-fresh", "too_many_redirects", "transfer"),
    **broken("to-nonsense to-file", "invalid_redirect", "transfer"),
}


def follow(service, task, began):
    """The records of a task as they come: [(milliseconds since `began`, record)]."""
    command = ["curl", "-q", "--noproxy", "*", "--silent", "--no-buffer", "--max-time", str(100 * SLOW),
               f"{service.server}/tasks/{task}/results?format=ndjson&follow=1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as stream:
        return [((time.monotonic() - began) * 1e3, json.loads(line)) for line in stream.stdout]


class HostileTest(ServiceTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hostile = cls.enterClassContext(Hostile(cls.net))


class Matrix(HostileTest):
    """All of ROWS in one task."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        urls = [cls.hostile.url(*row) for row in ROWS]
        began = time.monotonic()
        task = cls.service.submit(urls, timeout_ms=TIMEOUT_MS, connect_timeout_ms=CONNECT_MS, retries=1, max_body_bytes=1 << 20)
        arrived = follow(cls.service, task, began)
        cls.order = [record["index"] for _, record in arrived]
        cls.rows = [(row, ROWS[row], *ended) for row, ended in zip(ROWS, sorted(arrived, key=lambda each: each[1]["index"]))]
        cls.summary = cls.service.summary(task)

    def test_each_has_exactly_one_record(self):
        self.assertEqual(sorted(self.order), list(range(len(ROWS))))
        self.assertEqual((self.summary["status"], self.summary["done"]), ("done", len(ROWS)))

    def test_each_ends_as_it_must(self):
        # [api 4.22, 4.23, 4.24, 4.25]
        for row, expected, _, record in self.rows:
            with self.subTest(row=row):
                errors = record["errors"]
                self.assertEqual(errors.get("code"), expected.code, record)
                if expected.code is None:
                    self.assertEqual((record["status_code"], record["content_length"]), (expected.status, expected.length))
                else:
                    self.assertEqual(errors["http"], WORD_OF[expected.code])
                    self.assertIn(errors["phase"], expected.phase, record)
                    self.assertTrue(errors["detail"])

    def test_what_may_pass_is_tried_again_and_nothing_else(self):
        # [api 4.31]
        seen = self.hostile.accepted()
        connections = collections.Counter()
        for (name, over), expected, _, record in self.rows:
            with self.subTest(row=(name, over)):
                retried = expected.code in RETRIED
                self.assertEqual(record["attempts"], 2 if retried else 1, record)
                self.assertEqual(record["errors"].get("retryable", False), retried)
            connections[TLS if over == TLS else PLAIN, name] += record["attempts"]
        self.assertEqual({(kind, name): n for kind in seen for name, n in seen[kind].items() if n}, connections)

    def test_each_ends_in_its_time_and_never_early(self):
        # [api 2.24, 2.26]
        for row, expected, came_ms, record in self.rows:
            with self.subTest(row=row):
                limit, total, attempts = expected.limit_ms, record["timings"]["total"], record["attempts"]
                least, most = (limit, limit + LATE_MS) if limit else (0, TIMEOUT_MS - 1)
                self.assertGreaterEqual(total, least, record)
                self.assertLess(total, most, record)
                # Every attempt had the whole limit, and the backoff is all that lies between them.
                self.assertGreaterEqual(came_ms, attempts * least)
                self.assertLess(came_ms, attempts * most + BACKOFF_MS + LATE_MS)


class KeptConnections(HostileTest):
    """One after the other to one host. Connections that end at the wrong moment are nobody's failure."""

    def fetch_three(self, name, over, **options):
        before = self.hostile.accepted()[over][name]
        urls = [self.hostile.url(name, over, f"/{n}") for n in range(3)]
        records = self.service.fetch(urls, host_concurrency=1, retries=0, timeout_ms=int(10000 * SLOW), **options)
        for record in records:
            self.assertEqual((record["errors"], record["status_code"], record["attempts"]), ({}, 200, 1), record)
        return self.hostile.accepted()[over][name] - before

    def test_one_that_is_closed_or_reset_is_dialled_again_unseen(self):
        for over in BOTH:
            for name in ("closes-after-each", "drops-the-second"):
                with self.subTest(name=name, over=over):
                    self.assertEqual(self.fetch_three(name, over), 3)

    def test_what_nobody_asked_for_answers_nobody(self):
        for over in BOTH:
            for name in ("two-answers", "answers-first-twice", "more-than-length", "talks-while-idle"):
                with self.subTest(name=name, over=over):
                    self.assertEqual(self.fetch_three(name, over, host_delay_ms=int(200 * SLOW)), 3)


class Writing(HostileTest):
    def test_a_request_that_is_not_taken_is_a_timeout_of_writing(self):
        # [api 4.23]
        """The server's buffer is small; ours takes what fits, and the rest waits."""
        url = self.hostile.url("never-reads", path="/" + "x" * 65000)
        headers = {f"X-{n}": "y" * 150 for n in range(100)}
        record = self.service.fetch([url], timeout_ms=1000, retries=0, headers=headers)[0]
        self.assertEqual((record["errors"]["code"], record["errors"]["phase"]), ("connection_write_timeout", "ttfb"), record)
        self.assertGreaterEqual(record["timings"]["total"], 1000)
        self.assertLess(record["timings"]["total"], 1000 + LATE_MS)


if __name__ == "__main__":
    main()
