"""bench/clients/uv_pollers: clients that poll over kept connections."""
import json
import os
import subprocess

from .service import PROGRAMS


class Pollers:
    """Connected when entered; they poll from start() to stop()."""

    def __init__(self, port, clients, interval_ms):
        self.command = [os.path.join(PROGRAMS, "uv_pollers"), str(port), str(clients), str(interval_ms)]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError("uv_pollers could not connect")
        return self

    def __exit__(self, *_):
        self.process.stdin.close()  # At its end they leave.
        self.process.wait(30)
        self.process.stdout.close()

    def start(self, path):
        self.process.stdin.write(path + "\n")
        self.process.stdin.flush()

    def stop(self):
        """What they met; see the program."""
        self.process.stdin.close()
        return json.loads(self.process.stdout.readline())
