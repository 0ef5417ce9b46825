"""Certificates for handshakes: a root, an intermediate and ten leaves of fifty names each, all of one kind of key.

Made by the openssl command. What a server sends is a chain of two, leaf and intermediate; the root is what clients trust.
"""
import os
import subprocess

from net.ca import HOSTS, HOSTS_PER_LEAF

KINDS = {"ecdsa": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "rsa": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]}
_CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"
_LEAF = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName="


class Chains:
    """In `folder`: root.pem, and for each of `groups` (name, hosts) NAME.chain.pem; leaf.key is the key of all leaves."""

    def __init__(self, folder, kind):
        self.folder = folder
        self.kind = kind
        hosts = [f"h{n}.test" for n in range(HOSTS)]
        self.groups = [(f"leaf{at // HOSTS_PER_LEAF}", hosts[at:at + HOSTS_PER_LEAF]) for at in range(0, HOSTS, HOSTS_PER_LEAF)]
        os.mkdir(folder)
        for name in ("root", "intermediate", "leaf"):
            self._openssl("genpkey", "-algorithm", *KINDS[kind], "-out", f"{name}.key")
        self._certificate("root", "root", "root", _CA)
        self._certificate("intermediate", "intermediate", "root", _CA)
        for name, names in self.groups:
            self._certificate(name, "leaf", "intermediate", _LEAF + ",".join(f"DNS:{host}" for host in names) + "\n")
            self._chain(name)

    def path(self, name):
        return os.path.join(self.folder, name)

    def _openssl(self, *words):
        done = subprocess.run(["openssl", *words], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, check=False)
        if done.returncode:
            raise RuntimeError(f"openssl {' '.join(words)}: {done.stderr.decode(errors='replace')}")

    def _certificate(self, name, key, issuer, extensions):
        with open(self.path(name + ".ext"), "w", encoding="ascii") as file:
            file.write(extensions)
        signer = ["-key", "root.key"] if issuer == name else ["-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-CAcreateserial"]
        self._openssl("req", "-new", "-key", f"{key}.key", "-subj", f"/CN=trawl bench {name}", "-out", f"{name}.csr")
        signing = ["-signkey", "root.key"] if issuer == name else signer
        self._openssl("x509", "-req", "-in", f"{name}.csr", *signing, "-extfile", f"{name}.ext", "-sha256", "-days", "30", "-out", f"{name}.pem")

    def _chain(self, name):
        with open(self.path(name + ".chain.pem"), "wb") as chain:
            for part in (name, "intermediate"):
                with open(self.path(part + ".pem"), "rb") as file:
                    chain.write(file.read())
