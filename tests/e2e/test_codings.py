"""Bodies under content codings: offered, taken off, counted decoded, and never believed when they are broken."""
import base64
import gzip
import re
import zlib

from harness import ServiceTest, curl, main

TEXT = b"the quick brown fox jumps over the lazy dog"
BR = bytes.fromhex("1b2a00889c09364ea87737bc2433a34b9033bc427b4b90b23998c881435ba0f7dea7150ee90b4789ea0c1be0563506")
BR_64_MIB_OF_ZEROS = bytes.fromhex(
    "cbffff3ff82700e2b14020f7fe8fffff7ff04f00c4611180eefd1fffffffe09f0088c30200ddfb3ffeffffc13f0110870500baf77ffcff"
    "ff837f02200e0b0074effff8ffff07ff04401c1600e8defff1ffff0ffe0980382c00d0bdffcbffff3ffc1300715800a07bff07")
ZSTD = bytes.fromhex("28b52ffd045859010074686520717569636b2062726f776e20666f78206a756d7073206f76657220746865206c617a79"
                     "20646f6792a7a9c5")
MIB = 1 << 20


def deflate(plain, window_bits):
    coder = zlib.compressobj(9, zlib.DEFLATED, window_bits)
    return coder.compress(plain) + coder.flush()


def zstd_of_zeros(blocks):
    """A frame of blocks of 128 KiB, four octets each (RFC 8878 3.1.1.2)."""
    run = [((128 * 1024) << 3 | 1 << 1 | (n == blocks - 1)).to_bytes(3, "little") + b"\0" for n in range(blocks)]
    return bytes.fromhex("28b52ffd0058") + b"".join(run)


SAMPLES = {
    "gzip": gzip.compress(TEXT), "x-gzip": gzip.compress(TEXT), "deflate": deflate(TEXT, 15), "Deflate": deflate(TEXT, -15),
    "br": BR, "zstd": ZSTD, "deflate, gzip": gzip.compress(deflate(TEXT, 15)), "identity, br": BR, "none": TEXT,
}


