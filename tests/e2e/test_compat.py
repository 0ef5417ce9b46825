"""A client written for the old service works unchanged: bodies, status codes, key names, polling."""
import json
import time

from harness import ServiceTest, UUID, main, until


class OldClient(ServiceTest):
    """Only what the old service had."""

    def submit(self, body, *flags):
        return self.service.curl("POST", "/submit", body, None, *flags)

    def poll(self, task):
        """As the old clients do: while the status is running."""
        def asked():
            reply = self.service.curl("GET", f"/tasks/{task}")
            self.assertEqual(reply.status, 200)
            answer = reply.json()
            self.assertEqual({"status", "result"} - set(answer), set())
            return answer if answer["status"] != "running" else None
        return until(asked, 30, 0.05)

    def test_submit_answers_200_and_a_task_id(self):
        # [api 1.26]
        reply = self.submit({"urls": [self.http("/page/1")]})
        self.assertEqual(reply.status, 200)
        self.assertRegex(reply.json()["task_id"], UUID)

    def test_curl_d_sends_a_form_type_and_is_understood(self):
        # [api 1.26, 2.2]
        body = json.dumps({"urls": [self.http("/page/1")]})
        reply = self.submit(body)  # curl's own type for --data.
        self.assertEqual(reply.status, 200)
        self.assertEqual(self.submit("\n  " + body).status, 200)
        reply = self.service.curl("POST", "/submit", body, {"Content-Type": "text/html"})
        self.assertEqual(reply.status, 200)
        reply = self.service.curl("POST", "/submit", body, {"Content-Type": ""})
        self.assertEqual(reply.status, 200)

    def test_polling_ends_with_done_and_a_result_for_each_url(self):
        # [api 1.26, 4.1, 4.13]
        good, missing = self.http("/page/1"), self.http("/status/404")
        broken, nowhere = self.http("/status/500"), f"http://gone.nx.test:{self.net['http_port']}/"
        before = int(time.time())
        task = self.submit({"urls": [good, missing, broken, nowhere], "options": {"retries": 0}}).json()["task_id"]
        answer = self.poll(task)
        self.assertEqual(answer["status"], "done")
        result = answer["result"]
        self.assertEqual(set(result), {good, missing, broken, nowhere})
        for record in result.values():
            self.assertIsInstance(record["timestamp"], int)
            self.assertTrue(before <= record["timestamp"] <= time.time() + 1)
            self.assertIsInstance(record["errors"], dict)
        self.assertEqual((result[good]["errors"], result[good]["status_code"]), ({}, 200))
        self.assertEqual((result[missing]["errors"]["http"], result[missing]["status_code"]), (404, 404))
        self.assertEqual(result[broken]["errors"]["http"], 500)
        self.assertEqual(result[nowhere]["errors"]["http"], "DNS_ERROR")

    def test_the_words_of_errors_http(self):
        # [api 1.26]
        words = {
            f"https://expired.test:{self.net['https_port']}/": "SSL_ERROR",
            f"http://h1.test:{self.net['refused_port']}/": "CONNECT_ERROR",
            self.raw("stall/old"): "TIMEOUT",
            self.http("/redirect-loop"): "REDIRECT_ERROR",
            "nonsense": "INVALID_URL",
        }
        task = self.submit({"urls": list(words), "options": {"retries": 0, "timeout_ms": 1000}}).json()["task_id"]
        result = self.poll(task)["result"]
        self.assertEqual({url: record["errors"]["http"] for url, record in result.items()}, words)

    def test_results_appear_while_the_task_runs(self):
        # [api 3.6]
        good = self.http("/page/1")
        task = self.submit({"urls": [good, self.raw("stall/partial")]}).json()["task_id"]
        def first():
            answer = self.service.curl("GET", f"/tasks/{task}").json()
            self.assertEqual(answer["status"], "running")
            return answer["result"]
        self.assertEqual(set(until(first)), {good})
        self.assertEqual(self.service.curl("DELETE", f"/tasks/{task}").status, 204)

    def test_the_list_maps_ids_to_tasks(self):
        # [api 1.3, 1.26]
        url = self.http("/page/1")
        task = self.submit({"urls": [url]}).json()["task_id"]
        self.poll(task)
        listed = self.service.curl("GET", "/tasks")
        self.assertEqual(listed.status, 200)
        self.assertEqual(listed.json()[task]["status"], "done")
        self.assertEqual(listed.json()[task]["result"][url]["status_code"], 200)

    def test_delete_answers_204_and_the_task_is_gone(self):
        # [api 1.12, 1.26]
        task = self.submit({"urls": [self.http("/page/1")]}).json()["task_id"]
        reply = self.service.curl("DELETE", f"/tasks/{task}")
        self.assertEqual((reply.status, reply.body), (204, b""))
        self.assertEqual(self.service.curl("GET", f"/tasks/{task}").status, 404)
        self.assertEqual(self.service.curl("DELETE", f"/tasks/{task}").status, 404)
        self.assertNotIn(task, self.service.curl("GET", "/tasks").json())

    def test_unknown_top_level_keys_are_ignored(self):
        # [api 2.9]
        reply = self.submit({"urls": [], "depth": 2, "callback": None, "tags": {"a": [1, 2]}})
        self.assertEqual(reply.status, 200)

    def test_a_url_is_keyed_exactly_as_it_was_submitted(self):
        # [api 3.6]
        urls = [f"HTTP://H1.TEST:{self.net['http_port']}/page/1", f" http://h1.test:{self.net['http_port']}/page/2 ",
                f"http://h1.test:{self.net['http_port']}", f"http://h1.test:{self.net['http_port']}/page/\u00e4?q=\u00fc#part"]
        task = self.submit({"urls": urls}).json()["task_id"]
        answer = self.poll(task)
        self.assertEqual(set(answer["result"]), set(urls))
        self.assertEqual([answer["result"][url]["errors"] for url in urls], [{}] * 4)

    def test_so_is_a_line_of_text(self):
        # [api 2.3, 3.6]
        at = f"h1.test:{self.net['http_port']}"
        urls = [f"\thttp://{at}/page/1  ", f"http:\\\\{at}\\page\\2", f"http://{at}/page/3 4\u00e4#\u00fc%zz", "not a url\x7f",
                "http://[::1", f"http://H1\u3002test:{self.net['http_port']}/page/5"]
        reply = self.service.curl("POST", "/submit", "\r\n".join(urls), {"Content-Type": "text/plain"})
        answer = self.poll(reply.json()["task_id"])
        self.assertEqual(set(answer["result"]), set(urls))
        self.assertEqual([answer["result"][url]["errors"].get("http") for url in urls],
                         [None, None, None, "INVALID_URL", "INVALID_URL", None])

    def test_bad_input_is_400_where_the_old_service_crashed(self):
        # [api 1.27]
        for body in ("", "nonsense", {}, {"urls": 5}):
            self.assertEqual(self.service.curl("POST", "/submit", body, {"Content-Type": "application/json"}).status, 400)


if __name__ == "__main__":
    main()
