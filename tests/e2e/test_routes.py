"""Every route of the API, as a stranger with curl sees it."""
import re
import socket

from harness import TEXT, UUID, ServiceTest, main, until

NO_TASK = "/tasks/00000000-0000-4000-8000-000000000000"
METHODS = {
    "/submit": {"POST"},
    "/tasks": {"GET", "HEAD", "POST"},
    NO_TASK: {"GET", "HEAD", "DELETE"},
    NO_TASK + "/results": {"GET", "HEAD"},
    NO_TASK + "/cancel": {"POST"},
    "/healthz": {"GET", "HEAD"},
    "/readyz": {"GET", "HEAD"},
}
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


class Submitting(ServiceTest):
    def assert_accepted(self, reply, status, total):
        self.assertEqual(reply.status, status, reply)
        answer = reply.json()
        self.assertRegex(answer["task_id"], UUID)
        self.assertEqual(answer["url"], f"/tasks/{answer['task_id']}")
        self.assertEqual(reply.headers["location"], answer["url"])
        self.assertEqual(answer["total"], total)
        self.assertEqual(reply.headers["content-type"], "application/json")

    def test_submit_answers_200_and_tasks_202(self):
        # [api 1.1, 1.2]
        body = {"urls": [self.http("/page/1"), self.http("/page/2")]}
        self.assert_accepted(self.service.curl("POST", "/submit", body), 200, 2)
        reply = self.service.curl("POST", "/tasks", body)
        self.assert_accepted(reply, 202, 2)
        self.assertEqual(reply.headers["retry-after"], "1")

    def test_plain_text_has_a_url_a_line_and_options_in_the_query(self):
        # [api 2.3, 2.20]
        text = f"# two pages\n{self.http('/page/1')}\r\n\n   \n{self.http('/page/2')}\n#{self.http('/page/3')}"
        reply = self.service.curl("POST", "/tasks?label=from+text&timeout_ms=5000", text, TEXT)
        self.assert_accepted(reply, 202, 2)
        summary = self.service.wait(reply.json()["task_id"])
        self.assertEqual((summary["label"], summary["ok"]), ("from text", 2))

    def test_options_may_stand_before_or_after_the_urls_and_an_input_may_be_an_object(self):
        # [api 2.1]
        url = self.raw("ok/order")
        first = f'{{"options": {{"label": "first"}}, "urls": ["{url}"]}}'
        last = f'{{"urls": [{{"url": "{url}"}}], "options": {{"label": "last"}}}}'
        for body, label in ((first, "first"), (last, "last")):
            task = self.service.curl("POST", "/submit", body, {"Content-Type": "application/json"}).json()["task_id"]
            summary = self.service.wait(task)
            self.assertEqual((summary["label"], summary["ok"]), (label, 1))

    def test_no_urls_is_a_task_that_is_done_at_once(self):
        # [api 2.10]
        task = self.service.submit([])
        summary = self.service.summary(task)
        self.assertEqual((summary["status"], summary["total"], summary["done"]), ("done", 0, 0))
        self.assertEqual(self.service.get(f"/tasks/{task}")["result"], {})
        self.assertEqual(self.service.get(f"/tasks/{task}/results"), {"results": [], "next": None})

    def test_a_chunked_body_is_as_good(self):
        url = self.http("/page/1")
        reply = self.service.curl("POST", "/submit", {"urls": [url]}, {"Transfer-Encoding": "chunked"})
        self.assert_accepted(reply, 200, 1)