class Codings(ServiceTest):
    def url(self, coding, body, *lines, status="200 OK", framing="length", host="raw.test"):
        """Of a response with this coded body."""
        lines = [f"Content-Encoding: {coding}", *lines]
        if framing == "length":
            lines.append(f"Content-Length: {len(body)}")
        if framing == "chunked":
            lines.append("Transfer-Encoding: chunked")
            body = b"".join(b"%x\r\n%s\r\n" % (len(body[at:at + 7]), body[at:at + 7]) for at in range(0, len(body), 7))
            body += b"0\r\n\r\n"
        head = "\r\n".join((f"HTTP/1.1 {status}", *lines, "", "")).encode()
        pieces = [head, body[:len(body) // 2], body[len(body) // 2:]]
        return self.raw("bytes?gap_ms=1&b64=" + ",".join(base64.b64encode(piece).decode() for piece in pieces), host)

    def one(self, url, **options):
        return self.service.fetch([url], retries=0, **options)[0]

    def assert_fails(self, url, code, detail, **options):
        record = self.one(url, **options)
        errors = record["errors"]
        self.assertEqual((errors.get("http"), errors.get("code"), errors.get("phase")), ("BODY_ERROR", code, "transfer"), record)
        self.assertIn(detail, errors["detail"])
        self.assertEqual((errors["retryable"], record["status_code"]), (False, 200))
        return record

    def test_every_coding_is_taken_off_in_every_framing(self):
        cases = [(coding, framing) for coding in SAMPLES for framing in ("length", "chunked", "close")]
        urls = [self.url(coding, SAMPLES[coding], framing=framing) for coding, framing in cases]
        for case, record in zip(cases, self.service.fetch(urls, retries=0)):
            with self.subTest(case=case):
                self.assertEqual((record["errors"], record.get("content_length")), ({}, len(TEXT)), record)

    def test_what_can_be_taken_off_is_offered_unless_the_caller_chooses(self):
        self.one(self.raw("ok/offer"))
        self.assertRegex(self.heads("/raw/ok/offer")[0], r"\r\nAccept-Encoding: gzip, deflate, br, zstd(\r\n|$)")
        self.one(self.raw("ok/chosen"), headers={"Accept-Encoding": "br"})
        head = self.heads("/raw/ok/chosen")[0]
        self.assertEqual(re.findall(r"(?i)accept-encoding: ([^\r]*)", head), ["br"])
        self.one(self.raw("ok/range"), headers={"Range": "bytes=0-1"})
        self.assertIn("\r\nAccept-Encoding: identity", self.heads("/raw/ok/range")[0])

    def test_nginx_compresses_for_us_and_the_length_is_that_of_the_page(self):
        plain = curl("GET", f"{self.net['http']}/gzip/1").body
        for url in (self.http("/gzip/1"), self.https("/gzip/1"), self.http("/gzip-always")):
            record = self.one(url)
            self.assertEqual((record["errors"], record["content_length"]), ({}, len(plain)))

    def test_coded_pages_leave_their_connection_fit_for_the_next(self):
        before = self.seen()["accepted"]
        urls = [self.url("gzip", SAMPLES["gzip"], host="h20.test") + f"&then=keep&n={n}" for n in range(10)]
        for record in self.service.fetch(urls, host_concurrency=1):
            self.assertEqual((record["errors"], record["content_length"]), ({}, len(TEXT)))
        self.assertEqual(self.seen()["accepted"] - before, 1)

    def test_a_coding_without_a_body_is_nothing(self):
        for coding in ("gzip", "br", "unheard-of", "a, b, c, d, e, f"):
            for url in (self.url(coding, b""), self.url(coding, b"", framing="chunked"), self.url(coding, b"", framing="close"),
                        self.url(coding, b"", status="204 No Content"), self.url(coding, b"", status="304 Not Modified")):
                self.assertEqual(self.one(url)["errors"], {}, url)
            record = self.one(self.url(coding, b"", "Content-Length: 999", framing="none"), method="HEAD")
            self.assertEqual(record["errors"], {})

    def test_broken_cut_and_unknown_codings_are_told(self):
        # [api 4.26]
        code = "http_response_content_coding"
        self.assert_fails(self.url("gzip", b"plain text"), code, "gzip: incorrect header check")
        self.assert_fails(self.url("br", b"\xff\xff\xff"), code, "br: ")
        self.assert_fails(self.url("zstd", ZSTD[:-1] + b"x"), code, "zstd: ")
        self.assert_fails(self.url("deflate", b"\x07zzz"), code, "deflate: invalid block type")
        self.assert_fails(self.url("gzip", gzip.compress(TEXT)[:-9] + b"x" * 9), code, "gzip: ")
        self.assert_fails(self.url("foo", TEXT), code, 'unknown content coding: "foo"')
        self.assert_fails(self.url(", ".join(["gzip"] * 6), b"x"), code, "more than 5 content codings")
        for coding, whole in SAMPLES.items():
            if coding == "none":
                continue
            for framing in ("length", "chunked", "close"):
                self.assert_fails(self.url(coding, whole[:-1], framing=framing), code, "ends inside the stream")

    def test_a_body_that_the_connection_cut_is_incomplete_whatever_its_coding(self):
        url = self.url("gzip", gzip.compress(TEXT)[:-5], f"Content-Length: {len(gzip.compress(TEXT))}", framing="none")
        errors = self.one(url)["errors"]
        self.assertEqual((errors["code"], errors["retryable"]), ("http_response_incomplete", True))

    def test_the_limit_counts_what_is_decoded(self):
        # [api 2.29, 4.5]
        url = self.url("gzip", gzip.compress(b"a" * 1000))
        self.assertEqual(self.one(url, max_body_bytes=1000)["content_length"], 1000)
        self.assert_fails(url, "http_response_body_size", "max_body_bytes, 999", max_body_bytes=999)
        # Smaller than what it decodes to, and larger than the limit all the same.
        self.assert_fails(self.url("gzip", b"", "Content-Length: 100000", framing="none"), "http_response_body_size",
                          "100000 octets are announced", max_body_bytes=1000)

    def test_bombs_do_not_go_off(self):
        # [api 4.26]
        bombs = {"gzip": gzip.compress(bytes(20 * MIB)), "deflate": deflate(bytes(20 * MIB), 15), "br": BR_64_MIB_OF_ZEROS,
                 "zstd": zstd_of_zeros(512), "br, gzip": gzip.compress(BR_64_MIB_OF_ZEROS)}
        before = self.service.resident_kb()
        for coding, bomb in bombs.items():
            for framing in ("length", "chunked"):
                url = self.url(coding, bomb if framing == "length" else bomb[:7000], framing=framing)
                record = self.assert_fails(url, "http_response_body_size", "decodes to more than 100 times",
                                           max_body_bytes=1 << 40)
                self.assertLess(record["content_length"], 4 * MIB)
        self.assertLess(self.service.resident_kb() - before, 64 * 1024)

    def test_members_of_gzip_follow_each_other_and_garbage_after_them_is_ignored(self):
        two = gzip.compress(TEXT) * 2
        for body in (two, two + b"garbage", two + bytes(100)):
            record = self.one(self.url("gzip", body))
            self.assertEqual((record["errors"], record["content_length"]), ({}, 2 * len(TEXT)))

    def test_the_body_of_a_redirect_that_is_followed_does_not_matter(self):
        target = self.raw("ok/after-odd-redirect")
        for coding, body, lines in (("gzip", b"plain text", ["Content-Length: 10"]), ("foo", b"x", ["Content-Length: 1"]),
                                    ("identity", b"cut short", ["Content-Length: 1000"]),
                                    ("identity", b"zz\r\n", ["Transfer-Encoding: chunked"]),
                                    ("identity", b"", ["Content-Length: 999999999"])):
            url = self.url(coding, body, f"Location: {target}", *lines, status="302 Found", framing="none")
            record = self.one(url, max_body_bytes=1000)
            self.assertEqual((record["errors"], record["final_url"]), ({}, target), lines)
        answer = self.one(self.url("gzip", b"plain text", f"Location: {target}", status="302 Found"), max_redirects=0)
        self.assertEqual(answer["errors"]["code"], "http_response_content_coding")


if __name__ == "__main__":
    main()
