"""GET /metrics: what Prometheus reads, judged by promtool, and true to what happened."""
import re
import subprocess

from harness import ServiceTest, main, until


def samples(text):
    """{'name{labels}': value}"""
    lines = (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


class Metrics(ServiceTest):
    def read(self):
        reply = self.service.curl("GET", "/metrics")
        self.assertEqual(reply.status, 200)
        self.assertEqual(reply.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
        return reply.body.decode()

    def run_task(self, urls, **options):
        task = self.service.curl("POST", "/tasks", {"urls": urls, "options": {"retries": 0, **options}}).json()["url"]
        ended = until(lambda: self.service.curl("GET", f"{task}?view=summary").json()["status"] != "running")
        self.assertTrue(ended)

    def test_promtool_finds_nothing_to_mend(self):
        # [api 1.14]
        self.run_task([self.http("/page/1"), self.https("/page/2"), "no url"])
        self.service.curl("BREW", "/coffee")
        text = self.read()
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_what_happened_is_counted(self):
        before = samples(self.read())
        self.run_task([self.http("/page/1"), self.http("/page/2"), self.http("/status/404"), self.https("/page/3"),
                       self.net["samples"]["redirect-to-https"]["url"], "no url"], keep_alive=False)
        after = samples(self.read())

        def grown(name):
            return after[name] - before.get(name, 0)

        self.assertEqual(grown('trawl_fetches_total{code="ok"}'), 4)
        self.assertEqual(grown('trawl_fetches_total{code="http_status"}'), 1)
        self.assertEqual(grown('trawl_fetches_total{code="invalid_url"}'), 1)
        self.assertEqual(grown('trawl_fetch_responses_total{class="2xx"}'), 4)
        self.assertEqual(grown('trawl_fetch_responses_total{class="4xx"}'), 1)
        self.assertEqual(grown("trawl_fetch_redirects_total"), 1)
        self.assertEqual(grown("trawl_fetch_attempts_total"), 5)
        self.assertEqual(grown('trawl_fetch_phase_duration_seconds_count{phase="total"}'), 5)
        self.assertEqual(grown('trawl_fetch_phase_duration_seconds_bucket{phase="total",le="+Inf"}'), 5)
        self.assertEqual(grown("trawl_tasks_submitted_total"), 1)
        self.assertEqual(grown("trawl_urls_submitted_total"), 6)
        self.assertEqual(grown('trawl_connection_uses_total{connection="new"}'), 6)  # The redirect asked twice.
        shakes = [grown(f'trawl_tls_handshakes_total{{session="{kind}"}}') for kind in ("new", "resumed")]
        self.assertEqual(sum(shakes), 2)
        self.assertEqual(grown('trawl_http_server_request_duration_seconds_count{route="/tasks",method="POST",status="202"}'), 1)
        self.assertEqual(after["trawl_fetches_in_flight"], 0)
        self.assertEqual(after["trawl_urls_waiting"], 0)

    def test_a_kept_connection_is_told_from_a_new_one(self):
        self.run_task([self.raw("ok/kept/1")], host_concurrency=1)
        before = samples(self.read())
        self.run_task([self.http(f"/page/kept/{n}") for n in range(5)], host_concurrency=1)
        after = samples(self.read())
        kept = 'trawl_connection_uses_total{connection="kept"}'
        self.assertGreaterEqual(after[kept] - before[kept], 4)

    def test_what_is_under_way_is_a_gauge(self):
        task = self.service.curl("POST", "/tasks", {"urls": [self.raw(f"stall/metrics/{n}") for n in range(3)],
                                                    "options": {"timeout_ms": 600000}}).json()["url"]
        self.assertTrue(until(lambda: samples(self.read())["trawl_fetches_in_flight"] == 3))
        now = samples(self.read())
        self.assertEqual(now["trawl_urls_waiting"], 3)
        self.assertEqual(now['trawl_tasks{state="running"}'], 1)
        self.service.curl("DELETE", task)
        self.assertTrue(until(lambda: samples(self.read())["trawl_fetches_in_flight"] == 0))

    def test_every_name_is_ours_or_that_of_all_exporters(self):
        # [api 1.14]
        families = re.findall(r"^# TYPE (\S+) ", self.read(), re.M)
        self.assertGreater(len(families), 30)
        self.assertEqual([name for name in families if not name.startswith(("trawl_", "process_"))], [])

    def test_no_url_and_no_host_is_a_label(self):
        # [api 1.14]
        self.run_task([self.http("/page/secret-path")])
        text = self.read()
        self.assertNotIn("secret-path", text)
        self.assertNotIn(".test", text)
        labels = {name for line in text.splitlines() for name in re.findall(r'[{,](\w+)="', line)}
        self.assertLessEqual(labels, {"code", "class", "phase", "connection", "session", "from", "loop", "le", "route",
                                      "method", "status", "state", "version"})


if __name__ == "__main__":
    main()
