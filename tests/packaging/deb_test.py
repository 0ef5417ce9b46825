#!/usr/bin/env python3
"""The Debian package: what is in it, and that it installs, runs, takes an upgrade and purges.

usage: tests/packaging/deb_test.py BUILD_FOLDER CPACK

It is installed on an overlay of this machine's own root, in a mount and process namespace of its own: nothing here is
touched, and all is gone with it. That takes root.
"""
import os
import re
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"
BUILD = CPACK = ""

# Run with the overlay's mount point, in the new namespaces. A tmpfs, since an overlay cannot lie on another one.
ENTER = """
set -e
mount -t tmpfs trawl-test "$0"
mkdir "$0/upper" "$0/work" "$0/root"
mount -t overlay trawl-test -o "lowerdir=/,upperdir=$0/upper,workdir=$0/work" "$0/root"
mkdir -p "$0/root/run" "$0/root/tmp"
mount -t proc proc "$0/root/proc"
mount --bind /dev "$0/root/dev"
cp "$1" "$0/root/tmp/trawl.deb"
exec chroot "$0/root" sh -ec "$2"
"""


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, timeout=200, **more)


def overlay_works():
    with tempfile.TemporaryDirectory() as folder:
        return os.geteuid() == 0 and run("unshare", "--mount", "--pid", "--fork", "sh", "-c", ENTER, folder, "/dev/null",
                                         "true").returncode == 0


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        made = run(CPACK, "-G", "DEB", "--config", f"{BUILD}/CPackConfig.cmake", "-B", cls.folder)
        if made.returncode != 0:
            raise AssertionError(made.stdout + made.stderr)
        (cls.deb,) = cls.folder.glob("*.deb")

    def inside(self, script):
        """What `script` prints, run as root where the package lies in /tmp/trawl.deb."""
        mount = self.enterContext(tempfile.TemporaryDirectory())
        done = run("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", ENTER, mount, self.deb, script,
                   env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive"})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_its_files_are_where_debian_has_them(self):
        listing = run("dpkg-deb", "-c", self.deb).stdout
        files = {line.split()[5]: line.split()[:2] for line in listing.splitlines() if not line.startswith("d")}
        self.assertEqual(set(files), {
            "./usr/bin/trawl", "./lib/systemd/system/trawl.service", "./etc/trawl/trawl.json",
            "./usr/share/doc/trawl/copyright", "./usr/share/doc/trawl/changelog.gz",
            "./usr/share/doc/trawl/changelog.Debian.gz", "./usr/share/man/man1/trawl.1.gz",
            "./usr/share/bash-completion/completions/trawl", "./usr/share/zsh/vendor-completions/_trawl",
            "./usr/share/fish/vendor_completions.d/trawl.fish"})
        self.assertEqual({owner for _, owner in files.values()}, {"root/root"})
        self.assertEqual(files["./usr/bin/trawl"][0], "-rwxr-xr-x")
        self.assertEqual(files["./etc/trawl/trawl.json"][0], "-rw-r--r--")

    def test_its_fields_are_true(self):
        def field(name):
            return run("dpkg-deb", "-f", self.deb, name).stdout.strip()

        version = run(f"{BUILD}/trawl", "--version").stdout.split()[1]
        self.assertEqual((field("Package"), field("Version")), ("trawl", f"{version}-1"))
        self.assertTrue((PACKAGING / "debian/changelog").read_text().startswith(f"trawl ({version}-1) "))
        self.assertEqual(field("Architecture"), run("dpkg", "--print-architecture").stdout.strip())
        needs = {re.split(r"[ (]", each)[0] for each in field("Depends").split(", ")}
        self.assertLessEqual({"adduser", "libc6", "libssl3", "libc-ares2", "libidn2-0"}, needs)
        self.assertFalse([each for each in needs if each.endswith("-dev")])
        self.assertEqual(run("dpkg-deb", "-I", self.deb, "conffiles").stdout, "/etc/trawl/trawl.json\n")

    def test_it_installs_runs_and_purges(self):
        if not overlay_works():
            self.skipTest("root and overlay mounts are needed")
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        told = self.inside(f"""
            find /etc /usr /lib/systemd | sort > /tmp/before
            dpkg -i /tmp/trawl.deb >/tmp/dpkg.log 2>&1 || {{ cat /tmp/dpkg.log; exit 1; }}
            echo version: $(trawl --version)
            echo user: $(getent passwd trawl | cut -d: -f6,7)
            echo enabled: $(readlink /etc/systemd/system/multi-user.target.wants/trawl.service)
            setpriv --reuid trawl --regid trawl --clear-groups \\
              trawl serve --config /etc/trawl/trawl.json --listen 127.0.0.1:{port} 2>/tmp/log &
            service=$!
            for n in $(seq 200); do grep -q listening /tmp/log && break; sleep 0.1; done
            echo check: $(trawl check --format csv http://127.0.0.1:{port}/healthz | tail -1 | cut -c1-80)
            kill -TERM $service && wait $service
            echo '{{"log_level": "debug"}}' > /etc/trawl/trawl.json
            dpkg -i /tmp/trawl.deb >/tmp/dpkg.log 2>&1 || {{ cat /tmp/dpkg.log; exit 1; }}
            echo kept: $(cat /etc/trawl/trawl.json)
            dpkg -r trawl >/tmp/dpkg.log 2>&1
            test ! -e /usr/bin/trawl && echo settings after removal: $(ls /etc/trawl)
            dpkg -P trawl >/tmp/dpkg.log 2>&1 || {{ cat /tmp/dpkg.log; exit 1; }}
            getent passwd trawl || true
            find /etc /usr /lib/systemd | sort | diff /tmp/before - | grep -v '[<>] /etc/[a-z]*-$' | grep '^[<>]' || true
            dpkg -s trawl >/dev/null 2>&1 || echo purged
        """)
        lines = told.splitlines()
        self.assertRegex(lines.pop(3), r"^check: 0,http://[^ ]*/healthz,.*200")
        self.assertEqual(lines, [
            f"version: {run(f'{BUILD}/trawl', '--version').stdout.strip()}",
            "user: /nonexistent:/usr/sbin/nologin",
            "enabled: /lib/systemd/system/trawl.service",
            'kept: {"log_level": "debug"}',
            "settings after removal: trawl.json",
            "purged"], told)


if __name__ == "__main__":
    BUILD, CPACK = sys.argv[1:3]
    del sys.argv[1:3]
    unittest.main()