class Reading(ServiceTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        port = cls.net["http_port"]
        cls.urls = [f"http://h0.test:{port}/page/{n}" for n in range(8)] + [f"http://h0.test:{port}/status/404"] * 2
        cls.task = cls.service.submit(cls.urls, label="ten")
        cls.ended = cls.service.wait(cls.task)

    def test_the_summary_has_counts_and_times(self):
        # [api 3.1, 3.3]
        summary = self.ended
        self.assertEqual(summary["status"], "done")
        self.assertEqual([summary[key] for key in ("label", "total", "done", "ok", "failed")], ["ten", 10, 10, 8, 2])
        self.assertEqual(summary["by_code"], {"http_status": 2})
        self.assertRegex(summary["created_at"], TIME)
        self.assertRegex(summary["finished_at"], TIME)
        self.assertLessEqual({"rate_per_s", "eta_s"}, set(summary))
        self.assertNotIn("result", summary)

    def test_a_task_shows_one_record_for_each_distinct_url(self):
        # [api 1.4]
        task = self.service.get(f"/tasks/{self.task}")
        self.assertEqual(set(task["result"]), set(self.urls))
        self.assertEqual(task["done"], 10)
        record = task["result"][self.urls[0]]
        self.assertEqual((record["errors"], record["status_code"]), ({}, 200))
        self.assertEqual(task["result"][self.urls[-1]]["errors"]["http"], 404)

    def test_a_running_task_has_no_end_yet(self):
        # [api 3.1, 3.2]
        task = self.service.submit([self.raw("stall/running")])
        summary = self.service.summary(task)
        self.assertEqual((summary["status"], summary["finished_at"], summary["done"]), ("running", None, 0))
        self.assertEqual(self.service.curl("DELETE", f"/tasks/{task}").status, 204)

    def test_results_come_in_pages(self):
        # [api 1.5, 4.32]
        found, cursor = [], ""
        while cursor is not None:
            page = self.service.get(f"/tasks/{self.task}/results?limit=3" + (f"&cursor={cursor}" if cursor else ""))
            self.assertLessEqual(len(page["results"]), 3)
            found += page["results"]
            cursor = page["next"]
        self.assertEqual(sorted(record["index"] for record in found), list(range(10)))
        for record in found:
            self.assertEqual(record["url"], self.urls[record["index"]])

    def test_results_come_as_lines(self):
        # [api 1.5, 4.36]
        for asked in (self.service.curl("GET", f"/tasks/{self.task}/results", None, {"Accept": "application/x-ndjson"}),
                      self.service.curl("GET", f"/tasks/{self.task}/results?format=ndjson")):
            self.assertEqual(asked.status, 200)
            self.assertEqual(asked.headers["content-type"], "application/x-ndjson")
            self.assertEqual({record["index"] for record in asked.lines()}, set(range(10)))

    def test_results_can_be_filtered(self):
        # [api 4.34]
        def indexes(query):
            return {record["index"] for record in self.service.get(f"/tasks/{self.task}/results?{query}")["results"]}
        self.assertEqual(indexes("status=failed"), {8, 9})
        self.assertEqual(indexes("status=ok"), set(range(8)))
        self.assertEqual(indexes("code=http_status"), {8, 9})
        self.assertEqual(indexes(f"url={self.urls[3]}"), {3})

    def test_all_tasks_are_listed_newest_first(self):
        # [api 1.3]
        newer = self.service.submit([self.http("/page/1")])
        self.service.wait(newer)
        listed = self.service.get("/tasks")
        self.assertEqual([task for task in listed if task in (self.task, newer)], [newer, self.task])
        self.assertEqual(set(listed[self.task]["result"]), set(self.urls))

    def test_the_list_comes_in_pages_when_asked_for(self):
        # [api 2.39, 3.9]
        for n in range(3):
            self.service.wait(self.service.submit([self.http("/page/1")], label="paged"))
        reply = self.service.curl("GET", "/tasks?view=summary&label=paged&limit=2")
        self.assertEqual((len(reply.json()), reply.headers["x-total-count"]), (2, "3"))
        following = re.match(r'^<([^>]+)>; rel="?next"?$', reply.headers["link"])[1]
        rest = self.service.curl("GET", following)
        self.assertEqual(len(rest.json()), 1)
        self.assertNotIn("link", rest.headers)
        self.assertFalse(set(rest.json()) & set(reply.json()))
        self.assertTrue(all("result" not in task for task in reply.json().values()))
        running = self.service.get("/tasks?status=running")
        self.assertNotIn(self.task, running)


class Defaults(ServiceTest):
    """A service of its own: pages are counted."""

    def test_a_page_has_100_unless_told_otherwise(self):
        # [api 3.9, 4.35]
        task = self.service.submit(["bad"] * 101)
        self.service.wait(task)
        page = self.service.get(f"/tasks/{task}/results")
        self.assertEqual((len(page["results"]), page["next"]), (100, "p100"))
        rest = self.service.get(f"/tasks/{task}/results?cursor={page['next']}")
        self.assertEqual((len(rest["results"]), rest["next"]), (1, None))
        self.assertEqual(len(self.service.get(f"/tasks/{task}/results?limit=10000")["results"]), 101)
        for _ in range(100):
            self.service.submit([])
        reply = self.service.curl("GET", "/tasks?view=summary")
        self.assertEqual((len(reply.json()), reply.headers["x-total-count"]), (100, "101"))
        self.assertEqual(len(self.service.get("/tasks?limit=1000")), 101)
        self.assertEqual(len(self.service.get("/tasks")), 101)

    def test_pages_are_of_any_of_several_statuses(self):
        # [api 3.9]
        running = self.service.submit([self.raw("stall/statuses")], timeout_ms=600000, label="statuses")
        done = self.service.submit([], label="statuses")
        for query, expected in (("status=running", {running}), ("status=running&status=done", {running, done}),
                                ("status=cancelled", set()), ("", {running, done})):
            reply = self.service.curl("GET", f"/tasks?label=statuses&{query}")
            self.assertEqual((set(reply.json()), reply.headers["x-total-count"]), (expected, str(len(expected))), query)
            self.assertTrue(all("result" in task for task in reply.json().values()))
        self.service.curl("DELETE", f"/tasks/{running}")


class Ending(ServiceTest):
    def test_cancel_keeps_the_records_and_delete_forgets_the_task(self):
        # [api 1.10, 1.12, 1.18]
        good, stalled = self.http("/page/1"), self.raw("stall/ending")
        task = self.service.submit([good, stalled])
        self.assertTrue(until(lambda: self.service.summary(task)["ok"] == 1))
        reply = self.service.curl("POST", f"/tasks/{task}/cancel")
        self.assertEqual(reply.status, 200, reply)
        self.assertNotIn("result", reply.json())
        summary = self.service.wait(task, 5)
        self.assertEqual((summary["status"], summary["done"], summary["by_code"]), ("cancelled", 2, {"task_cancelled": 1}))
        result = self.service.get(f"/tasks/{task}")["result"]
        self.assertEqual(result[good]["errors"], {})
        self.assertEqual(result[stalled]["errors"]["http"], "CANCELLED")
        again = self.service.curl("POST", f"/tasks/{task}/cancel")
        self.assertEqual((again.status, again.json()["status"]), (200, "cancelled"))
        gone = self.service.curl("DELETE", f"/tasks/{task}")
        self.assertEqual((gone.status, gone.body), (204, b""))
        for method in ("GET", "DELETE"):
            self.assert_problem(self.service.curl(method, f"/tasks/{task}"), 404)


class Everywhere(ServiceTest):
    def test_health(self):
        # [api 1.13]
        for path in ("/healthz", "/readyz"):
            self.assertEqual(self.service.curl("GET", path).status, 200)

    def test_head_is_get_without_a_body(self):
        # [api 1.21]
        task = self.service.submit([self.http("/page/1")])
        self.service.wait(task)
        for path in ("/healthz", "/readyz", "/tasks", f"/tasks/{task}", f"/tasks/{task}?view=summary", f"/tasks/{task}/results"):
            got, head = self.service.curl("GET", path), self.service.curl("HEAD", path)
            self.assertEqual(head.status, got.status, path)
            self.assertEqual(head.headers.get("content-type"), got.headers.get("content-type"), path)
            self.assert_no_body(path)
        self.assertEqual(self.service.curl("HEAD", NO_TASK).status, 404)

    def assert_no_body(self, path):
        """The next answer on the connection follows the head at once."""
        with socket.create_connection(("127.0.0.1", self.service.port), 10) as sock:
            for request in (f"HEAD {path} HTTP/1.1\r\nHost: localhost", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close"):
                sock.sendall(f"{request}\r\n\r\n".encode())
            with sock.makefile("rb") as stream:
                _, _, second = stream.read().partition(b"\r\n\r\n")
        self.assertTrue(second.startswith(b"HTTP/1.1 200"), second[:100])

    def test_unknown_paths_and_ids_are_404(self):
        # [api 1.18]
        for path in ("/nothing", "/tasks/", "/tasks/not-an-id", "/submit/more", "/taskss", NO_TASK, NO_TASK + "/results",
                     NO_TASK + "/nothing", "//", "/healthz/"):
            self.assert_problem(self.service.curl("GET", path), 404)
        for method, path in (("DELETE", NO_TASK), ("POST", NO_TASK + "/cancel")):
            self.assert_problem(self.service.curl(method, path), 404)

    def test_a_wrong_method_is_405_and_is_told_the_right_ones(self):
        # [api 1.20]
        for path, allowed in METHODS.items():
            for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - allowed:
                reply = self.service.curl(method, path)
                self.assert_problem(reply, 405)
                self.assertEqual({word.strip() for word in reply.headers["allow"].split(",")} - {"OPTIONS"}, allowed, path)

    def test_an_unknown_query_key_is_400(self):
        # [api 1.22]
        task = self.service.submit([])
        for path in ("/tasks?nonsense=1", f"/tasks/{task}?nonsense=1", f"/tasks/{task}/results?nonsense", "/healthz?x=1"):
            self.assert_problem(self.service.curl("GET", path), 400)
        self.assert_problem(self.service.curl("POST", f"/tasks/{task}/cancel?x=1"), 400)
        self.assert_problem(self.service.curl("DELETE", f"/tasks/{task}?x=1"), 400)
        self.assertEqual(self.service.summary(task)["status"], "done")

    def test_a_request_id_is_echoed_or_made(self):
        # [api 1.25]
        self.assertEqual(self.service.curl("GET", "/healthz", None, {"X-Request-Id": "mine-7"}).headers["x-request-id"], "mine-7")
        self.assertEqual(self.service.curl("GET", NO_TASK, None, {"X-Request-Id": "mine-8"}).headers["x-request-id"], "mine-8")
        made = {self.service.curl("GET", "/healthz").headers["x-request-id"] for _ in range(2)}
        self.assertEqual(len(made), 2)


if __name__ == "__main__":
    main()
