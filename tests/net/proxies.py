"""HTTP proxies: the real tinyproxy, and scripted ones that note every request head and answer as a test wants.

    with Tinyproxy(folder) as proxy: proxy.address          # "127.0.0.1:PORT"
    with Scripted(tunnel) as proxy: proxy.heads             # ["CONNECT h0.test:443 HTTP/1.1\\r\\n...", ...]
"""
import asyncio
import os
import shutil
import socket
import threading
import time

from . import process
from .raw_server import PAGE, Connection, Counts, head

READY_S = 20


class Tinyproxy:
    """Ready when entered. It closes every connection after one request, and leaves names to the system."""

    def __init__(self, folder, credentials=None):
        self.folder = folder
        self.credentials = credentials

    def _configuration(self):
        yield from (f"Port {self.port}", "Listen 127.0.0.1", "Timeout 60", "MaxClients 100", "Allow 127.0.0.1", "LogLevel Critical",
                    f'LogFile "{self.log}"', 'ViaProxyName "tinyproxy"')
        if os.geteuid() == 0:
            yield from ("User root", "Group root")
        if self.credentials:
            yield "BasicAuth {} {}".format(*self.credentials)

    def __enter__(self):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.log = os.path.join(self.folder, f"tinyproxy-{self.port}.log")
        path = os.path.join(self.folder, f"tinyproxy-{self.port}.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write("\n".join(self._configuration()) + "\n")
        self.process = process.spawn([shutil.which("tinyproxy"), "-d", "-c", path], self.log)
        give_up = time.monotonic() + READY_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError("tinyproxy did not start")
            time.sleep(0.01)
        return self

    def _answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)


class Scripted:
    """`serve(connection, request)` is called with every request; when it returns true the connection goes on."""

    def __init__(self, serve):
        self.serve = serve
        self.heads = []
        self.counts = Counts()

    async def _serve(self, c):
        going_on = True
        while going_on:
            request = await c.request()
            self.heads.append(request.head.decode("latin-1"))
            going_on = await self.serve(c, request)

    async def _start(self):
        self.server = await self.loop.create_server(lambda: Connection(self.counts, self._serve), "127.0.0.1", 0)
        return self.server.sockets[0].getsockname()[1]

    def __enter__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._start(), self.loop).result(READY_S)
        self.address = f"127.0.0.1:{self.port}"
        return self

    def __exit__(self, *_):
        async def end_all():
            self.server.close()
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        asyncio.run_coroutine_threadsafe(end_all(), self.loop).result(READY_S)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


async def page(c, request):
    """A page of its own to whatever is asked."""
    await c.send(PAGE)
    return True


async def tunnel(c, request):
    """CONNECT to any name ends at 127.0.0.1, at the port that was asked for."""
    port = int(request.head.split(b" ")[1].rpartition(b":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def back():
        while octets := await reader.read(65536):
            await c.send(octets)
        c.transport.close()
    backward = asyncio.ensure_future(back())
    await c.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
    try:
        while True:
            writer.write(bytes(c.received))
            c.received.clear()
            await c._more()
    finally:
        backward.cancel()
        writer.close()


def answers(*pieces, then="fin"):
    """`pieces`, then fin, rst or hang: to CONNECT, and to everything else."""
    async def serve(c, request):
        await c.send(*pieces)
        if then == "hang":
            await c.stall()
        if then == "rst":
            c.reset()
    return serve


def refuses(status, *fields):
    return answers(head("Content-Length: 0", *fields, status=f"{status} No"))
