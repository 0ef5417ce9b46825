"""A server that reads a body and throws it away: the least that receiving it can take."""
import multiprocessing
import socket


def _serve(listener):
    block = memoryview(bytearray(1 << 16))
    while True:
        connection, _ = listener.accept()
        with connection:
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(1 << 16)
            head, _, rest = head.partition(b"\r\n\r\n")
            length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
            left = length - len(rest)
            while left > 0:
                left -= connection.recv_into(block)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")


class Sink:
    def __enter__(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        self.process = multiprocessing.get_context("fork").Process(target=_serve, args=(listener,), daemon=True)
        self.process.start()
        listener.close()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.join()
