"""A small task is answered promptly whatever a large one, or a dead host, is doing."""
import json
import socket
import time

from harness import SLOW, ServiceTest, TEXT, main, until

PROMPT_S = 0.25


class Fairness(ServiceTest):
    def small_task_s(self, url):
        """From the submission of one URL until the poll that shows it done: the best of five.

        The best, because the machine that runs the tests also runs other things.
        """
        return min(self.one_small_task_s(url, n) for n in range(5))

    def one_small_task_s(self, url, n):
        began = time.monotonic()
        task = self.service.submit([f"{url}?{n}"])
        summary = self.service.wait(task, 30, 0.002)
        took = time.monotonic() - began
        self.assertEqual((summary["ok"], summary["failed"]), (1, 0), self.service.get(f"/tasks/{task}"))
        return took

    def test_beside_a_task_of_100000_urls_on_another_host(self):
        urls = "\n".join(self.http(f"/page/{n}", 1) for n in range(100000))
        large = self.service.curl("POST", "/tasks", urls, TEXT).json()["task_id"]
        took = self.small_task_s(self.http("/page/small", 2))
        busy = self.service.summary(large)
        self.assertLess(took, PROMPT_S * SLOW, busy)
        self.assertLess(busy["done"], 100000, "the large task had ended before the small one was measured")
        self.assertEqual(self.service.wait(large, 120)["ok"], 100000)

    def test_beside_a_task_of_many_urls_on_the_same_host(self):
        urls = "\n".join(self.http(f"/page/{n}", 3) for n in range(100000))
        large = self.service.curl("POST", "/tasks", urls, TEXT).json()["task_id"]
        took = self.small_task_s(self.http("/page/small", 3))
        self.assertLess(took, PROMPT_S * SLOW)
        self.assertEqual(self.service.wait(large, 120)["ok"], 100000)

    def test_beside_50_hosts_that_stall(self):
        urls = [self.raw(f"stall/fair/{host}/{n}", f"h{host}.test") for host in range(50) for n in range(40)]
        stalling = self.service.submit(urls, timeout_ms=600000)
        self.assertTrue(until(lambda: self.open_at("/raw/stall/fair") >= 50))
        self.assertLess(self.small_task_s(self.http("/page/small", 60)), PROMPT_S * SLOW)
        self.assertLess(self.small_task_s(self.https("/page/small", 61)), PROMPT_S * SLOW)
        self.assertEqual(self.service.summary(stalling)["done"], 0)
        self.assertEqual(self.service.curl("DELETE", f"/tasks/{stalling}").status, 204)

    def settled_at(self, prefix, at_least):
        """Once that many connections are open, and no more have come in twenty looks."""
        seen = []
        def unchanged():
            seen.append(self.open_at(prefix))
            return seen[-1] >= at_least and len(seen) > 20 and len(set(seen[-20:])) == 1
        return until(unchanged)

    def test_beside_many_tasks_on_150_hosts_that_stall(self):
        # Each task keeps to its share of the window, and so does each host; nor may they take it all together.
        stalling = [self.service.submit([self.raw(f"stall/many/{task}/{host}", f"h{host}.test") for host in range(100, 250)],
                                        timeout_ms=600000) for task in range(40)]
        self.assertTrue(self.settled_at("/raw/stall/many", 900))
        self.assertLess(self.small_task_s(self.http("/page/small", 64)), PROMPT_S * SLOW)
        for each in stalling:
            self.assertEqual(self.service.summary(each)["done"], 0)
            self.assertEqual(self.service.curl("DELETE", f"/tasks/{each}").status, 204)

    def test_beside_one_host_that_stalls_with_more_urls_than_the_window(self):
        urls = [self.raw(f"stall/window/{n}", "h70.test") for n in range(5000)]
        stalling = self.service.submit(urls, timeout_ms=600000)
        self.assertTrue(until(lambda: self.open_at("/raw/stall/window") >= 500))
        self.assertLess(self.small_task_s(self.http("/page/small", 62)), PROMPT_S * SLOW)
        self.assertEqual(self.service.curl("DELETE", f"/tasks/{stalling}").status, 204)

    def test_a_poll_is_answered_while_a_large_task_runs(self):
        urls = "\n".join(self.http(f"/page/{n}", n % 100) for n in range(100000))
        large = self.service.curl("POST", "/tasks", urls, TEXT).json()["task_id"]
        times = []
        while self.service.summary(large)["status"] == "running":
            began = time.monotonic()
            self.service.summary(large)
            times.append(time.monotonic() - began)
        self.assertTrue(times)
        self.assertLess(sorted(times)[len(times) // 2], 0.05 * SLOW)

    def test_a_slow_submission_holds_nobody_up(self):
        with socket.create_connection(("127.0.0.1", self.service.port), 5) as slow:
            body = json.dumps({"urls": [self.http("/page/1")]}).encode()
            slow.sendall(b"POST /submit HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:10])
            self.assertLess(self.small_task_s(self.http("/page/small", 63)), PROMPT_S * SLOW)
            slow.sendall(body[10:])
            self.assertIn(b"200 OK", slow.recv(4096))


if __name__ == "__main__":
    main()
