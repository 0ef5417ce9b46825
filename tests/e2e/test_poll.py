"""Watching a task cheaply: entity tags, long polls; tasks that expire; a new task of what failed."""
import http.client
import threading
import time

from harness import SLOW, Service, ServiceTest, main, until


class Polls(ServiceTest):
    def get(self, path, **headers):
        return self.service.curl("GET", path, None, {name.replace("_", "-"): value for name, value in headers.items()})

    def test_nothing_new_is_304_without_a_body(self):
        # [api 1.31]
        task = self.service.submit(["bad"])
        self.service.wait(task)
        for path in (f"/tasks/{task}", f"/tasks/{task}?view=summary"):
            first = self.get(path)
            tag = first.headers["etag"]
            self.assertEqual(first.headers["cache-control"], "no-cache")
            for asked in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*"):
                again = self.get(path, If_None_Match=asked)
                self.assertEqual((again.status, again.body, again.headers["etag"]), (304, b"", tag))
                self.assertNotIn("content-type", again.headers)
                self.assertNotIn("content-length", again.headers)
            for asked in ('"other"', 'W/"x", "y"', tag[:-2] + '"'):
                self.assertEqual(self.get(path, If_None_Match=asked).status, 200)
            self.assertEqual(self.service.curl("HEAD", path, None, {"If-None-Match": tag}).status, 304)

    def test_a_weak_tag_cannot_be_the_condition_for_a_change(self):
        # [api 1.34]
        # RFC 9110 13.1.1: If-Match is evaluated, whatever is asked for, of what is there; its comparison is strong.
        task = self.service.submit(["bad"])
        self.service.wait(task)
        tag = self.get(f"/tasks/{task}").headers["etag"]
        before = set(self.service.get("/tasks?view=summary"))
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "a" * 22 + "=="}
        routes = [("GET", f"/tasks/{task}{rest}") for rest in ("", "?view=summary", "/results", "/stats", "/events", "/ws")]
        routes += [("POST", f"/tasks/{task}/cancel"), ("POST", f"/tasks/{task}/retry"), ("DELETE", f"/tasks/{task}"), ("GET", "/openapi.json")]
        for method, path in routes:
            fields = upgrade if path.endswith("/ws") else {}
            for asked in (tag, tag.removeprefix("W/"), '"other"', f'"other", {tag}'):
                self.assert_problem(self.service.curl(method, path, None, {**fields, "If-Match": asked}), 412)
            for lines in (("*", tag), (tag, "*")):  # What stands on several lines is one list.
                given = [part for line in lines for part in ("-H", f"If-Match: {line}")]
                self.assert_problem(self.service.curl(method, path, None, fields, *given), 412)
        self.assertEqual(set(self.service.get("/tasks?view=summary")), before)  # Nothing was deleted, nothing tried again.
        self.assert_problem(self.service.curl("DELETE", "/tasks/nothing", None, {"If-Match": tag}), 404)
        for path, status in (("/ws", 426), ("/results?limit=x", 400), ("/events?records=x", 400), ("/stats?x=1", 400), ("?view=x", 400)):
            self.assert_problem(self.service.curl("GET", f"/tasks/{task}{path}", None, {"If-Match": tag}), status)
        self.assert_problem(self.service.curl("POST", f"/tasks/{task}/retry", None, {"If-Match": tag, "Idempotency-Key": "x" * 256}), 400)
        for path in ("/openapi.json", f"/tasks/{task}/results"):
            self.assertEqual(self.service.curl("GET", path, None, {"If-Match": "*"}).status, 200)
        # Where there is no tag there is nothing to compare.
        self.assertEqual(self.service.curl("GET", "/tasks", None, {"If-Match": tag}).status, 200)
        self.assertEqual(self.service.curl("DELETE", f"/tasks/{task}", None, {"If-Match": "*"}).status, 204)

    def test_a_tag_changes_with_every_record_and_with_the_end(self):
        # [api 1.31]
        task = self.service.submit(["bad", self.raw("stall/tag")], timeout_ms=600000)
        self.assertTrue(until(lambda: self.service.summary(task)["done"] == 1))
        running = self.get(f"/tasks/{task}?view=summary")
        self.assertEqual(self.get(f"/tasks/{task}?view=summary", If_None_Match=running.headers["etag"]).status, 304)
        self.service.curl("POST", f"/tasks/{task}/cancel")
        ended = self.get(f"/tasks/{task}?view=summary", If_None_Match=running.headers["etag"])
        self.assertEqual((ended.status, ended.json()["status"]), (200, "cancelled"))

    def later(self, path, **headers):
        """The answer to a request made in the background."""
        found = []
        thread = threading.Thread(target=lambda: found.append(self.get(path, **headers)))
        thread.start()
        self.addCleanup(thread.join)
        return thread, found

    def test_a_long_poll_waits_for_the_end(self):
        # [api 1.32]
        task = self.service.submit([self.raw("stall/poll")], timeout_ms=600000)
        thread, found = self.later(f"/tasks/{task}?view=summary", Prefer="respond-async, Wait=30")
        thread.join(0.3)
        self.assertEqual(found, [])
        self.service.curl("POST", f"/tasks/{task}/cancel")
        thread.join(20 * SLOW)
        self.assertEqual((found[0].json()["status"], found[0].headers["preference-applied"]), ("cancelled", "wait=30"))

    def test_with_a_tag_it_waits_for_anything_new(self):
        # [api 1.32]
        task = self.service.submit([self.raw("stall/news"), self.raw("slow/news")], timeout_ms=600000)
        tag = self.get(f"/tasks/{task}?view=summary").headers["etag"]
        reply = self.get(f"/tasks/{task}?view=summary", If_None_Match=tag, Prefer="wait=1")
        self.assertIn(reply.status, (200, 304))
        self.assertEqual(reply.headers["preference-applied"], "wait=1")
        thread, found = self.later(f"/tasks/{task}", If_None_Match=self.get(f"/tasks/{task}").headers["etag"], Prefer="wait=50")
        self.service.curl("POST", f"/tasks/{task}/cancel")
        thread.join(20 * SLOW)
        self.assertEqual(found[0].status, 200)

    def test_time_over_is_no_error(self):
        # [api 1.32]
        task = self.service.submit([self.raw("stall/over")], timeout_ms=600000)
        began = time.monotonic()
        reply = self.get(f"/tasks/{task}?view=summary", Prefer="wait=1")
        self.assertEqual((reply.status, reply.json()["status"]), (200, "running"))
        self.assertGreater(time.monotonic() - began, 0.9)
        tag = reply.headers["etag"]
        self.assertEqual(self.get(f"/tasks/{task}?view=summary", Prefer="wait=1", If_None_Match=tag).status, 304)
        self.service.curl("DELETE", f"/tasks/{task}")

    def test_what_has_ended_or_is_deleted_is_not_waited_for(self):
        task = self.service.submit(["bad"])
        self.service.wait(task)
        self.assertEqual(self.get(f"/tasks/{task}", Prefer="wait=60").status, 200)
        running = self.service.submit([self.raw("stall/deleted")], timeout_ms=600000)
        thread, found = self.later(f"/tasks/{running}", Prefer="wait=60")
        thread.join(0.2)
        self.service.curl("DELETE", f"/tasks/{running}")
        thread.join(20 * SLOW)
        self.assertEqual(found[0].status, 404)

    def test_a_client_that_leaves_is_not_waited_for(self):
        task = self.service.submit([self.raw("stall/leaves")], timeout_ms=600000)
        self.assertTrue(until(lambda: self.open_at("/raw/stall/leaves") == 1))
        before = self.service.sockets()
        for _ in range(5):
            connection = http.client.HTTPConnection("127.0.0.1", self.service.port)
            connection.request("GET", f"/tasks/{task}", headers={"Prefer": "wait=60"})
            connection.close()
        self.assertTrue(until(lambda: self.service.sockets() <= before, 20))
        self.service.curl("DELETE", f"/tasks/{task}")

    def test_other_preferences_are_ignored(self):
        task = self.service.submit([self.raw("stall/other")], timeout_ms=600000)
        for prefer in ("return=minimal", "wait", "wait=x", "waits=9", ""):
            reply = self.get(f"/tasks/{task}", Prefer=prefer)
            self.assertEqual(reply.status, 200)
            self.assertNotIn("preference-applied", reply.headers)
        self.service.curl("DELETE", f"/tasks/{task}")


