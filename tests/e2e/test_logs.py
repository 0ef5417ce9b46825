"""The log: one JSON object a line, ids that lead from a request to its task, and never a secret."""
import json

from harness import NetTest, Service, main, until

SECRET = "s3cr3t"


class Logs(NetTest):
    def start(self, *flags, **more):
        return self.enterContext(Service(self.net, "--log-format", "json", *flags, log_level="debug", **more))

    def events(self, service, name):
        return [each for each in map(json.loads, service.said().splitlines()) if each["event"] == name]

    def test_a_task_is_followed_from_its_request_to_its_end(self):
        # [api 5.35]
        service = self.start()
        reply = service.curl("POST", "/tasks", {"urls": [self.http("/page/1")]}, {"X-Request-Id": "order-66"})
        task = reply.json()["task_id"]
        service.wait(task)
        self.assertTrue(until(lambda: self.events(service, "task ended"), 5))
        (accepted,) = self.events(service, "task accepted")
        self.assertEqual((accepted["task"], accepted["request"], accepted["urls"]), (task, "order-66", 1))
        (ended,) = self.events(service, "task ended")
        self.assertEqual((ended["task"], ended["status"], ended["ok"]), (task, "done", 1))
        answered = self.events(service, "request answered")
        self.assertIn(("order-66", "POST", "/tasks", 202),
                      [(each["request"], each["method"], each["path"], each["status"]) for each in answered])
        for each in map(json.loads, service.said().splitlines()):
            self.assertLessEqual({"time", "level", "event"}, set(each))

    def test_a_request_without_an_id_is_given_the_one_it_is_told(self):
        service = self.start()
        reply = service.curl("POST", "/submit", {"urls": []})
        self.assertTrue(until(lambda: self.events(service, "task accepted"), 5))
        self.assertEqual(self.events(service, "task accepted")[0]["request"], reply.headers["x-request-id"])

    def test_no_secret_is_ever_logged(self):
        service = self.start("--proxy", f"http://user:{SECRET}@127.0.0.1:{self.net['http_port']}",
                             env={"no_proxy": "h1.test,h2.test,h3.test,nope.test"})
        port, tls = self.net["http_port"], self.net["https_port"]
        urls = [f"http://user:{SECRET}@h1.test:{port}/page/1?token={SECRET}",
                f"https://user:{SECRET}@h2.test:{tls}/status/404?token={SECRET}",
                f"http://user:{SECRET}@h3.test:1/{SECRET}", f"http://user:{SECRET}@nope.test/",
                f"http://user:{SECRET}@proxied.test/", f"http://user:{SECRET}@[bad/", f"ftp://user:{SECRET}@a.test/"]
        task = service.submit(urls, retries=0, headers={"Authorization": f"Bearer {SECRET}"}, label=SECRET)
        service.wait(task)
        service.curl("GET", f"/tasks/{task}/results?url={SECRET}", None, {"Authorization": f"Bearer {SECRET}"})
        service.curl("POST", "/submit", {"urls": urls, "options": {"headers": {"Host": SECRET}}})
        service.curl("DELETE", f"/tasks/{task}")
        service.curl("POST", f"/tasks?label={SECRET}", "\n".join(urls), {"Content-Type": "text/plain"})
        self.assertTrue(until(lambda: len(self.events(service, "task accepted")) == 2, 5))
        service.stop()
        self.assertGreater(len(service.said().splitlines()), 8)
        self.assertNotIn(SECRET, service.said())


if __name__ == "__main__":
    main()
