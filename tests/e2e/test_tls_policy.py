"""What the system allows TLS to be (openssl.cnf): trawl keeps to it as curl does, fetching and listening."""
import json
import os
import subprocess
import tempfile

from harness import SLOW, TRAWL, NetTest, clean_environment, free_port, main
from net import tls_cases
from test_listener_tls import SecureService, make_certificate

POLICY = "openssl_conf = init\n[init]\nssl_conf = ssl\n[ssl]\nsystem_default = all\n[all]\n"
CHACHA = "CipherString = ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305\nCiphersuites = TLS_CHACHA20_POLY1305_SHA256\n"
ARIA, CCM = "ECDHE-ECDSA-ARIA128-GCM-SHA256", "TLS_AES_128_CCM_SHA256"
# Server: (certificate, flags).
SERVERS = {
    "any": ("good", ()),
    "tls12": ("good", ("-tls1_2",)),
    "rsa-kx": ("good-rsa", ("-tls1_2", "-cipher", "AES128-SHA")),
    "x25519": ("good", ("-groups", "X25519")),
    "p-256": ("good", ("-groups", "P-256")),
}
# Policy: what openssl.cnf says, and which servers nobody can talk to under it.
POLICIES = {
    "nothing": ("", set()),
    "a group": ("Groups = P-256\n", {"x25519"}),
    "another name for it": ("2.Curves = X25519\n", {"p-256", "tls12"}),
    "a version": ("MinProtocol = TLSv1.3\n", {"tls12", "rsa-kx"}),
    "no SHA-1": ("CipherString = DEFAULT@SECLEVEL=2\n", set()),
    "more bits": ("CipherString = DEFAULT@SECLEVEL=3\n", {"rsa-kx"}),
    "a cipher": (CHACHA, {"rsa-kx"}),
    "laxity": ("MinProtocol = TLSv1.0\nCipherString = ALL@SECLEVEL=0\n", set()),
}
FIPS = "openssl_conf = init\n[init]\nalg_section = algorithms\n[algorithms]\ndefault_properties = fips=yes\n"


class PolicyTest(NetTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory(dir=cls.net["dir"]))
        tls_cases.make(cls.folder, os.path.dirname(cls.net["ca_file"]))
        cls.servers = cls.enterClassContext(tls_cases.Servers(cls.folder))
        cls.ports = cls.servers.start_all({name: (certificate, flags, ()) for name, (certificate, flags) in SERVERS.items()})

    def under(self, text):
        """An environment with that openssl.cnf."""
        path = os.path.join(self.folder, "openssl.cnf")
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return {**clean_environment(), "OPENSSL_CONF": path}

    def check(self, environment, *names):
        """Exit status, records by name of the server, and what was said."""
        urls = {f"https://127.0.0.1:{self.ports[name]}/": name for name in names or SERVERS}
        done = subprocess.run([TRAWL, "check", "--quiet", "--verify-tls=false", "--retries", "0", "--format", "ndjson", *urls],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60 * SLOW, env=environment)
        return done.returncode, {urls[record["url"]]: record for record in map(json.loads, done.stdout.splitlines())}, done.stderr

    def does_not_serve(self, environment, why, *flags):
        done = subprocess.run([TRAWL, "serve", "--listen", f"127.0.0.1:{free_port()}", *flags], capture_output=True, text=True, check=False,
                              timeout=60 * SLOW, env=environment)
        self.assertEqual(done.returncode, 1)
        self.assertIn("TLS setting refused", done.stderr)
        self.assertIn(why, done.stderr)

    def curl_takes(self, environment, name):
        done = subprocess.run(["curl", "-sk", "--noproxy", "*", "-o", os.devnull, f"https://127.0.0.1:{self.ports[name]}/"], check=False,
                              timeout=60 * SLOW, env=environment)
        return done.returncode == 0


