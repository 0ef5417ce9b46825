"""One kept HTTP connection, and what one answer took."""
import http.client
import json
import socket
import time


class Connection:
    def __init__(self, address, port, timeout=600):
        self.line = http.client.HTTPConnection(address, port, timeout=timeout)
        self.line.connect()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.line.close()

    def ask(self, method, path, body=None, headers=None):
        """(status, body, seconds from the first byte sent to the last received)."""
        began = time.perf_counter()
        self.line.request(method, path, body, headers or {})
        answer = self.line.getresponse()
        content = answer.read()
        return answer.status, content, time.perf_counter() - began

    def json(self, method, path, body=None, headers=None):
        status, content, took = self.ask(method, path, body, headers)
        if status not in (200, 202):
            raise RuntimeError(f"{method} {path}: {status} {content[:300]!r}")
        return json.loads(content), took


def answers(address, port, path):
    """Whether a server says 200 there."""
    try:
        with Connection(address, port, 1) as line:
            return line.ask("GET", path)[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def accepts(address, port):
    """Whether a server takes connections there."""
    try:
        with socket.create_connection((address, port), 1):
            return True
    except OSError:
        return False
