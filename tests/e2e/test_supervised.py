"""Under a service manager: what systemd is told, what its watchdog hears, and what SIGHUP does."""
import os
import signal
import socket
import tempfile

from harness import SLOW, NetTest, Service, main, until


class Manager:
    """The socket of a service manager."""

    def __init__(self, name):
        self.name = name
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + name[1:] if name.startswith("@") else name)
        self.socket.settimeout(20 * SLOW)

    def next(self, but="WATCHDOG"):
        """The next datagram that does not begin with `but`, as a dictionary."""
        while True:
            text = self.socket.recv(4096).decode()
            if not but or not text.startswith(but):
                return dict(line.split("=", 1) for line in text.split("\n"))

    def close(self):
        self.socket.close()


class Supervised(NetTest):
    def manager(self, name):
        manager = Manager(name)
        self.addCleanup(manager.close)
        return manager

    def start(self, manager, *flags, **env):
        return self.enterContext(Service(self.net, *flags, log_level="info",
                                         env={"NOTIFY_SOCKET": manager.name, **env}))

    def abstract(self):
        return f"@trawl-test-{os.getpid()}-{self.id()}"

    def test_it_is_ready_when_it_listens_and_says_when_it_stops(self):
        for name in (os.path.join(tempfile.mkdtemp(), "notify"), self.abstract()):
            with self.subTest(name=name):
                manager = self.manager(name)
                service = self.start(manager)
                self.assertEqual(manager.next(), {"READY": "1", "STATUS": f"listening on 127.0.0.1:{service.port}"})
                service.stop()
                self.assertEqual(manager.next()["STOPPING"], "1")

    def test_the_watchdog_hears_from_it_while_it_is_well(self):
        manager = self.manager(self.abstract())
        service = self.start(manager, WATCHDOG_USEC="100000")
        self.assertEqual(manager.next()["READY"], "1")
        for _ in range(5):
            self.assertEqual(manager.next(but=None), {"WATCHDOG": "1"})
        service.process.send_signal(signal.SIGSTOP)
        manager.socket.settimeout(0.5)
        with self.assertRaises(TimeoutError):  # What was on its way, and then nothing.
            for _ in range(20):
                manager.next(but=None)
        manager.socket.settimeout(20 * SLOW)
        service.process.send_signal(signal.SIGCONT)
        self.assertEqual(manager.next(but=None), {"WATCHDOG": "1"})

    def test_a_watchdog_for_another_process_is_not_fed(self):
        manager = self.manager(self.abstract())
        service = self.start(manager, WATCHDOG_USEC="1000", WATCHDOG_PID="1")
        self.assertEqual(manager.next()["READY"], "1")
        service.stop()
        self.assertEqual(manager.next(but=None)["STOPPING"], "1")

    def test_a_hangup_reloads_the_level_of_the_log_and_ends_nothing(self):
        manager = self.manager(self.abstract())
        with tempfile.NamedTemporaryFile("w+", suffix=".json") as config:
            def write(settings):
                config.seek(0)
                config.truncate()
                config.write(settings)
                config.flush()

            def hang_up():
                service.process.send_signal(signal.SIGHUP)
                self.assertGreater(int(manager.next()["MONOTONIC_USEC"]), 0)
                self.assertEqual(manager.next()["READY"], "1")
                self.assertTrue(service.ready())

            write('{"log_level": "info"}')
            service = Service(self.net, "--config", config.name, log_level="info", env={"NOTIFY_SOCKET": manager.name})
            at = service.flags.index("--log-level")
            del service.flags[at:at + 2]  # Flags win over the file.
            self.enterContext(service)
            self.assertEqual(manager.next()["READY"], "1")
            task = service.submit([self.raw("stall/reloaded")], timeout_ms=600000)
            self.assertNotIn("request answered", service.said())
            write('{"log_level": "debug"}')
            hang_up()
            service.get("/healthz")
            self.assertTrue(until(lambda: "path=/healthz" in service.said(), 5))
            write('{"log_level": "nonsense"}')
            hang_up()
            self.assertIn("settings not reloaded", service.said())
            service.get("/readyz")
            self.assertTrue(until(lambda: "path=/readyz" in service.said(), 5))
            self.assertEqual(service.summary(task)["status"], "running")


if __name__ == "__main__":
    main()
