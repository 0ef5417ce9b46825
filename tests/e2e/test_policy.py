"""Which addresses are fetched: however they are spelled, whoever asks, by redirect, by name and over a connection that is kept."""
from harness import Service, ServiceTest, main

NEVER = (  # But for --allow-net.
    "169.254.169.254", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "0xa9fea9fe", "2852039166", "169.254.43518",
    "0251.0376.0251.0376", "0xa9.254.0xa9fe", "169.254.169.254.", "%31%36%39.254.169.254", "①⑥⑨.②⑤④.①⑥⑨.②⑤④",
    "169。254。169。254", "[64:ff9b::169.254.169.254]", "[64:ff9b:1::a9fe:a9fe]", "[2002:a9fe:a9fe::1]",
    "[2001:0:a9fe:a9fe::1]", "[2600::5efe:169.254.169.254]", "[::169.254.169.254]", "[::ffff:0:169.254.169.254]",
    "169.254.170.2", "169.254.0.1", "[fe80::1]", "[fd00:ec2::254]", "[fd20:ce::254]", "100.100.100.200", "100.64.0.1",
    "100.127.255.255", "192.0.0.1", "192.0.0.192", "168.63.129.16", "0", "0.0.0.0", "0.1.2.3", "[::]", "[::ffff:0.0.0.0]",
    "224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1",
    "198.18.0.1", "198.19.255.255", "192.88.99.1", "[2001:db8::1]", "[3fff::1]", "[100::1]", "[2001:2::1]", "[5f00::1]",
    "[ff02::1]", "[fec0::1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::10.0.0.1]", "[2002:7f00:1::]", "[2002:c0a8:101::]",
    "[::127.0.0.1]", "[4000::1]")
LOCAL = (  # By whoever sits at this machine.
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "017700000001", "0x7f.1", "0177.0.0.1", "127.0.0.1.",
    "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "localhost", "LocalHost.", "x.localhost",
    "127.255.255.254", "①②⑦.⓪.⓪.①", "127。0。0。1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "[fd00::1]",
    "[fc00::1]", "[::ffff:10.0.0.1]", "h0.test")
FORWARDED = ("X-Forwarded-For: 203.0.113.9", "Forwarded: for=203.0.113.9", "Via: 1.1 front", "X-Forwarded-Proto: https")


class PolicyTest(ServiceTest):
    def assert_blocked(self, record, why=""):
        errors = record["errors"]
        self.assertEqual((errors.get("http"), errors.get("code"), errors.get("phase"), errors.get("retryable")),
                         ("BLOCKED", "destination_ip_prohibited", "policy", False), record)
        self.assertIn(why, errors["detail"])
        self.assertFalse({"connect", "tls", "ttfb"} & set(record["timings"]), record)

    def fetch_from_afar(self, urls, field=FORWARDED[0], service=None):
        """As a reverse proxy passes a request on."""
        service = service or self.service
        name, _, value = field.partition(": ")
        reply = service.curl("POST", "/submit", {"urls": urls, "options": {"retries": 0}}, {name: value})
        self.assertEqual(reply.status, 200, reply)
        service.wait(reply.json()["task_id"])
        return sorted(service.records(reply.json()["task_id"]), key=lambda record: record["index"])


