"""When a connection may carry another request (RFC 9112 9.3), told by the connections a server accepts; and answers that
are odd but good, told by the record."""
import base64

from harness import ServiceTest, main

PAGE = b"Content-Length: 5\r\n\r\nhello"
CHUNKS = b"5\r\nhello\r\n0\r\n\r\n"
ASKED = 3


def answer(line, *fields, then=PAGE):
    return b"\r\n".join((line, *fields, b"")) + then


KEPT = {
    "1.1": answer(b"HTTP/1.1 200 OK"),
    "keep-alive": answer(b"HTTP/1.1 200 OK", b"Connection: keep-alive"),
    "1.0-keep-alive": answer(b"HTTP/1.0 200 OK", b"Connection: Keep-Alive"),
    "chunked": answer(b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked", b"", then=CHUNKS),
    "trailers": answer(b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked", b"", then=b"5;a=b\r\nhello\r\n0\r\nX: y\r\nConnection: close\r\n\r\n"),
    "lf": b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
    "lf-chunks": b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nhello\n0\n\n",
    "no-reason": answer(b"HTTP/1.1 200"),
    "folded": answer(b"HTTP/1.1 200 OK", b"X-Long: a", b"  b", b"\tc"),
    "no-colon": answer(b"HTTP/1.1 200 OK", b"no colon here", b"Server : odd"),
    "lengths": answer(b"HTTP/1.1 200 OK", b"Content-Length: 5, 5"),
    "interim": answer(b"HTTP/1.1 103 Early Hints", b"Connection: close", b"", then=b"") + answer(b"HTTP/1.1 200 OK"),
    "option-named-otherwise": answer(b"HTTP/1.1 200 OK", b"Connection: closed, upgrade"),
}
SPENT = {
    "close": answer(b"HTTP/1.1 200 OK", b"Connection: close"),
    "close-in-list": answer(b"HTTP/1.1 200 OK", b"Connection: keep-alive, x", b"Connection: , CLOSE"),
    "1.0": answer(b"HTTP/1.0 200 OK"),
    "1.0-keep-alive-close": answer(b"HTTP/1.0 200 OK", b"Connection: keep-alive, close"),
    "1.0-chunked": answer(b"HTTP/1.0 200 OK", b"Connection: keep-alive", b"Transfer-Encoding: chunked", b"", then=CHUNKS),
    "chunked-and-length": answer(b"HTTP/1.1 200 OK", b"Content-Length: 3", b"Transfer-Encoding: chunked", b"", then=CHUNKS),
    "line-end-after-it": answer(b"HTTP/1.1 200 OK") + b"\r\n",
    "octets-after-chunks": answer(b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked", b"", then=CHUNKS) + b"x",
    "another-answer-after-it": answer(b"HTTP/1.1 200 OK") * 2,
    "negotiate": answer(b"HTTP/1.1 200 OK", b"WWW-Authenticate: Negotiate"),
}


class Reuse(ServiceTest):
    flags = ("--host-concurrency", "1", "--host-delay-ms", "0")

    def accepted_for(self, octets, host, method="GET", length=5, status=200):
        """Connections for ASKED fetches in turn, which must all go well."""
        url = self.raw(f"bytes?then=keep&b64={base64.b64encode(octets).decode()}", host)
        before = self.seen()["accepted"]
        for record in self.service.fetch([f"{url}&n={n}" for n in range(ASKED)], retries=0, method=method):
            self.assertEqual((record["errors"], record["status_code"], record["content_length"], record["attempts"]),
                             ({}, status, length, 1), record)
        return self.seen()["accepted"] - before

    def test_kept_where_nothing_speaks_against_it(self):
        for number, (name, octets) in enumerate(KEPT.items()):
            with self.subTest(name=name):
                self.assertEqual(self.accepted_for(octets, f"h{50 + number}.test"), 1)

    def test_not_used_again_where_something_does(self):
        for number, (name, octets) in enumerate(SPENT.items()):
            with self.subTest(name=name):
                self.assertEqual(self.accepted_for(octets, f"h{70 + number}.test"), ASKED)

    def test_answers_without_a_body_keep_it_and_those_with_one_all_the_same_do_not(self):
        fields = (b"Content-Length: 5", b"Transfer-Encoding: gzip", b"", b"")
        for number, (line, method, status) in enumerate(((b"HTTP/1.1 204 No", "GET", 204), (b"HTTP/1.1 304 Not", "GET", 304),
                                                         (b"HTTP/1.1 200 OK", "HEAD", 200))):
            with self.subTest(line=line):
                bare = b"\r\n".join((line, b"Content-Length: 5", b"", b""))
                self.assertEqual(self.accepted_for(bare, f"h{81 + number}.test", method, 0, status), 1)
                self.assertEqual(self.accepted_for(bare + b"hello", f"h{84 + number}.test", method, 0, status), ASKED)
                coded = b"\r\n".join((line, *fields))
                self.assertEqual(self.accepted_for(coded, f"h{87 + number}.test", method, 0, status), ASKED)


if __name__ == "__main__":
    main()
