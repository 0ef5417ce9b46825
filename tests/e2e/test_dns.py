"""Names: every kind of answer and of silence, several servers, names that are never asked for, addresses that do not answer."""
import socket

from harness import SLOW, NetTest, Service, main, until
from net import dns_message as wire
from net.own_dns import FROM_ELSEWHERE, OwnDns

HERE = "127.0.0.1"
RCODES = {1: "the DNS server did not understand (FORMERR)", 2: "server failure (SERVFAIL)", 3: "no such name",
          4: "the DNS server cannot answer (NOTIMP)", 5: "the DNS server refused to answer (REFUSED)",
          **{code: f"the DNS server answered with rcode {code}" for code in (*range(6, 12), 15)}}


def alias(question, *names, address=None, ttl=60):
    """`names` are each the alias of the next; the first is the one asked for."""
    records = []
    for name, target in zip((question.name, *names), names):
        data = wire.encode_name(target)
        records.append(wire.encode_name(name) + wire.struct.pack("!2HIH", wire.CNAME, 1, ttl, len(data)) + data)
    if address and question.kind == wire.A:
        records.append(wire.address_record(address, owner=wire.encode_name(names[-1])))
    return wire.response(question.ident, question.raw, records)


def echo(question):
    return wire.query(question.name, question.kind, question.ident)


def by_label(question):
    """The first label says how: what is asked more than once is asked by several tests of their own names."""
    label = question.name.split(".")[0].rstrip("0123456789")
    number = int(question.name.split(".")[0].removeprefix(label) or 0)
    evil = question.answer("127.6.6.6")
    other = wire.encode_name("other.example") + question.raw[-4:]
    return {
        "ok": lambda: [question.answer(HERE)],
        "rcode": lambda: [question.answer(rcode=number)],
        "nodata": lambda: [question.answer()],
        "truncated": lambda: [question.answer(truncated=True)],
        "chain": lambda: [alias(question, *(f"c{n}.zone{n}.example" for n in range(20)), address=HERE)],
        "loop": lambda: [alias(question, "a.example", question.name)],
        "nowhere": lambda: [alias(question, "a.example")],
        "forged": lambda: [(FROM_ELSEWHERE, evil), question.answer("127.6.6.6", ident=question.ident ^ 1),
                           question.answer("127.6.6.6", raw=other), evil[:11], question.answer(HERE)],
        "echo": lambda: [echo(question)],
        "cut": lambda: [question.answer(HERE)[:-3] if question.kind == wire.A else question.answer()],
        "silent": lambda: [],
        "lost": lambda: [question.answer(HERE)] if question.number > 1 else [],
        "partly": lambda: [question.answer("169.254.169.254", HERE, "100.100.100.200")],
        "rebound": lambda: [question.answer(HERE if question.number == 1 else "169.254.169.254", ttl=0)],
        "refusing": lambda: [question.answer("127.0.2.2", HERE)],
        "swallowing": lambda: [question.answer(HERE, "127.0.2.3")],
        "everywhere": lambda: [question.answer("127.0.2.2", "127.0.2.4", "127.0.2.5")],
    }.get(label, lambda: [question.answer(rcode=wire.NXDOMAIN)])()