class Addresses(PolicyTest):
    def test_what_nobody_may_fetch_however_it_is_spelled(self):
        # [api 4.19, 6.6]
        for scheme, port in (("http", self.net["http_port"]), ("https", 443)):
            urls = [f"{scheme}://{host}:{port}/" for host in NEVER]
            for host, record in zip(NEVER, self.service.fetch(urls, retries=0)):
                with self.subTest(host=host):
                    self.assert_blocked(record, "; --allow-net would permit it")

    def test_the_reason_is_in_words(self):
        reasons = {"169.254.169.254": "169.254.169.254 is link-local (cloud metadata)", "[ff02::1]": "ff02::1 is multicast",
                   "[64:ff9b::7f00:1]": "64:ff9b::7f00:1 is NAT64 of an address that is not public",
                   "[2002:7f00:1::]": "2002:7f00:1:: is 6to4 of an address that is not public"}
        for (host, reason), record in zip(reasons.items(), self.service.fetch([f"http://{host}/" for host in reasons])):
            self.assertEqual(record["errors"]["detail"], f"{reason}; --allow-net would permit it", host)

    def test_what_is_near_may_be_fetched_from_here(self):
        # [api 6.3]
        hosts = ("127.0.0.1", "127.1", "2130706433", "0x7f000001", "017700000001", "localhost", "x.localhost", "①②⑦.⓪.⓪.①",
                 "[::ffff:127.0.0.1]", "h0.test")
        records = self.service.fetch([f"http://{host}:{self.net['http_port']}/page/1" for host in hosts], retries=0)
        self.assertEqual([record["errors"] for record in records], [{}] * len(hosts))

    def test_what_is_near_may_not_be_fetched_for_somebody_else(self):
        # [api 6.5]
        urls = [f"http://{host}:{self.net['http_port']}/page/1" for host in LOCAL]
        for host, record in zip(LOCAL, self.fetch_from_afar(urls)):
            with self.subTest(host=host):
                self.assert_blocked(record, ", and the request came through a proxy; --allow-net would permit it")
        for field in FORWARDED:
            self.assert_blocked(self.fetch_from_afar([self.http("/page/1")], field)[0])

    def test_a_connection_that_is_kept_is_no_way_round(self):
        # [api 6.1]
        """The first fetch leaves one to this host open; the second may not open it, so it may not use it."""
        for url in (self.raw("ok/near", "h20.test"), self.https("/page/1", 21)):
            self.assertEqual(self.service.fetch([url])[0]["errors"], {})
            self.assert_blocked(self.fetch_from_afar([url])[0])
            self.assertEqual(self.service.fetch([url])[0]["errors"], {})
        self.assertEqual(self.seen("/raw/ok/near")["requests"], {"/raw/ok/near": 2})

    def test_a_redirect_inward_is_judged_where_it_leads(self):
        # [api 6.1]
        targets = ("http://169.254.169.254/", "http://[fd00:ec2::254]/latest", "//0xa9fea9fe/", "http://[::ffff:a9fe:a9fe]:80/")
        for number, target in enumerate(targets):
            record = self.service.fetch([self.raw(f"redirect/inward{number}?to={target}")], retries=0)[0]
            self.assert_final(record)

    def assert_final(self, record):
        errors = record["errors"]
        self.assertEqual((errors.get("code"), errors.get("phase")), ("destination_ip_prohibited", "policy"), record)
        self.assertEqual((record["status_code"], len(record["redirects"])), (302, 1))


class Named(PolicyTest):
    flags = ("--allow-net", "127.0.1.1", "--allow-net", "::ffff:127.0.1.2/128", "--allow-net", "::/0", "--allow-net", "0.0.0.0")

    def test_what_the_operator_names_may_be_fetched_for_anybody(self):
        # [api 5.20, 6.6]
        port = self.net["http_port"]
        good = [f"http://{host}:{port}/page/1" for host in ("127.0.1.1", "[::ffff:127.0.1.1]", "127.0.1.2", "0.0.0.0")]
        good += [f"http://[::1]:{port}/page/1"] if self.net["ipv6"] else []
        self.assertEqual([record["errors"] for record in self.fetch_from_afar(good)], [{}] * len(good))

    def test_and_nothing_beside_it(self):
        # [api 5.20, 6.5]
        hosts = ("127.0.0.1", "127.0.1.3", "[::ffff:127.0.1.3]", "0.0.0.1", "169.254.169.254", "10.0.0.1")
        for record in self.fetch_from_afar([f"http://{host}:{self.net['http_port']}/" for host in hosts]):
            self.assert_blocked(record)

    def test_of_a_name_only_the_addresses_that_may_be_are_dialled(self):
        with Service(self.net, "--resolve", f"both.test:{self.net['http_port']}:127.0.0.1", "--resolve",
                     f"both.test:{self.net['http_port']}:127.0.1.1", *self.flags) as service:
            record = self.fetch_from_afar([f"http://both.test:{self.net['http_port']}/page/1"], service=service)[0]
        self.assertEqual((record["errors"], record["remote_ip"]), ({}, "127.0.1.1"))


if __name__ == "__main__":
    main()
