"""A certificate authority and leaves of every kind, made by the openssl command in under a second.

OpenSSL takes no wildcard directly under a top-level name ("*.test"), so h0.test .. h499.test are
named one by one, 50 to a certificate, which keeps them small. *.w.test is for any
number of further names.
"""
import os
import subprocess

HOSTS = 500
HOSTS_PER_LEAF = 50
BAD_HOSTS = ("expired", "not-yet-valid", "self-signed", "wrong-host", "unknown-issuer", "no-chain")

_CA_CONF = """
[ca]
default_ca = here
[here]
database = index.txt
serial = serial.txt
new_certs_dir = .
default_md = sha256
default_crl_days = 30
policy = any
unique_subject = no
[any]
commonName = supplied
"""


def _write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="ascii") as file:
        file.write(text)


class Maker:
    def __init__(self, folder):
        """`folder` is there; ca.cnf, index.txt and serial.txt, which `openssl ca` wants, are put into it."""
        self.folder = folder
        _write(folder, "ca.cnf", _CA_CONF)
        _write(folder, "index.txt", "")
        _write(folder, "serial.txt", "01\n")
        self.running = []
        self.serial = 1000

    def start(self, *arguments):
        self.running.append((arguments, subprocess.Popen(
            ["openssl", *arguments], cwd=self.folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)))

    def wait(self):
        """Commands started since the last wait() ran side by side; the next ones need their files."""
        for arguments, process in self.running:
            complaint = process.communicate()[1]
            if process.returncode != 0:
                raise RuntimeError(f"openssl {' '.join(arguments)}: {complaint.decode(errors='replace')}")
        self.running.clear()

    def key(self, name, rsa=0):
        """`rsa`: bits; 0: P-256."""
        kind = ["RSA", "-pkeyopt", f"rsa_keygen_bits:{rsa}"] if rsa else ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        self.start("genpkey", "-algorithm", *kind, "-out", f"{name}.key")

    def public_key(self, name):
        self.start("pkey", "-in", f"{name}.key", "-pubout", "-out", f"{name}.pub")

    def authority(self, name, issuer=None):
        _write(self.folder, f"{name}.ext", "basicConstraints=critical,CA:TRUE\n"
               "keyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n")
        self._certificate(name, f"/CN=trawl test {name}", name, issuer)

    def leaf(self, name, names, key, issuer):
        _write(self.folder, f"{name}.ext", "basicConstraints=critical,CA:FALSE\n"
               "keyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth\n"
               f"subjectAltName={','.join(names)}\n")
        self._certificate(name, f"/CN={name}", key, issuer)

    def certificate(self, name, extensions, key, issuer, digest="sha256"):
        """Of `key`, which `issuer` signs; None: itself."""
        _write(self.folder, f"{name}.ext", extensions)
        self._certificate(name, f"/CN={name}", key, issuer, digest)

    def _certificate(self, name, subject, key, issuer, digest="sha256"):
        self.serial += 1
        signer = ["-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key"] if issuer else ["-key", f"{key}.key"]
        pub = ["-force_pubkey", f"{key}.pub"] if issuer else []
        self.start("x509", "-new", "-subj", subject, *pub, *signer, "-extfile", f"{name}.ext", f"-{digest}",
                   "-days", "30", "-set_serial", str(self.serial), "-out", f"{name}.pem")

    def dated_leaf(self, name, start, end, names=None, issuer="intermediate"):
        """`x509` knows only days from now; `ca` takes both dates."""
        names = names or [f"DNS:{name}.test"]
        _write(self.folder, f"{name}.ext", f"basicConstraints=critical,CA:FALSE\nsubjectAltName={','.join(names)}\n")
        self.start("req", "-new", "-key", "leaf.key", "-subj", f"/CN={name}", "-out", f"{name}.csr")
        self.wait()
        self.start("ca", "-config", "ca.cnf", "-batch", "-notext", "-in", f"{name}.csr", "-cert", f"{issuer}.pem",
                   "-keyfile", f"{issuer}.key", "-extfile", f"{name}.ext", "-startdate", start,
                   "-enddate", end, "-out", f"{name}.pem")
        self.wait()


def _read(folder, name):
    with open(os.path.join(folder, name), encoding="ascii") as file:
        return file.read()


def host_groups():
    """[(leaf name, [host name...])...] for h0.test and on."""
    hosts = [f"h{n}.test" for n in range(HOSTS)]
    return [(f"hosts{at // HOSTS_PER_LEAF}", hosts[at:at + HOSTS_PER_LEAF]) for at in range(0, HOSTS, HOSTS_PER_LEAF)]


def _good_names(addresses):
    names = ["localhost", "test", "*.test", "*.w.test", "good.test", "alias.test", "alias2.test", "alias3.test",
             "dual.test", "v6.test", "short.test", "raw.test", "rsa.test"]
    return [f"DNS:{name}" for name in names] + [f"IP:{address}" for address in addresses]


def make(folder, addresses):
    """Fills `folder`. Leaves are NAME.chain.pem with leaf.key (rsa: rsa.key); the root is ca.pem."""
    maker = Maker(folder)
    for name in ("ca", "intermediate", "stranger", "leaf"):
        maker.key(name)
    maker.key("rsa", rsa=2048)
    maker.wait()
    for name in ("intermediate", "leaf", "rsa"):
        maker.public_key(name)
    maker.authority("ca")
    maker.authority("stranger")
    maker.wait()
    maker.authority("intermediate", "ca")
    maker.wait()
    for name, hosts in host_groups():
        maker.leaf(name, [f"DNS:{host}" for host in hosts], "leaf", "intermediate")
    maker.leaf("good", _good_names(addresses), "leaf", "intermediate")
    maker.leaf("rsa", ["DNS:rsa.test"], "rsa", "intermediate")
    maker.leaf("wrong-host", ["DNS:another.example"], "leaf", "intermediate")
    maker.leaf("no-chain", ["DNS:no-chain.test"], "leaf", "intermediate")
    maker.leaf("unknown-issuer", ["DNS:unknown-issuer.test"], "leaf", "stranger")
    maker.leaf("self-signed", ["DNS:self-signed.test"], "leaf", None)
    maker.wait()
    maker.dated_leaf("expired", "20200101000000Z", "20200201000000Z")
    maker.dated_leaf("not-yet-valid", "20900101000000Z", "20910101000000Z")
    _write_chains(folder)


def _write_chains(folder):
    intermediate = _read(folder, "intermediate.pem")
    alone = ("no-chain", "self-signed", "unknown-issuer")
    for name in [group for group, _ in host_groups()] + ["good", "rsa", *BAD_HOSTS]:
        _write(folder, f"{name}.chain.pem", _read(folder, f"{name}.pem") + ("" if name in alone else intermediate))
