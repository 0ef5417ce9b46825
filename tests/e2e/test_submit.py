"""What a submission may hold: inputs with headers and meta, equal ones, gzip, and the same one twice."""
import gzip
import json
import socket

from harness import JSON, SLOW, TEXT, ServiceTest, main, until

GZIP = {"Content-Encoding": "gzip"}


class Inputs(ServiceTest):
    def test_an_input_brings_headers_and_meta(self):
        # [api 2.1, 2.18, 4.12]
        meta = {"id": 7, "tags": ["a", None, 1.50], "text": "é\n\"", "big": 12345678901234567890123}
        records = self.service.fetch([self.raw("ok/plain"), {"url": self.raw("ok/own"), "headers": {"X-Mine": "2"}, "meta": meta},
                                      {"url": "not a url", "meta": None}], headers={"X-Mine": "1", "X-All": "3"})
        self.assertNotIn("meta", records[0])
        self.assertEqual(records[1]["meta"], meta)
        self.assertIsNone(records[2].get("meta", "absent"))
        plain, own = (self.heads(f"/raw/ok/{path}")[-1].lower() + "\r\n" for path in ("plain", "own"))
        self.assertIn("x-mine: 1\r\n", plain)
        self.assertIn("x-mine: 2\r\n", own)
        self.assertNotIn("x-mine: 1\r\n", own)
        self.assertIn("x-all: 3\r\n", own)

    def test_meta_comes_back_octet_by_octet_but_for_blanks(self):
        # [api 2.19]
        body = '{"urls": [{"url": "bad", "meta": {"n": [1.0, -0, 1E5], "n": {}, "s": "a b"} }]}'
        task = self.service.curl("POST", "/submit", body, JSON).json()["task_id"]
        self.service.wait(task)
        reply = self.service.curl("GET", f"/tasks/{task}/results?format=ndjson")
        self.assertIn(b'"meta":{"n":[1.0,-0,1E5],"n":{},"s":"a b"}', reply.body)

    def test_meta_is_shown_in_the_task_too(self):
        task = self.service.submit([{"url": "bad", "meta": [1]}])
        self.service.wait(task)
        self.assertEqual(self.service.get(f"/tasks/{task}")["result"]["bad"]["meta"], [1])

    def test_what_is_wrong_with_an_input_is_named(self):
        # [api 1.24, 2.18, 2.19]
        for element, pointer in (({"url": "a", "meta": "x" * 65535}, "/urls/1/meta"), ({"url": "a", "headers": {"Host": "b"}}, "/urls/1/headers/Host"),
                                 ({"url": "a", "headers": {f"X-{n}": "" for n in range(101)}}, "/urls/1/headers"), ({"meta": 1}, "/urls/1"),
                                 ({"url": "a", "header": {}}, "/urls/1/header"), ({"url": None}, "/urls/1/url")):
            with self.subTest(pointer=pointer):
                self.assert_problem(self.service.curl("POST", "/submit", {"urls": ["ok", element]}), 400, pointer)

    def test_headers_of_an_input_do_not_follow_to_another_origin(self):
        target = self.raw("ok/stranger", host="other.raw.test")
        self.service.fetch([{"url": self.raw(f"redirect?to={target}"), "headers": {"X-Secret": "s", "Accept": "text/x-own"}}])
        head = self.heads("/raw/ok/stranger")[-1].lower() + "\r\n"
        self.assertNotIn("x-secret", head)
        self.assertIn("accept: text/x-own\r\n", head)

    def test_equal_inputs_are_fetched_once_and_each_has_its_record(self):
        # [api 2.32]
        one, two = self.raw("ok/dedupe-one"), self.raw("ok/dedupe-two")
        inputs = [one, two, one, {"url": one, "meta": 3}, {"url": one, "headers": {"X-A": "1"}}, "bad", "bad"]
        records = self.service.fetch(inputs, dedupe=True)
        self.assertEqual([record["index"] for record in records], list(range(7)))
        self.assertEqual(self.seen("/raw/ok/dedupe-one")["requests"].get("/raw/ok/dedupe-one"), 2)
        self.assertEqual(records[0]["timings"], records[3]["timings"])
        self.assertEqual(records[3]["meta"], 3)
        self.assertNotIn("meta", records[2])

    def test_without_dedupe_each_input_is_fetched(self):
        # [api 3.5]
        self.service.fetch([self.raw("ok/each")] * 3)
        self.assertEqual(self.seen("/raw/ok/each")["requests"].get("/raw/ok/each"), 3)

    def test_equal_inputs_of_a_cancelled_task_have_their_records_too(self):
        task = self.service.submit([self.raw("stall/dedupe")] * 5, dedupe=True, timeout_ms=600000)
        summary = self.service.curl("POST", f"/tasks/{task}/cancel").json()
        self.assertEqual((summary["done"], summary["by_code"]), (5, {"task_cancelled": 5}))