class Retry(ServiceTest):
    def retry(self, task, headers=None):
        return self.service.curl("POST", f"/tasks/{task}/retry", None, headers)

    def test_a_new_task_of_what_failed(self):
        # [api 1.11]
        inputs = [self.http("/page/1"), self.http("/status/404"), {"url": "bad", "meta": [7]},
                  {"url": self.raw("ok/retry"), "headers": {"X-A": "b"}}, self.http("/status/410"),
                  {"url": self.raw("flaky/once-more?fail=1"), "headers": {"X-A": "c"}}]
        task = self.service.submit(inputs, label="again", retries=0, headers={"X-All": "d"})
        self.service.wait(task)
        reply = self.retry(task)
        self.assertEqual((reply.status, reply.headers["retry-after"], reply.json()["total"]), (202, "1", 4))
        self.assertEqual(reply.headers["location"], reply.json()["url"])
        again = reply.json()["task_id"]
        self.assertEqual(self.service.wait(again)["label"], "again")
        records = sorted(self.service.records(again), key=lambda record: record["index"])
        self.assertEqual([record["url"] for record in records], [self.http("/status/404"), "bad", self.http("/status/410"),
                                                               self.raw("flaky/once-more?fail=1")])
        self.assertEqual((records[3]["errors"], records[3]["attempts"]), ({}, 1))
        for head in self.heads("/raw/flaky/once-more"):
            self.assertIn("\r\nX-A: c", head)
            self.assertIn("\r\nX-All: d", head)
        self.assertEqual(records[1]["meta"], [7])

    def test_of_a_running_task_what_failed_so_far(self):
        # [api 1.11]
        task = self.service.submit(["bad", self.raw("stall/retry")], timeout_ms=600000)
        self.assertTrue(until(lambda: self.service.summary(task)["done"] == 1))
        self.assertEqual(self.retry(task).json()["total"], 1)
        self.service.curl("POST", f"/tasks/{task}/cancel")
        self.assertEqual(self.retry(task).json()["total"], 2)

    def test_when_nothing_failed_the_new_task_is_empty_and_done(self):
        # [api 1.11]
        task = self.service.submit([self.http("/page/1")])
        self.service.wait(task)
        self.assertEqual(self.service.wait(self.retry(task).json()["task_id"])["total"], 0)

    def test_many_at_once(self):
        task = self.service.submit([f"bad {n}" for n in range(60000)])
        self.service.wait(task)
        again = self.retry(task).json()["task_id"]
        self.service.wait(again)
        urls = [line["url"] for line in sorted(self.service.records(again), key=lambda record: record["index"])]
        self.assertEqual(urls, [f"bad {n}" for n in range(60000)])

    def test_the_same_retry_twice_is_one_task(self):
        task = self.service.submit(["bad"])
        self.service.wait(task)
        first, second = (self.retry(task, {"Idempotency-Key": "r"}).json() for _ in range(2))
        self.assertEqual(first, second)

    def test_there_must_be_a_task_and_no_query(self):
        self.assert_problem(self.retry("nothing"), 404)
        task = self.service.submit(["bad"])
        self.assert_problem(self.service.curl("POST", f"/tasks/{task}/retry?retries=1"), 400)
        self.assert_problem(self.service.curl("GET", f"/tasks/{task}/retry"), 405)


