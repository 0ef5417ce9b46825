"""Proves that the test internet answers as promised, and that nothing of it is ever left behind."""
import gzip
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from net import batch, dns_message, names, ports  # noqa: E402
from net.testnet import HERE, TestNet  # noqa: E402

NET = None


def setUpModule():
    global NET
    NET = TestNet().__enter__()


def tearDownModule():
    NET.__exit__()


def get(port, path, host="127.0.0.1", method="GET", timeout=20, **headers):
    """(status, headers, body)."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def handshake(server_name, port=None, address="127.0.0.1"):
    """The leaf that was verified. Raises ssl.SSLError."""
    context = ssl.create_default_context(cafile=NET["ca_file"])
    with socket.create_connection((address, port or NET["https_port"]), 5) as sock:
        with context.wrap_socket(sock, server_hostname=server_name) as tls:
            return tls.getpeercert()


def exchange(path, patience=10.0, first=10.0):
    """What the raw server sends, and how it ends: "fin", "reset", or "open" when nothing ends it in time.

    Waits `first` seconds for the first octet and from there `patience`; stops after a megabyte.
    """
    received, give_up = b"", time.monotonic() + first
    with socket.create_connection(("127.0.0.1", NET["raw_port"]), 10) as sock:
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: raw.test\r\n\r\n".encode())
        try:
            while len(received) < 1 << 20:
                sock.settimeout(max(give_up - time.monotonic(), 0.001))
                block = sock.recv(65536)
                if not block:
                    return received, "fin"
                if not received:
                    give_up = time.monotonic() + patience
                received += block
        except ConnectionResetError:
            return received, "reset"
        except TimeoutError:
            pass
        return received, "open"


def stats(prefix=""):
    return json.loads(get(NET["raw_port"], f"/raw/_stats?prefix={prefix}")[2])


def until(condition, within_s=20):
    give_up = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.01)
    return True


class Origin(unittest.TestCase):
    def test_a_page_is_the_same_on_every_address_and_about_1300_octets(self):
        for address in NET["addresses"] + (["::1"] if NET["ipv6"] else []):
            status, headers, body = get(NET["http_port"], "/page/77", address)
            self.assertEqual((status, len(body)), (200, 1130), address)
        self.assertNotIn("Connection: close", str(headers))

    def test_sizes_statuses_and_delays_are_as_the_path_says(self):
        self.assertEqual(len(get(NET["http_port"], "/size/1m")[2]), 1 << 20)
        self.assertEqual(len(get(NET["http_port"], "/size/20m")[2]), 20 << 20)
        for code in (204, 304, 404, 410, 429, 500, 503):
            self.assertEqual(get(NET["http_port"], f"/status/{code}")[0], code)
        status, headers, _ = get(NET["http_port"], "/retry-after/429/7")
        self.assertEqual((status, headers["Retry-After"]), (429, "7"))
        self.assertEqual(get(NET["http_port"], "/no-keepalive/1")[1]["Connection"], "close")
        self.assertEqual(get(NET["http_port"], "/no-head", method="HEAD")[0], 405)
        self.assertEqual(get(NET["http_port"], "/no-head")[0], 200)
        self.assertIn(b"x-test: yes", get(NET["http_port"], "/echo", **{"X-Test": "yes"})[2])

    def test_slow_takes_its_time(self):
        with self.assertRaises(TimeoutError):
            get(NET["http_port"], "/slow", timeout=0.5)

    def test_redirects_lead_where_they_say(self):
        places = {"/redirect/3": "/redirect/2", "/redirect-loop": "/redirect-loop",
                  "/redirect-to-https": f"https://127.0.0.1:{NET['https_port']}/page/redirected",
                  "/redirect-abs": f"http://h1.test:{NET['http_port']}/page/redirected",
                  "/redirect-to?to=/page/9": "/page/9", "/redirect-query": "/redirect-query?again=1"}
        for path, place in places.items():
            status, headers, _ = get(NET["http_port"], path)
            self.assertEqual((status, headers["Location"]), (302, place))
        self.assertEqual(get(NET["http_port"], "/redirect/0")[0], 200)

    def test_gzip_for_those_who_accept_it_and_where_the_path_insists(self):
        plain = get(NET["http_port"], "/gzip/1")[2]
        _, headers, body = get(NET["http_port"], "/gzip/1", **{"Accept-Encoding": "gzip"})
        self.assertEqual((headers["Content-Encoding"], gzip.decompress(body)), ("gzip", plain))
        _, headers, body = get(NET["http_port"], "/gzip-always")
        self.assertEqual((headers["Content-Encoding"], gzip.decompress(body)), ("gzip", plain))

    def test_good_certificates_verify_by_name_and_by_address(self):
        for name in ("h0.test", "h99.test", "h499.test", "any.w.test", "alias.test", "127.0.0.1", "127.0.1.64", "rsa.test"):
            self.assertTrue(handshake(name)["subjectAltName"], name)

    def test_bad_certificates_fail_for_their_own_reason(self):
        reasons = {"expired": "has expired", "not-yet-valid": "not yet valid", "self-signed": "self-signed",
                   "wrong-host": "Hostname mismatch", "unknown-issuer": "unable to get local issuer",
                   "no-chain": "unable to get local issuer"}
        for name, reason in reasons.items():
            with self.assertRaises(ssl.SSLCertVerificationError) as caught:
                handshake(f"{name}.test")
            self.assertIn(reason, str(caught.exception))


class Names(unittest.TestCase):
    def ask(self, name, *more, **options):
        return dns_message.ask(("127.0.0.1", NET["dns_port"]), name, *more, **options)

    def test_names_are_spread_over_the_addresses(self):
        for n in (0, 63, 64, 499, 4999):
            self.assertEqual(self.ask(f"h{n}.test")["addresses"], [f"127.0.1.{n % 64 + 1}"])
        self.assertEqual(self.ask("h7.test", tcp=True)["addresses"], ["127.0.1.8"])
        self.assertEqual(self.ask("anything.test")["addresses"], [names.address_of("anything.test")])
        self.assertEqual(self.ask("raw.test")["addresses"], ["127.0.0.1"])

    def test_a_name_without_ipv6_exists_all_the_same(self):
        for name in ("h0.test", "anything.test", "alias.test"):
            answer = self.ask(name, dns_message.AAAA)
            self.assertEqual((answer["rcode"], answer["addresses"]), (dns_message.NOERROR, []), name)

    def test_the_special_names(self):
        self.assertEqual(self.ask("alias.test")["addresses"], ["127.0.1.1"])
        self.assertEqual(self.ask("v6.test")["addresses"], [])
        self.assertEqual(self.ask("v6.test", dns_message.AAAA)["addresses"], ["::1"])
        self.assertEqual(self.ask("dual.test")["addresses"], ["127.0.1.1"])
        self.assertEqual(self.ask("dual.test", dns_message.AAAA)["addresses"], ["::1"])
        self.assertEqual(self.ask("short.test")["ttl"], 1)

    def test_no_other_name_exists(self):
        for name in ("nx.test", "deep.in.nx.test", "example.com", "localhost", "com"):
            self.assertEqual(self.ask(name)["rcode"], dns_message.NXDOMAIN, name)


class ScriptedNames(unittest.TestCase):
    def ask(self, name, **options):
        return dns_message.ask(("127.0.0.1", NET["scripted_dns_port"]), name, **options)

    def test_failures_by_name(self):
        codes = {"servfail": dns_message.SERVFAIL, "refused": dns_message.REFUSED, "nxdomain": dns_message.NXDOMAIN,
                 "notimp": dns_message.NOTIMP, "nodata": dns_message.NOERROR}
        for mode, code in codes.items():
            answer = self.ask(f"x.{mode}.dns")
            self.assertEqual((answer["rcode"], answer["addresses"]), (code, []), mode)

    def test_good_answers(self):
        self.assertEqual(self.ask("ok.dns")["addresses"], ["127.0.0.1"])
        self.assertEqual(self.ask("ttl7.dns")["ttl"], 7)
        self.assertEqual(self.ask("only-a.dns")["addresses"], ["127.0.0.1"])
        self.assertEqual(self.ask("only-aaaa.dns")["addresses"], [])
        self.assertEqual(len(self.ask("many.dns")["addresses"]), 32)
        self.assertEqual(self.ask("h5.test")["addresses"], ["127.0.1.6"])

    def test_silence_and_lateness(self):
        with self.assertRaises(TimeoutError):
            self.ask("silent.dns", timeout_s=0.2)
        with self.assertRaises(TimeoutError):
            self.ask("late500.dns", timeout_s=0.2)
        self.assertEqual(self.ask("late100.dns")["addresses"], ["127.0.0.1"])
        with self.assertRaises(TimeoutError):
            self.ask("once.drop-first.dns", timeout_s=0.2)
        self.assertEqual(self.ask("once.drop-first.dns")["addresses"], ["127.0.0.1"])

    def test_truncation_sends_one_to_tcp(self):
        self.assertTrue(self.ask("truncated.dns")["truncated"])
        self.assertEqual(self.ask("truncated.dns", tcp=True)["addresses"], ["127.0.0.1"])

    def test_every_mode_gives_octets_or_silence(self):
        from net.dns_answerer import MODES
        for mode in MODES:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.settimeout(0.1 if mode in ("silent", "late", "drop-first") else 10)
                sock.sendto(dns_message.query(f"every.{mode}.dns"), ("127.0.0.1", NET["scripted_dns_port"]))
                try:
                    self.assertTrue(sock.recv(4096), mode)
                except TimeoutError:
                    self.assertIn(mode, ("silent", "late", "drop-first"))

    def test_questions_are_counted(self):
        for _ in range(3):
            self.ask("counted.ok.dns")
        self.assertEqual(stats()["names"]["counted.ok.dns"], 3)


class RawServer(unittest.TestCase):
    def test_every_script_speaks_and_ends_as_its_name_says(self):
        closing = {"reset": "reset", "reset-body": "reset", "close": "fin", "bad-status": "fin", "http09": "fin",
                   "short-length": "fin", "bad-chunk": "fin", "conflicting-length": "fin", "close-delimited": "fin",
                   "ok": "open", "stall": "open", "stall-head": "open", "stall-body": "open", "chunked": "open",
                   "1xx": "open", "leftover": "open", "head-flood": "open", "body-forever": "open", "long-line": "open"}
        for script, end in closing.items():
            received, ended = exchange(f"/raw/{script}/self", 0.2 if end == "open" else 10, 0.2 if script == "stall" else 10)
            self.assertEqual(ended, end, script)
            self.assertEqual(bool(received), script not in ("stall", "close", "reset"), script)

    def test_exact_octets_are_replayed(self):
        self.assertEqual(exchange("/raw/bytes?b64=aGVs,bG8=&gap_ms=20"), (b"hello", "fin"))

    def test_drip_gives_one_octet_at_a_time(self):
        received, _ = exchange("/raw/drip?gap_s=0.1", 0.4)
        self.assertLess(len(received.partition(b"\r\n\r\n")[2]), 50)

    def test_a_kept_connection_is_closed_at_its_second_request(self):
        with socket.create_connection(("127.0.0.1", NET["raw_port"]), 5) as sock:
            ask = b"GET /raw/close-after-one/self HTTP/1.1\r\nHost: x\r\n\r\n"
            sock.sendall(ask)
            received = b""
            while not received.endswith(b"hello"):
                received += sock.recv(4096) or self.fail(f"closed after {received!r}")
            sock.sendall(ask)
            self.assertEqual(sock.recv(4096), b"")

    def test_flaky_fails_as_often_as_asked(self):
        codes = [get(NET["raw_port"], "/raw/flaky/self?fail=2")[0] for _ in range(3)]
        self.assertEqual(codes, [503, 503, 200])

    def test_open_connections_are_counted_until_they_are_gone(self):
        socks = [socket.create_connection((address, NET["raw_port"]), 5) for address in NET["addresses"][:5]]
        for sock in socks:
            sock.sendall(b"GET /raw/stall/counted HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertTrue(until(lambda: stats("/raw/stall/counted")["open_by_path"] == {"/raw/stall/counted": 5}))
        for sock in socks:
            sock.close()
        self.assertTrue(until(lambda: stats("/raw/stall/counted")["open_by_path"] == {}))
        self.assertEqual(stats("/raw/stall/counted")["requests"], {"/raw/stall/counted": 5})

    def test_control_requests_are_not_counted(self):
        before = stats()["accepted"]
        self.assertEqual(stats()["accepted"], before)

    def test_the_other_ports(self):
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.1.9", NET["refused_port"]), 5)
        with self.assertRaises(TimeoutError):
            socket.create_connection(("127.0.0.1", NET["blackhole_port"]), 0.5)
        with self.assertRaises(TimeoutError):
            with socket.create_connection(("127.0.0.1", NET["tls_stall_port"]), 0.3) as sock:
                ssl.create_default_context().wrap_socket(sock, server_hostname="h0.test")
        with self.assertRaises(ssl.SSLError) as caught:
            handshake("h0.test", NET["tls_plain_port"])
        self.assertIn("WRONG_VERSION_NUMBER", str(caught.exception))
        with self.assertRaises(ssl.SSLError) as caught:
            handshake("h0.test", NET["tls_alert_port"])
        self.assertIn("ALERT_HANDSHAKE_FAILURE", str(caught.exception))
        self.assertTrue(handshake("raw.test", NET["raw_tls_port"]))


# Prints which ports out of those given it gets, until there are none.
ANOTHER_PROCESS = """
import sys
from net import ports
ports._OURS = range(int(sys.argv[1]), int(sys.argv[2]))
try:
    while True:
        print(ports.free_port())
