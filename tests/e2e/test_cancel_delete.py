"""Cancel and delete stop the work for real: the connections a server had are gone."""
import os

from harness import ServiceTest, main, until

SANITIZED = os.environ.get("TRAWL_TEST_SLOWDOWN", "1") != "1"


class Stopping(ServiceTest):
    def stalled(self, name, count=50):
        """A running task with `count` requests that a server holds open."""
        task = self.service.submit([self.raw(f"stall/{name}/{n}", f"h{n % 50}.test") for n in range(count)], timeout_ms=600000)
        self.assertTrue(until(lambda: self.open_at(f"/raw/stall/{name}") == count), self.seen(f"/raw/stall/{name}"))
        return task

    def test_delete_closes_what_is_in_flight(self):
        # [api 1.12]
        task = self.stalled("deleted")
        self.assertEqual(self.service.curl("DELETE", f"/tasks/{task}").status, 204)
        self.assertTrue(until(lambda: self.open_at("/raw/stall/deleted") == 0, 5))
        self.assertEqual(self.service.curl("GET", f"/tasks/{task}").status, 404)

    def test_cancel_closes_what_is_in_flight_and_keeps_the_records(self):
        # [api 1.10, 4.29]
        task = self.stalled("cancelled")
        reply = self.service.curl("POST", f"/tasks/{task}/cancel")
        self.assertEqual(reply.status, 200)
        self.assertTrue(until(lambda: self.open_at("/raw/stall/cancelled") == 0, 5))
        summary = self.service.wait(task, 5)
        self.assertEqual((summary["status"], summary["by_code"]), ("cancelled", {"task_cancelled": 50}))
        for record in self.service.records(task):
            self.assertEqual((record["errors"]["http"], record["errors"]["code"]), ("CANCELLED", "task_cancelled"))

    def test_what_was_queued_is_never_sent(self):
        urls = [self.raw(f"stall/queued/{n}", "h1.test") for n in range(500)]
        task = self.service.submit(urls, host_concurrency=1)
        self.assertTrue(until(lambda: self.open_at("/raw/stall/queued") == 1))
        self.service.curl("POST", f"/tasks/{task}/cancel")
        summary = self.service.wait(task, 5)
        self.assertEqual(summary["by_code"], {"task_cancelled": 500})
        self.assertEqual(sum(self.seen("/raw/stall/queued")["requests"].values()), 1)

    def test_one_task_is_stopped_and_another_goes_on(self):
        staying = self.service.submit([self.raw(f"slow/stays/{n}?s=1") for n in range(20)])
        self.service.curl("DELETE", f"/tasks/{self.stalled('beside')}")
        summary = self.service.wait(staying)
        self.assertEqual((summary["status"], summary["ok"]), ("done", 20))

    def test_every_phase_can_be_stopped(self):
        urls = [f"http://blackhole.test:{self.net['blackhole_port']}/",
                f"https://h2.test:{self.net['tls_stall_port']}/", self.raw("stall-head/phases"), self.raw("stall-body/phases"),
                self.raw("drip/phases"), self.raw("body-forever/phases?gap_s=0.01"), self.raw("1xx-forever/phases"),
                self.raw("flaky/phases?fail=99"), self.raw("flaky/held?fail=9&how=429&retry_after=30", "h80.test"), self.http("/slow")]
        task = self.service.submit(urls, timeout_ms=600000, connect_timeout_ms=600000, retries=10, max_body_bytes=1 << 40)
        self.assertTrue(until(lambda: self.open_at("/raw/stall-body/phases") and self.open_at("/raw/stall-head/phases")))
        self.assertEqual(self.service.curl("DELETE", f"/tasks/{task}").status, 204)
        self.assertTrue(until(lambda: not self.seen("/raw/")["open_by_path"] and not self.seen()["ports"]["tls_stall"]["open"], 5),
                        self.seen())


class Leaving(ServiceTest):
    def round(self, number):
        """20 tasks, deleted while they run."""
        tasks = []
        for n in range(20):
            urls = [self.raw(f"stall/round{number}/{n}/{i}", f"h{n}.test") for i in range(5)]
            urls += [self.http(f"/page/{i}", n) for i in range(2000)] + [self.https(f"/slow/{n}", n)]
            tasks.append(self.service.submit(urls, timeout_ms=600000))
        self.assertTrue(until(lambda: self.open_at(f"/raw/stall/round{number}")))
        for task in tasks:
            self.assertEqual(self.service.curl("DELETE", f"/tasks/{task}").status, 204)
        self.assertTrue(until(lambda: self.open_at(f"/raw/stall/round{number}") == 0, 5))
        self.assertFalse(set(tasks) & set(self.service.get("/tasks?view=summary&limit=1000")))

    def test_twenty_tasks_deleted_while_they_run_leave_nothing(self):
        # [api 1.12]
        self.service.fetch([self.http("/page/first", n) for n in range(50)], keep_alive=False)
        sockets = self.service.sockets()  # Of the API and of DNS.
        for number in range(3):
            self.round(number)
        before = self.service.resident_kb()
        for number in range(3, 8):
            self.round(number)
        growth = self.service.resident_kb() - before
        if not SANITIZED:
            self.assertLess(growth, 10000, "kB more after a hundred deleted tasks")
        self.assertTrue(until(lambda: self.service.sockets() <= sockets, 15), f"{self.service.sockets()}, not {sockets}")
        self.assertEqual(self.service.said(), "")


if __name__ == "__main__":
    main()