class Gzip(ServiceTest):
    flags = ("--max-body", "3000000")

    def test_json_and_text_may_come_as_gzip(self):
        # [api 2.4]
        for path, kind, body in (("/submit", JSON, b'{"urls": ["bad", "worse"]}'), ("/tasks", JSON, b'{"urls": ["bad", "worse"]}'),
                                 ("/tasks", TEXT, b"bad\n\nworse\n")):
            for coding in ("gzip", "x-gzip", "GZIP"):
                reply = self.service.curl("POST", path, gzip.compress(body), {**kind, "Content-Encoding": coding})
                self.assertEqual((reply.status // 100, reply.json().get("total")), (2, 2), reply)

    def test_a_large_body_in_many_pieces(self):
        body = json.dumps({"urls": [f"bad {n}" for n in range(100000)]}).encode()
        reply = self.service.curl("POST", "/submit", gzip.compress(body), {**JSON, **GZIP, "Transfer-Encoding": "chunked"})
        self.assertEqual(reply.json()["total"], 100000)

    def test_the_limit_counts_what_comes_out(self):
        # [api 2.11]
        body = json.dumps({"urls": ["http://h0.test/" + "x" * 1000] * 3100}).encode()
        self.assertLess(len(gzip.compress(body)), 100000)
        self.assert_problem(self.service.curl("POST", "/submit", gzip.compress(body), {**JSON, **GZIP}), 413)

    def test_a_bomb_is_413(self):
        # [api 2.11]
        reply = self.service.curl("POST", "/submit", gzip.compress(b" " * 2500000), {**JSON, **GZIP})
        self.assert_problem(reply, 413)
        self.assertIn("100 times", reply.json()["detail"])

    def test_other_codings_are_415_and_say_which_would_do(self):
        # [api 2.4]
        for coding in ("br", "deflate", "zstd", "gzip, gzip"):
            reply = self.service.curl("POST", "/submit", b"x", {**JSON, "Content-Encoding": coding})
            self.assert_problem(reply, 415)
            self.assertEqual(reply.headers.get("accept-encoding"), "gzip")
        self.assertEqual(self.service.curl("POST", "/submit", '{"urls": []}', {**JSON, "Content-Encoding": "identity"}).status, 200)

    def test_what_is_not_gzip_or_is_cut_short_is_400(self):
        # [api 2.4]
        good = gzip.compress(b'{"urls": ["bad"]}')
        for body in (b'{"urls": ["bad"]}', good[:-1], good + b"x", good[:-5] + b"\0\0\0\0\0"):
            self.assert_problem(self.service.curl("POST", "/submit", body, {**JSON, **GZIP}), 400)
        self.assertEqual(self.service.get("/tasks?label=none"), {})

    def test_what_is_wrong_inside_is_named(self):
        body = gzip.compress(b'{"urls": [3], "options": {}}')
        self.assert_problem(self.service.curl("POST", "/submit", body, {**JSON, **GZIP}), 400, "/urls/0")


class SameAgain(ServiceTest):
    def post(self, body, key, path="/submit", **headers):
        return self.service.curl("POST", path, body, {**JSON, "Idempotency-Key": key, **headers})

    def test_the_same_submission_has_the_first_answer_again(self):
        # [api 2.16]
        first = self.post('{"urls": ["bad"]}', "again")
        for again in (self.post('{"urls": ["bad"]}', "again"), self.post(gzip.compress(b'{"urls": ["bad"]}'), "again", **GZIP)):
            self.assertEqual((again.status, again.json(), again.headers["location"]), (200, first.json(), first.headers["location"]))
        other = self.post('{"urls": ["bad"]}', "another")
        self.assertNotEqual(other.json()["task_id"], first.json()["task_id"])

    def test_the_same_for_the_other_route(self):
        first, again = (self.post('{"urls": []}', "rest", "/tasks") for _ in range(2))
        self.assertEqual((again.status, again.json(), again.headers["retry-after"]), (202, first.json(), "1"))

    def test_another_submission_under_a_used_key_is_422(self):
        # [api 2.16]
        self.post('{"urls": ["bad"]}', "used")
        self.assert_problem(self.post('{"urls": ["bad", "bad"]}', "used"), 422)
        self.assert_problem(self.post('{"urls": ["bad"]}', "used", "/tasks"), 422)

    def test_while_the_first_is_being_read_a_second_is_409(self):
        # [api 2.16]
        with socket.create_connection(("127.0.0.1", self.service.port), 10 * SLOW) as first:
            first.sendall(b"POST /submit HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: slow\r\nContent-Length: 12\r\n\r\n{\"urls\"")
            self.assertTrue(until(lambda: self.post('{"urls":[]}', "slow").status == 409))
            self.assert_problem(self.post('{"urls":[]}', "slow"), 409)
            first.sendall(b": []}")
            self.assertTrue(first.recv(1000).startswith(b"HTTP/1.1 200"))
        self.assert_problem(self.post('{"urls":["bad"]}', "slow"), 422)

    def test_a_refused_or_broken_off_submission_does_not_use_its_key_up(self):
        # [api 2.17]
        self.assert_problem(self.post('{"urls": 3}', "free"), 400)
        with socket.create_connection(("127.0.0.1", self.service.port), 10 * SLOW) as left:
            left.sendall(b"POST /submit HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: free\r\nContent-Length: 12\r\n\r\n{")
        self.assertTrue(until(lambda: self.post('{"urls": ["bad"]}', "free").status == 200))

    def test_a_key_lives_as_long_as_its_task(self):
        # [api 2.17]
        first = self.post('{"urls": []}', "lives").json()["task_id"]
        self.service.curl("DELETE", f"/tasks/{first}")
        self.assertNotEqual(self.post('{"urls": []}', "lives").json()["task_id"], first)

    def test_a_bad_key_is_400(self):
        self.assert_problem(self.post('{"urls": []}', "x" * 256), 400)


if __name__ == "__main__":
    main()