class Expiry(ServiceTest):
    def test_a_task_expires_is_gone_and_then_forgotten(self):
        # [api 1.19, 3.11, 5.27]
        with Service(self.net, "--task-ttl", "2") as brief, Service(self.net, "--task-ttl", "0") as lasting:
            kept = lasting.submit(["bad"])
            lasting.wait(kept)
            deleted, expired = (brief.submit(["bad"]) for _ in range(2))
            running = brief.submit([self.raw("stall/expiry")], timeout_ms=600000)
            brief.wait(expired)
            self.assertEqual(brief.curl("DELETE", f"/tasks/{deleted}").status, 204)
            self.assert_problem(brief.curl("GET", f"/tasks/{deleted}"), 404)
            self.assertTrue(until(lambda: brief.curl("GET", f"/tasks/{expired}").status == 410, 20))
            for method, path in (("GET", ""), ("GET", "/results"), ("POST", "/cancel"), ("POST", "/retry"), ("DELETE", "")):
                reply = brief.curl(method, f"/tasks/{expired}{path}")
                self.assertIn(reply.status, (404, 410), reply)
            self.assertEqual(set(brief.get("/tasks?view=summary")), {running})
            self.assertEqual(set(lasting.get("/tasks?view=summary")), {kept})
            self.assertTrue(until(lambda: brief.curl("GET", f"/tasks/{expired}").status == 404, 20))
            self.assert_problem(brief.curl("GET", f"/tasks/{deleted}"), 404)


if __name__ == "__main__":
    main()
