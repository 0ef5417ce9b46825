"""The dashboard in a real browser (tests/page/page.mjs), its files, and GET /tasks/{id}/stats that it rests on."""
import json
import os
import subprocess

from harness import SLOW, ServiceTest, free_port, main, until

HERE = os.path.dirname(os.path.abspath(__file__))
MODULES = os.environ.get("TRAWL_PAGE_MODULES", "")  # Where npm put playwright-core; empty: not to be run here.


class Page(ServiceTest):
    def test_its_files_come_with_their_types_and_a_policy(self):
        # [api 1.17, 1.33]
        types = {"/": "text/html; charset=utf-8", "/page/main.js": "text/javascript; charset=utf-8",
                 "/page/style.css": "text/css; charset=utf-8", "/page/icon.svg": "image/svg+xml"}
        for path, kind in types.items():
            reply = self.service.curl("GET", path)
            self.assertEqual((reply.status, reply.headers["content-type"]), (200, kind), path)
            self.assertIn("default-src 'none'; script-src 'self'", reply.headers["content-security-policy"])
            self.assertEqual(reply.headers["x-content-type-options"], "nosniff")
            self.assertEqual(reply.headers["cache-control"], "no-cache")
            again = self.service.curl("GET", path, None, {"If-None-Match": reply.headers["etag"]})
            self.assertEqual((again.status, again.body), (304, b""), path)
            self.assertEqual(self.service.curl("HEAD", path).status, 200)
        self.assertEqual(self.service.curl("GET", "/page/nothing.js").status, 404)

    def test_a_person_can_do_everything(self):
        # [api 1.17]
        if not MODULES:
            self.skipTest("no TRAWL_PAGE_MODULES: under a sanitizer, where the browser waits too long")
        urls = {"good": [self.http(f"/page/{n}") for n in range(5)] + [self.https("/page/5")],
                "missing": self.http("/status/404"), "refused": f"http://127.0.0.1:{free_port()}/",
                "stalled": [self.raw(f"stall/page/{n}") for n in range(3)], "many": self.http("/page/many-")}
        done = subprocess.run(["node", os.path.join(os.path.dirname(HERE), "page", "page.mjs")], capture_output=True, text=True,
                              check=False, timeout=200 * SLOW,
                              env={**os.environ, "TRAWL_URL": f"http://127.0.0.1:{self.service.port}", "PAGE_LARGE": "100000",
                                   "PAGE_URLS": json.dumps(urls), "PAGE_MODULES": MODULES})
        self.assertEqual(done.returncode, 0, f"{done.stdout}\n{done.stderr}")


class Stats(ServiceTest):
    def finished(self, urls):
        task = self.service.curl("POST", "/tasks", {"urls": urls, "options": {"retries": 0}}).json()["url"]
        self.assertTrue(until(lambda: self.service.curl("GET", f"{task}?view=summary").json()["status"] != "running"))
        return task

    def test_hosts_and_phases_of_a_task(self):
        # [api 1.9]
        task = self.finished([self.http("/page/1"), self.http("/page/2"), self.http("/status/404"), self.https("/page/3"),
                              "no url"])
        reply = self.service.curl("GET", f"{task}/stats")
        self.assertEqual(reply.status, 200)
        stats = reply.json()
        self.assertEqual(stats["done"], 5)
        host = self.http("").rstrip("/")
        self.assertEqual(stats["hosts"]["top"][0], {"host": host, "ok": 2, "failed": 1})
        self.assertEqual((stats["hosts"]["count"], stats["hosts"]["others"]), (2, {"ok": 0, "failed": 1}))
        bounds, phases = stats["timings"]["bounds_ms"], stats["timings"]["phases"]
        self.assertEqual(bounds, sorted(bounds))
        self.assertEqual({len(counts) for counts in phases.values()}, {len(bounds) + 1})
        self.assertEqual((sum(phases["total"]), sum(phases["tls"])), (4, 1))

    def test_more_records_are_counted_when_they_come(self):
        # [api 1.9]
        task = self.finished([self.http(f"/page/{n}") for n in range(12000)])  # More than one slice.
        stats = self.service.curl("GET", f"{task}/stats").json()
        self.assertEqual((stats["done"], stats["hosts"]["top"][0]["ok"]), (12000, 12000))
        self.assertEqual(self.service.curl("GET", f"{task}/stats").json(), stats)

    def test_no_such_task_and_no_such_query_key(self):
        self.assertEqual(self.service.curl("GET", "/tasks/nothing/stats").status, 404)
        task = self.finished([])
        self.assertEqual(self.service.curl("GET", f"{task}/stats?top=5").status, 400)
        self.assertEqual(self.service.curl("GET", f"{task}/stats").json()["hosts"]["count"], 0)

    def test_results_are_searched_by_a_part_of_the_url(self):
        # [api 4.34]
        task = self.finished([self.http(f"/page/{name}") for name in ("apple", "pear", "pineapple")])
        found = self.service.curl("GET", f"{task}/results?search=apple").json()["results"]
        self.assertEqual(sorted(record["index"] for record in found), [0, 2])
        self.assertEqual(self.service.curl("GET", f"{task}/results?search=plum").json()["results"], [])


if __name__ == "__main__":
    main()