class DnsTest(NetTest):
    """One service that asks a server of ours."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dns = cls.enterClassContext(OwnDns(by_label))
        cls.service = cls.enterClassContext(Service(cls.net, dns=cls.dns.address))

    def url(self, name, path="/page/1"):
        return f"http://{name}:{self.net['http_port']}{path}"

    def one(self, name, **options):
        return self.service.fetch([self.url(name)], **{"retries": 0, **options})[0]

    def asked(self, name):
        return [question for question in self.dns.asked if question.name == name]

    def assert_fails(self, record, code, detail, retryable):
        errors = record["errors"]
        self.assertEqual((errors.get("http"), errors.get("code"), errors.get("phase")), ("DNS_ERROR", code, "dns"), record)
        self.assertEqual((errors["detail"], errors["retryable"]), (detail, retryable))


class Answers(DnsTest):
    def test_every_rcode_is_told_and_only_an_absent_name_is_final(self):
        names = {code: f"rcode{code}.test" for code in RCODES}
        for (code, name), record in zip(names.items(), self.service.fetch(list(map(self.url, names.values())), retries=0)):
            with self.subTest(rcode=code):
                self.assert_fails(record, "dns_error", f"{name}: {RCODES[code]}", code != wire.NXDOMAIN)

    def test_a_failing_server_is_asked_again_an_absent_name_is_not(self):
        self.assertEqual(self.one("rcode2.again.test", retries=1)["attempts"], 2)
        for name in ("rcode3.again.test", "nodata.again.test"):
            self.assertEqual(self.one(name, retries=3)["attempts"], 1)
            asked = len(self.asked(name))
            self.one(name)
            self.assertEqual(len(self.asked(name)), asked, "known for five seconds")

    def test_no_address_is_told_with_its_reason(self):
        self.assert_fails(self.one("nodata.test"), "dns_error", "nodata.test: no addresses", False)
        for name in ("loop.test", "nowhere.test"):
            self.assert_fails(self.one(name), "dns_error", f"{name}: an alias that leads to no address", False)

    def test_a_long_chain_of_aliases_is_followed(self):
        self.assertEqual(self.one("chain.test")["errors"], {})

    def test_a_truncated_answer_of_a_server_without_tcp(self):
        self.assert_fails(self.one("truncated.test"), "dns_error",
                          "truncated.test: the answer is too long for UDP, and the DNS server gave none over TCP", True)

    def test_answers_of_others_count_for_nothing(self):
        record = self.one("forged.test")
        self.assertEqual((record["errors"], record["remote_ip"]), ({}, HERE))

    def test_what_is_no_answer_is_not_taken_for_one(self):
        for name in ("echo.test", "cut.test"):
            self.assert_fails(self.one(name), "dns_error", f"{name}: malformed answer", True)

    def test_a_lost_packet_costs_time_and_nothing_else(self):
        record = self.one("lost.test")
        self.assertEqual((record["errors"], record["attempts"]), ({}, 1))
        self.assertGreater(record["timings"]["dns"], 1900)

    def test_silence_ends_with_the_time_for_connecting(self):
        # [api 4.20]
        limit = int(700 * SLOW)
        record = self.one("silent.test", connect_timeout_ms=limit)
        self.assert_fails(record, "dns_timeout", f"not done within connect_timeout_ms, {limit}", True)
        self.assertGreaterEqual(record["timings"]["total"], limit - 1)

    def test_each_lookup_has_a_port_of_its_own(self):
        ports = set()
        with Service(self.net, dns=self.dns.address) as service:  # Of its own: here other questions may be open.
            for n in range(8):
                service.fetch([self.url(f"ok.port{n}.test")], retries=0)
                ports |= {question.port for question in self.asked(f"ok.port{n}.test")}
        self.assertGreaterEqual(len(ports), 6)

    def test_a_flood_of_names_runs_nobody_out_of_time(self):
        """A thousand names, a hundred in 300 ms a shard: the last ones wait longer than they may take."""
        urls = [self.url(f"ok.flood{n}.test") for n in range(1000)]
        records = self.service.fetch(urls, retries=0, connect_timeout_ms=int(700 * SLOW), timeout_ms=int(1500 * SLOW))
        self.assertEqual([record["errors"] for record in records if record["errors"]], [])


class Spellings(DnsTest):
    def test_localhost_is_this_machine_and_asked_of_nobody(self):
        for name in ("localhost", "LOCALHOST.", "a.localhost", "rcode3.a.b.localhost"):
            record = self.one(name)
            self.assertEqual((record["errors"], record["remote_ip"]), ({}, HERE), name)
        self.assertFalse([question.name for question in self.dns.asked if "localhost" in question.name])

    def test_case_and_a_final_dot_make_no_other_name(self):
        for name in ("ok.same.test", "OK.Same.TEST", "ok.same.test.", "OK.same.test."):
            self.assertEqual(self.one(name, keep_alive=False)["errors"], {}, name)
        asked = [question.kind for question in self.asked("ok.same.test")]
        self.assertLessEqual(asked.count(wire.A), 2)  # With and without the dot are two hosts, perhaps of two shards.

    def test_names_as_long_as_they_may_be_and_longer(self):
        label = "x" * 63
        fits = f"ok.{label}.{label}.{label}." + "y" * 58
        self.assertEqual(len(fits), 253)
        self.assertEqual(self.one(fits)["errors"], {})
        for name, why in ((fits + "y", "the name is longer than 253 octets"),
                          (f"ok.{label}x.test", "the name has a label longer than 63 octets"),
                          ("ok..test", "the name has an empty label")):
            self.assert_fails(self.one(name), "dns_error", f"{name[:253]}: {why}", False)
            self.assertFalse(self.asked(name))

    def test_what_ends_in_a_number_is_an_address_or_nothing(self):
        self.assertEqual(self.one("0x7f.1")["remote_ip"], HERE)
        for name in ("1.2.3.4.5", "a.1", "256.1.1.1"):
            self.assertEqual(self.one(name)["errors"]["code"], "invalid_url", name)


class Addresses(DnsTest):
    def test_only_those_are_dialled_that_may_be(self):
        record = self.one("partly.test")
        self.assertEqual((record["errors"], record["remote_ip"]), ({}, HERE))

    def test_a_name_that_moves_inward_is_not_followed(self):
        # [api 6.1]
        self.assertEqual(self.one("rebound.test", keep_alive=False)["errors"], {})
        # The first answer is good for a second.
        errors = until(lambda: self.one("rebound.test", keep_alive=False)["errors"])
        self.assertEqual((errors["http"], errors["code"]), ("BLOCKED", "destination_ip_prohibited"))

    def test_when_the_first_address_refuses_the_next_is_tried_at_once(self):
        record = self.one("refusing.test")
        self.assertEqual((record["errors"], record["remote_ip"], record["attempts"]), ({}, HERE, 1))

    def test_when_the_first_address_swallows_the_next_gets_its_turn_after_250_ms(self):
        port = self.net["blackhole_port"]
        with socket.create_server(("127.0.2.3", port)) as listener:
            task = self.service.submit([f"http://swallowing.test:{port}/"], retries=0)
            listener.settimeout(20 * SLOW)
            peer, _ = listener.accept()
            with peer:
                peer.recv(4096)
                peer.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
                self.service.wait(task)
        record = self.service.records(task)[0]
        self.assertEqual((record["errors"], record["remote_ip"]), ({}, "127.0.2.3"))
        self.assertGreaterEqual(record["timings"]["connect"], 249)

    def test_when_all_refuse_that_is_said_with_their_number(self):
        # [api 4.21]
        errors = self.one("everywhere.test")["errors"]
        self.assertEqual(errors["code"], "connection_refused")
        self.assertTrue(errors["detail"].endswith("connection refused (3 addresses tried)"), errors)


class SeveralServers(NetTest):
    def fetch_from(self, *servers, count=6):
        flags = [word for server in servers[1:] for word in ("--dns-server", server)]
        with Service(self.net, *flags, dns=servers[0]) as service:
            return service.fetch([f"http://ok.s{n}.test:{self.net['http_port']}/page/1" for n in range(count)], retries=0)

    def assert_all_good(self, records):
        self.assertEqual([record["errors"] for record in records], [{}] * len(records))

    def test_one_that_fails_refuses_or_is_not_there_costs_nothing(self):
        # [api 5.17]
        for what in ({"rcode": wire.SERVFAIL}, {"rcode": wire.REFUSED}, None):
            with OwnDns(lambda q, what=what: [q.answer(**what)]) as bad, OwnDns(by_label) as good:
                first = bad.address if what else f"127.0.0.1:{self.net['refused_port']}"
                records = self.fetch_from(first, good.address)
                self.assert_all_good(records)
                self.assertLess(max(record["timings"]["dns"] for record in records), 1900)
                self.assertTrue(bad.asked or not what)

    def test_one_that_is_silent_costs_one_timeout_and_no_name_fails(self):
        with OwnDns(lambda q: []) as silent, OwnDns(by_label) as good:
            self.assert_all_good(self.fetch_from(silent.address, good.address))
            self.assertTrue(silent.asked)

    def test_with_none_there_every_name_says_so(self):
        errors = self.fetch_from(f"127.0.0.1:{self.net['refused_port']}", count=1)[0]["errors"]
        self.assertEqual((errors["code"], errors["detail"], errors["retryable"]),
                         ("dns_error", "ok.s0.test: no DNS server could be reached", True))


class Overrides(NetTest):
    def test_they_hold_whatever_the_dns_says_and_the_policy_judges_them(self):
        # [api 5.18, 6.1]
        port = self.net["http_port"]
        flags = ("--resolve", f"nx.test:{port}:127.0.1.7", "--resolve", f"inward.nx.test:{port}:169.254.169.254")
        with Service(self.net, *flags, dns=f"127.0.0.1:{self.net['refused_port']}") as service:
            good, inward = service.fetch([f"http://NX.test.:{port}/page/1", f"http://inward.nx.test:{port}/"], retries=0)
        self.assertEqual((good["errors"], good["remote_ip"]), ({}, "127.0.1.7"))
        self.assertEqual(inward["errors"]["code"], "destination_ip_prohibited")


if __name__ == "__main__":
    main()