class Fetching(PolicyTest):
    def test_what_curl_may_not_speak_trawl_does_not_speak_either(self):
        for policy, (text, refused) in POLICIES.items():
            environment = self.under(POLICY + text)
            _, records, said = self.check(environment)
            self.assertEqual(said, "")
            for name, record in records.items():
                with self.subTest(policy=policy, server=name):
                    self.assertEqual(not record["errors"], name not in refused, record)
                    self.assertEqual(self.curl_takes(environment, name), name not in refused)

    def test_an_allowed_cipher_is_the_one_that_is_spoken(self):
        _, records, _ = self.check(self.under(POLICY + CHACHA), "any", "tls12")
        self.assertEqual(records["any"]["tls"]["cipher"], "TLS_CHACHA20_POLY1305_SHA256")
        self.assertEqual(records["tls12"]["tls"]["cipher"], "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256")

    def start(self, name, *flags):
        self.ports[name] = self.servers.start("good", *flags)
        self.addCleanup(self.ports.pop, name)

    def test_a_policy_does_not_add_what_is_not_spoken_without_it(self):
        self.start("aria", "-tls1_2", "-cipher", ARIA)
        self.start("ccm", "-tls1_3", "-ciphersuites", CCM)
        self.start("ffdhe4096", "-groups", "ffdhe4096")
        for text, taken in (("", {"any", "tls12"}), (f"CipherString = {ARIA}\n", {"any"}), (f"Ciphersuites = {CCM}\n", {"any", "tls12"}),
                            ("Groups = ffdhe4096:P-256\n", {"any", "tls12"}), ("Groups = ffdhe4096:NoSuch\n", {"any", "tls12"})):
            code, records, said = self.check(self.under(POLICY + text), "any", "tls12", "aria", "ccm", "ffdhe4096")
            self.assertEqual((code, said), (2, ""), text)
            self.assertEqual({name for name, record in records.items() if not record["errors"]}, taken, text)

    def test_a_version_without_an_allowed_cipher_is_not_offered(self):
        for text, name, said in ((f"CipherString = {ARIA}\n", "tls12", "only 1.3 was offered"),
                                 (f"Ciphersuites = {CCM}\n", "tls13", "only 1.2 was offered")):
            if name not in self.ports:
                self.start(name, "-tls1_3")
            _, records, _ = self.check(self.under(POLICY + text), name)
            self.assertIn(said, records[name]["errors"]["detail"])

    def test_versions_that_were_not_offered_are_not_said_to_have_been(self):
        _, records, _ = self.check(self.under(POLICY + "MinProtocol = TLSv1.3\n"), "tls12")
        self.assertIn("no common TLS version; only 1.3 was offered", records["tls12"]["errors"]["detail"])
        _, records, _ = self.check(self.under(POLICY + "MaxProtocol = TLSv1.2\n"), "any")
        self.assertEqual(records["any"]["tls"]["version"], "TLSv1.2")
        self.start("tls13", "-tls1_3")
        for text in ("MaxProtocol = TLSv1.2\n", "Protocol = ALL,-TLSv1.3\n"):
            _, records, _ = self.check(self.under(POLICY + text), "tls13")
            self.assertIn("no common TLS version; only 1.2 was offered", records["tls13"]["errors"]["detail"], text)

    def test_a_file_that_makes_no_sense_is_none(self):
        for text in ("[unclosed\nx\n", "no = [ sense", POLICY + "Groups = NoSuch\n", POLICY + "Nonsense = 1\n", "openssl_conf = gone\n", "\0\0"):
            code, records, said = self.check(self.under(text))
            self.assertEqual((code, said), (0, ""), text)
            self.assertEqual({name for name, record in records.items() if record["errors"]}, set(), text)

    def test_without_an_allowed_algorithm_it_does_not_start(self):
        impossible = POLICY + "MaxProtocol = TLSv1.1\n"
        for text, why in ((FIPS, "library has no ciphers"), (impossible, "TLS 1.2 or later"),
                          (POLICY + "Protocol = ALL,-TLSv1.2,-TLSv1.3\n", "ciphers of TLS 1.2 or later: none of those known here is left"),
                          (POLICY + f"CipherString = {ARIA}\nCiphersuites = {CCM}\n", "ciphers of TLS 1.2 or later: none of those known here is left"),
                          (POLICY + f"CipherString = {ARIA}\nMaxProtocol = TLSv1.2\n", "ciphers of TLS 1.2 or later: none of those known here is left"),
                          (POLICY + "Groups = ffdhe4096:brainpoolP256r1\n", "groups: none of those known here is left")):
            environment = self.under(text)
            code, records, said = self.check(environment)
            self.assertEqual((code, records), (1, {}))
            self.assertIn("TLS setting refused", said)
            self.assertIn(why, said)
            self.does_not_serve(environment, why)