except RuntimeError:
    pass
"""


def given_to_another(first, end):
    done = subprocess.run([sys.executable, "-B", "-c", ANOTHER_PROCESS, str(first), str(end)], capture_output=True, check=True,
                          cwd=os.path.dirname(HERE), text=True)
    return {int(word) for word in done.stdout.split()}


class FreePorts(unittest.TestCase):
    def test_nobody_else_is_given_what_is_ours_or_listened_at(self):
        ours = ports.free_port()
        near = (ours, ours + 20)
        given = given_to_another(*near)
        self.assertNotIn(ours, given)
        self.assertGreater(len(given), 1)
        with socket.create_server(("127.0.1.7", max(given))):
            self.assertNotIn(max(given), given_to_another(*near))


class Batch(unittest.TestCase):
    def test_count_and_hosts_are_what_was_asked_for_and_repeatable(self):
        urls = batch.make(NET.facts)
        self.assertEqual(len(urls), 2000)
        self.assertEqual(len({url.split("/")[2].rsplit(":", 1)[0] for url in urls}), 500)
        self.assertEqual(urls, batch.make(NET.facts))
        self.assertEqual({url.split(":")[0] for url in urls}, {"http", "https"})

    def test_the_command_prints_a_body_for_submit(self):
        command = [sys.executable, os.path.join(HERE, "batch"), "--net", "-", "--count", "50", "--hosts", "20"]
        done = subprocess.run(command, input=json.dumps(NET.facts), capture_output=True, text=True, check=True)
        self.assertEqual(len(json.loads(done.stdout)["urls"]), 50)
        done = subprocess.run([*command, "--format", "text"], input=json.dumps(NET.facts), capture_output=True, text=True,
                              check=True)
        self.assertEqual(len(done.stdout.splitlines()), 50)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


STARTER = """
import subprocess, sys, time
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
sys.stdout.buffer.write(child.stdout.readline())
sys.stdout.flush()
time.sleep(600)
"""


class Ends(unittest.TestCase):
    """Whatever happens, no process and no file is left."""

    def setUp(self):
        self.parent = tempfile.TemporaryDirectory(prefix="with space ")
        self.addCleanup(self.parent.cleanup)
        self.command = [sys.executable, os.path.join(HERE, "testnet"), "up", "--dir", os.path.join(self.parent.name, "net")]

    def start(self, command=None, **more):
        process = subprocess.Popen(command or self.command, stdout=subprocess.PIPE, **more)
        self.addCleanup(process.stdout.close)
        net = json.loads(process.stdout.readline())
        return process, net

    def assert_nothing_left(self, net):
        pids = list(net["pids"].values()) + net["nginx_worker_pids"]
        self.assertTrue(until(lambda: not any(map(alive, pids))), [pid for pid in pids if alive(pid)])
        self.assertFalse(os.path.exists(net["dir"]))

    def test_sigterm_and_sigint(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            process, net = self.start(stdin=subprocess.DEVNULL)
            self.assertTrue(net["dir"].startswith(self.parent.name))
            process.send_signal(number)
            self.assertEqual(process.wait(20), 0)
            self.assert_nothing_left(net)

    def test_the_end_of_stdin(self):
        process, net = self.start(stdin=subprocess.PIPE)
        process.stdin.close()
        self.assertEqual(process.wait(20), 0)
        self.assert_nothing_left(net)

    def test_sigkill_of_the_guard_the_keeper_or_nginx(self):
        for victim in ("guard", "keeper", "nginx"):
            process, net = self.start(stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            os.kill(net["pids"][victim], signal.SIGKILL)
            self.assertNotEqual(process.wait(20), 0)
            self.assert_nothing_left(net)

    def test_sigkill_of_the_one_who_started_it(self):
        process, net = self.start([sys.executable, "-c", STARTER, *self.command])
        process.kill()
        process.wait(20)
        self.assert_nothing_left(net)

    def test_several_run_at_once(self):
        first, net = self.start(stdin=subprocess.PIPE)
        self.assertNotEqual(net["http_port"], NET["http_port"])
        self.assertEqual(get(net["http_port"], "/page/1")[0], 200)
        self.assertEqual(get(NET["http_port"], "/page/1")[0], 200)
        first.stdin.close()
        self.assertEqual(first.wait(20), 0)
        self.assertEqual(get(NET["http_port"], "/page/1")[0], 200)


if __name__ == "__main__":
    unittest.main()
