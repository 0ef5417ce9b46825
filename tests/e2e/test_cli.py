"""The command line: version and help, check, and everything that can configure it."""
import http.client
import json
import os
import re
import signal
import subprocess
import tempfile

from harness import SLOW, TRAWL, NetTest, Service, clean_environment, free_port, main, until


def trawl(*arguments, stdin="", env=None, timeout=60):
    return subprocess.run([TRAWL, *arguments], input=stdin, capture_output=True, text=True, check=False,
                          timeout=timeout * SLOW, env={**clean_environment(), **(env or {})})


class Words(NetTest):
    @classmethod
    def setUpClass(cls):
        pass  # Needs no internet.

    def test_version_and_help(self):
        # [api 5.7]
        done = trawl("--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"^trawl \d+\.\d+\.\d+")
        for arguments in (["--help"], ["serve", "--help"], ["check", "--help"]):
            done = trawl(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
            self.assertIn("trawl", done.stdout)
        for flag in ("--listen", "--threads", "--dns-server", "--ca-file", "--drain-timeout", "--config", "--max-body"):
            self.assertIn(flag, trawl("serve", "--help").stdout)
        for flag in ("--timeout-ms", "--retries", "--max-redirects", "--format", "--quiet", "--dns-server"):
            self.assertIn(flag, trawl("check", "--help").stdout)

    def test_no_command_or_an_unknown_one_is_an_error_on_stderr(self):
        for arguments in ([], ["nonsense"], ["--nonsense"]):
            done = trawl(*arguments)
            self.assertEqual((done.returncode, done.stdout), (1, ""), arguments)
            self.assertTrue(done.stderr)

    def test_all_bad_flags_are_told_at_once(self):
        # [api 5.10]
        done = trawl("serve", "--threads", "many", "--max-in-flight", "0", "--nonsense", "--ca-file", "/no/such/file",
                     "--dns-server", "not an address", "--log-level", "loud")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        for flag in ("--threads", "--max-in-flight", "--nonsense", "--ca-file", "--dns-server", "--log-level"):
            self.assertIn(flag, done.stderr)

    def test_bad_environment_and_config_are_told_with_their_names(self):
        # [api 5.10, 5.36]
        with tempfile.NamedTemporaryFile("w", suffix=".json") as config:
            json.dump({"max_urls": "many", "nonsense": 1}, config)
            config.flush()
            done = trawl("serve", "--config", config.name, env={"TRAWL_THREADS": "x"})
        self.assertEqual(done.returncode, 1)
        for word in ("TRAWL_THREADS", "max_urls", "nonsense"):
            self.assertIn(word, done.stderr)
        self.assertEqual(trawl("serve", "--config", "/no/such/file").returncode, 1)

    def test_a_listener_that_is_not_loopback_must_be_meant(self):
        # [api 6.7]
        done = trawl("serve", "--listen", "0.0.0.0:0")
        self.assertEqual(done.returncode, 1)
        self.assertIn("--no-auth", done.stderr)

    def test_check_without_input_could_not_run(self):
        # [api 5.5]
        for arguments in ([], ["/no/such/file"], ["--format", "nonsense", "http://h0.test/"], ["--retries", "99", "http://h0.test/"]):
            done = trawl("check", *arguments)
            self.assertEqual((done.returncode, done.stdout), (1, ""), arguments)
            self.assertTrue(done.stderr)


class Check(NetTest):
    def check(self, *arguments, **more):
        return trawl("check", "--dns-server", self.net["dns_server"], "--ca-file", self.net["ca_file"], *arguments, **more)

    def records(self, done):
        return sorted((json.loads(line) for line in done.stdout.splitlines()), key=lambda record: record["index"])

    def test_urls_as_arguments_as_a_file_and_from_stdin(self):
        # [api 5.1]
        urls = [self.http("/page/1"), self.https("/page/2")]
        with tempfile.NamedTemporaryFile("w", suffix=" urls.txt") as file:
            file.write("# two\n" + "\n\n".join(urls) + "\n")
            file.flush()
            for inputs, stdin in ((urls, ""), ([file.name], ""), (["-"], "\r\n".join(urls)), ([], "\n".join(urls))):
                done = self.check("--format", "ndjson", *inputs, stdin=stdin)
                self.assertEqual(done.returncode, 0, done.stderr)
                records = self.records(done)
                self.assertEqual([record["url"] for record in records], urls)
                self.assertEqual([record["status_code"] for record in records], [200, 200])

    def test_exit_status_2_when_some_url_failed(self):
        # [api 5.5]
        done = self.check("--format", "ndjson", self.http("/page/1"), self.http("/status/404"))
        self.assertEqual(done.returncode, 2)
        self.assertEqual([record["errors"].get("http") for record in self.records(done)], [None, 404])

    def test_the_table_is_for_people(self):
        # [api 5.3]
        done = self.check(self.http("/page/1"), self.http("/status/404"), f"http://gone.nx.test:{self.net['http_port']}/")
        self.assertEqual(done.returncode, 2)
        for words in ("200", "404", "dns_error", "/page/1", "gone.nx.test"):
            self.assertIn(words, done.stdout)
        self.assertEqual(self.check("--format", "table", self.http("/page/1")).returncode, 0)

    def test_certificates_are_judged_alike_whoever_reads_their_keys(self):
        # [api 5.37]
        hosts = ("good", "rsa", "h7", "expired", "not-yet-valid", "self-signed", "wrong-host", "unknown-issuer", "no-chain")
        urls = [f"https://{host}.test:{self.net['https_port']}/page/{host}" for host in hosts]

        def judged(*flags):
            return [(record["url"], record.get("status_code"), record.get("tls"), record["errors"])
                    for record in self.records(self.check("--format", "ndjson", "--retries", "0", *flags, *urls))]
        records = judged()
        self.assertEqual(judged("--no-legacy-decoder"), records)
        self.assertEqual([status for _, status, _, _ in records], [200] * 3 + [None] * 6)

    def test_authorities_may_come_by_a_pipe(self):
        # [api 5.19]
        url = f"https://good.test:{self.net['https_port']}/page/1"
        arguments = ("check", "--quiet", "--format", "ndjson", "--retries", "0", "--dns-server", self.net["dns_server"], url)
        for words in ('"$@" --ca-file <(cat "$0")', '"$@" --ca-file /dev/stdin < <(cat "$0")', 'SSL_CERT_FILE=<(cat "$0") "$@"'):
            with self.subTest(words=words):
                done = subprocess.run(["bash", "-c", words, self.net["ca_file"], TRAWL, *arguments], stdin=subprocess.DEVNULL,
                                      capture_output=True, text=True, check=False, timeout=60 * SLOW, env=clean_environment())
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertEqual(self.records(done)[0]["status_code"], 200)

    def test_csv_and_json(self):
        # [api 5.3]
        url = self.http("/page/1")
        done = self.check("--format", "csv", url)
        self.assertTrue(done.stdout.startswith("index,url,status_code,"))
        self.assertEqual(len(done.stdout.splitlines()), 2)
        done = self.check("--format", "json", url)
        self.assertEqual(done.returncode, 0)
        self.assertIn(url, json.dumps(json.loads(done.stdout)))

    def test_progress_is_only_for_a_terminal(self):
        # [api 5.2]
        url = self.http("/page/1")
        self.assertNotIn("\r", self.check(url).stderr)
        self.assertEqual(self.check("--quiet", url).stderr, "")
        self.assertEqual(self.check("-q", "--format", "ndjson", self.http("/status/404")).stderr, "")

    def test_the_options_of_a_task_are_flags(self):
        # [api 5.4, 5.22]
        done = self.check("--format", "ndjson", "--method", "HEAD", "--header", "X-Test: from-flag", "--retries", "0",
                          self.raw("ok/flags"))
        self.assertEqual(done.returncode, 0, done.stderr)
        head = self.heads("/raw/ok/flags")[0]
        self.assertTrue(head.startswith("HEAD "))
        self.assertIn("X-Test: from-flag", head)
        self.check("--user-agent", "checker/7", self.raw("ok/user-agent"))
        self.assertIn("\r\nUser-Agent: checker/7", self.heads("/raw/ok/user-agent")[0])
        done = self.check("--format", "ndjson", "--timeout-ms", "300", "--retries", "0", self.raw("stall/flags"))
        self.assertEqual((done.returncode, self.records(done)[0]["errors"]["http"]), (2, "TIMEOUT"))
        done = self.check("--max-redirects", "0", "--format", "ndjson", self.http("/redirect/1"))
        self.assertEqual(self.records(done)[0]["status_code"], 302)

    def test_each_of_them_does_what_it_does_in_a_submission(self):
        # [api 5.4]
        def one(*arguments):
            return self.records(self.check("--format", "ndjson", *arguments))[-1]

        def code(*arguments):
            return one("--retries", "0", *arguments)["errors"].get("code")
        self.assertEqual(code("--deadline-s", "1", self.raw("stall/cli-deadline")), "deadline_exceeded")
        self.assertEqual(code("--max-body-bytes", "1023", self.http("/size/1k")), "http_response_body_size")
        self.assertEqual(code("--connect-timeout-ms", "300", f"http://127.0.0.1:{self.net['blackhole_port']}/"), "connection_timeout")
        expired = f"https://expired.test:{self.net['https_port']}/page/1"
        self.assertEqual((code(expired), code("--verify-tls", "false", expired)), ("tls_certificate_error", None))
        self.assertEqual(one("--retries", "1", self.raw("flaky/cli?fail=1"))["attempts"], 2)
        same = [self.raw("ok/cli-same")] * 3
        self.assertEqual((code("--dedupe", "true", *same), self.seen("/raw/ok/cli-same")["requests"]), (None, {"/raw/ok/cli-same": 1}))
        several = [self.raw(f"ok/cli/{n}", "h60.test") for n in range(3)]
        for keeps, connections in (("true", 1), ("false", 3)):
            before = self.seen()["accepted"]
            self.assertIsNone(code("--keep-alive", keeps, "--host-concurrency", "1", *several))
            self.assertEqual(self.seen()["accepted"] - before, connections)
        self.assertGreaterEqual(one("--host-delay-ms", "200", *several)["timings"]["queue"], 390)

    def test_a_bad_url_is_a_record(self):
        done = self.check("--format", "ndjson", "http://[", self.http("/page/1"))
        self.assertEqual(done.returncode, 2)
        self.assertEqual([record["errors"].get("http") for record in self.records(done)], ["INVALID_URL", None])

    def test_resolve_answers_for_a_name(self):
        # [api 5.18]
        url = f"http://made.up.example:{self.net['http_port']}/page/1"
        done = self.check("--format", "ndjson", "--resolve", f"made.up.example:{self.net['http_port']}:127.0.1.7", url)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(self.records(done)[0]["remote_ip"], "127.0.1.7")

    def test_an_interrupted_check_says_what_it_has(self):
        # [api 5.5]
        process = subprocess.Popen(
            [TRAWL, "check", "--dns-server", self.net["dns_server"], "--format", "ndjson", self.http("/page/1"),
             self.raw("stall/interrupted")], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=clean_environment())
        first = process.stdout.readline()  # The two URLs are on hosts of their own, so either may be asked first.
        self.assertTrue(until(lambda: self.open_at("/raw/stall/interrupted") == 1))
        process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=15 * SLOW)
        self.assertEqual(process.returncode, 130)
        self.assertIn(self.http("/page/1"), (first + told).decode())
        self.assertTrue(until(lambda: self.open_at("/raw/stall/interrupted") == 0, 5))

    def test_a_reader_that_leaves_ends_it(self):
        # [api 5.5]
        urls = "\n".join(self.http(f"/page/{n}") for n in range(5000))
        process = subprocess.Popen([TRAWL, "check", "--dns-server", self.net["dns_server"], "--format", "ndjson", "-"],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment())
        process.stdin.write(urls.encode())
        process.stdin.close()
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
        process.stderr.close()
        self.assertEqual(process.wait(30 * SLOW), 128 + signal.SIGPIPE, said)


class Configured(NetTest):
    def ask(self, port, path="/readyz"):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return None
        finally:
            connection.close()

    def serve(self, *arguments, env=None):
        process = subprocess.Popen([TRAWL, "serve", *arguments], stderr=subprocess.DEVNULL, env={**clean_environment(), **(env or {})})
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        return process

    def test_flags_win_over_environment_and_environment_over_file(self):
        # [api 5.9, 5.36]
        by_flag, by_environment, by_file = free_port(), free_port(), free_port()
        with tempfile.TemporaryDirectory() as folder:
            config = os.path.join(folder, "trawl config.json")
            with open(config, "w", encoding="ascii") as file:
                json.dump({"listen": [f"127.0.0.1:{by_file}"], "log_level": "off"}, file)
            self.serve("--config", config)
            self.assertTrue(until(lambda: self.ask(by_file) == 200))
            self.serve("--config", config, env={"TRAWL_LISTEN": f"127.0.0.1:{by_environment}"})
            self.assertTrue(until(lambda: self.ask(by_environment) == 200))
            self.serve("--config", config, "--listen", f"127.0.0.1:{by_flag}", env={"TRAWL_LISTEN": "127.0.0.1:1"})
            self.assertTrue(until(lambda: self.ask(by_flag) == 200))

    def test_several_listeners(self):
        # [api 5.9, 5.11]
        ports = [free_port(), free_port()]
        self.serve("--listen", f"127.0.0.1:{ports[0]}", env={"TRAWL_LISTEN": ""})
        self.assertTrue(until(lambda: self.ask(ports[0]) == 200))
        both = [free_port(), free_port()]
        self.serve(env={"TRAWL_LISTEN": f"127.0.0.1:{both[0]},127.0.0.1:{both[1]}", "TRAWL_LOG_LEVEL": "off"})
        self.assertTrue(until(lambda: self.ask(both[0]) == 200 and self.ask(both[1]) == 200))

    def test_a_port_that_is_taken_is_told(self):
        with Service(self.net) as first:
            done = trawl("serve", "--listen", f"127.0.0.1:{first.port}")
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn(str(first.port), done.stderr)

    def test_a_task_leaves_a_line_at_its_start_and_at_its_end(self):
        with Service(self.net, log_level="info") as service:
            task = service.submit([self.http("/page/1"), self.http("/status/404")])
            service.wait(task)
            self.assertTrue(until(lambda: service.said().count(task) >= 2, 5), service.said())

    def test_a_log_can_be_json(self):
        # [api 5.35]
        with Service(self.net, "--log-format", "json", log_level="info") as service:
            service.wait(service.submit([self.http("/page/1")]))
            for line in service.said().splitlines():
                self.assertIsInstance(json.loads(line), dict, line)

    def test_it_takes_the_cores_and_the_memory_it_may_use(self):
        # [api 5.12, 5.24]
        with Service(self.net, log_level="info", under=["taskset", "--cpu-list", str(min(os.sched_getaffinity(0)))]) as service:
            self.assertRegex(service.said(), r"listening .*threads=1\b")
            limit = re.search(r"^trawl_tasks_memory_limit_bytes (\d+)", service.curl("GET", "/metrics").body.decode(), re.M)
            # Of the machine, or of a cgroup that allows less.
            most = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGESIZE") * 6 // 10
            self.assertTrue(0 < int(limit[1]) <= most, limit)
            if not os.path.exists("/sys/fs/cgroup/memory.max"):
                self.assertAlmostEqual(int(limit[1]), most, delta=100)

    def test_ready_within_a_moment_and_small_when_idle(self):
        with Service(self.net) as service:
            if SLOW == 1:
                self.assertLess(service.resident_kb(), 15000)


if __name__ == "__main__":
    main()