class Listening(PolicyTest):
    """... which speaks less than fetches do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flags = []
        for kind in ("ec", "rsa"):
            path = os.path.join(cls.folder, "listener-" + kind)
            cls.flags.append(("--tls-cert", path + ".pem", "--tls-key", path + ".key"))
            make_certificate(path, "policy", kind)
        cls.ec, cls.rsa = cls.flags

    def takes(self, flags, text, clients):
        """Whether the listener under that policy takes each of the clients, told by flags of openssl s_client."""
        with SecureService(self.net, *flags, env={"OPENSSL_CONF": self.under(text)["OPENSSL_CONF"]}) as service:
            return [subprocess.run(["openssl", "s_client", "-brief", "-connect", f"127.0.0.1:{service.port}", *client.split()], check=False,
                                   stdin=subprocess.DEVNULL, capture_output=True, timeout=60 * SLOW, env=clean_environment()).returncode == 0
                    for client in clients]

    def test_a_policy_does_not_add_what_is_not_spoken_without_it(self):
        groups = ("-groups P-521", "-tls1_2 -groups P-521", "-groups X448", "-groups P-384", "-tls1_2 -groups P-384")
        self.assertEqual(self.takes(self.rsa, "", groups), [False, False, False, True, True])
        for text in ("Groups = P-521:P-384:ffdhe2048\n", "Groups = NoSuch\n", "Groups = P-521:NoSuch\n"):
            self.assertEqual(self.takes(self.rsa, POLICY + text, groups), [False, False, False, True, True], text)

    def test_a_version_without_an_allowed_cipher_is_not_spoken(self):
        clients = ("-tls1_2", "-tls1_2 -cipher AES256-SHA256", "-tls1_2 -cipher DHE-RSA-AES128-GCM-SHA256", "-tls1_3", f"-tls1_3 -ciphersuites {CCM}")
        self.assertEqual(self.takes(self.rsa, "", clients), [True, False, False, True, False])
        for text in ("CipherString = AES256-SHA256\n", "CipherString = DHE-RSA-AES128-GCM-SHA256\n"):
            self.assertEqual(self.takes(self.rsa, POLICY + text, clients), [False, False, False, True, False], text)
        self.assertEqual(self.takes(self.rsa, POLICY + f"Ciphersuites = {CCM}\n", clients), [True, False, False, False, False])

    def test_one_that_could_serve_nobody_does_not_start(self):
        for text, why in (("Groups = P-521:ffdhe2048\n", "groups: none of those known here is left"),
                          ("CipherString = AES256-SHA256\nMaxProtocol = TLSv1.2\n", "ciphers of TLS 1.2 or later: none of those known here is left")):
            self.assertEqual(self.check(self.under(POLICY + text), "rsa-kx")[2], "", "fetches speak it")
            self.does_not_serve(self.under(POLICY + text), why, *self.ec)

    def test_the_listener_keeps_to_it_too(self):
        environment = self.under(POLICY + "MinProtocol = TLSv1.3\nGroups = P-384\n")
        with SecureService(self.net, *self.ec, env={"OPENSSL_CONF": environment["OPENSSL_CONF"]}) as service:
            for flags, taken in (((), True), (("--tls-max", "1.2"), False), (("--curves", "X25519"), False), (("--curves", "P-384"), True)):
                done = subprocess.run(["curl", "-sk", "--noproxy", "*", *flags, service.server + "/healthz"], capture_output=True, check=False,
                                      timeout=60 * SLOW, env=clean_environment())
                self.assertEqual(done.returncode == 0, taken, flags)


if __name__ == "__main__":
    main()
