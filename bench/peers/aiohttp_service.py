#!/usr/bin/python3
"""A peer: the same service as Python's usual stack has it: aiohttp, uvloop, aiodns, each at its best.

    aiohttp_service.py --port N [--concurrency N] [--dns-server ADDR:PORT] [--ca-file FILE] [--timeout-s S]

POST /submit {"urls": [...]} -> {"task_id"}; GET /tasks; GET /tasks/{id}, with ?view=summary without its records, so that
polling does not become the load; DELETE /tasks/{id}. A fixed number of workers take URLs from one queue, which is
cheaper than a coroutine for every URL; one session keeps connections and DNS answers. One process, one core: that is
what Python gives.
"""
import argparse
import asyncio
import collections
import json
import resource
import ssl
import time
import uuid

import aiohttp
import uvloop
from aiohttp import web

_WORDS = ((aiohttp.ClientConnectorCertificateError, "SSL_ERROR"), (aiohttp.ClientSSLError, "SSL_ERROR"),
          (aiohttp.ClientConnectorError, "CONNECT_ERROR"), (aiohttp.InvalidURL, "INVALID_URL"), (asyncio.TimeoutError, "TIMEOUT"),
          (aiohttp.TooManyRedirects, "REDIRECT_ERROR"), (aiohttp.ClientError, "PROTOCOL_ERROR"), (ValueError, "INVALID_URL"))


class Task:
    def __init__(self, urls):
        self.id = str(uuid.uuid4())
        self.urls = urls
        self.result = {}
        self.done = self.ok = 0
        self.deleted = False

    def record(self, url, record):
        self.result[url] = record
        self.done += 1
        self.ok += not record["errors"]

    def summary(self):
        return {"status": "running" if self.done < len(self.urls) else "done", "total": len(self.urls), "done": self.done,
                "ok": self.ok, "failed": self.done - self.ok}


class Crawler:
    """The session, and the queue its workers take from."""

    def __init__(self, options):
        self.options = options
        self.queue = collections.deque()
        self.arrived = asyncio.Condition()
        self.workers = []

    async def start(self, _):
        context = ssl.create_default_context(cafile=self.options.ca_file)
        resolver = None
        if self.options.dns_server:
            host, _, port = self.options.dns_server.rpartition(":")
            resolver = aiohttp.AsyncResolver(nameservers=[host], udp_port=int(port), tcp_port=int(port), timeout=1, tries=4)
        connector = aiohttp.TCPConnector(limit=0, ttl_dns_cache=300, resolver=resolver or aiohttp.AsyncResolver(), ssl=context,
                                         keepalive_timeout=60)
        self.session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(),
                                             timeout=aiohttp.ClientTimeout(total=self.options.timeout_s))
        self.workers = [asyncio.create_task(self.work()) for _ in range(self.options.concurrency)]

    async def stop(self, _):
        for worker in self.workers:
            worker.cancel()
        await asyncio.gather(*self.workers, return_exceptions=True)
        await self.session.close()

    async def add(self, task):
        self.queue.extend((task, url) for url in task.urls)
        async with self.arrived:
            self.arrived.notify_all()

    async def work(self):
        while True:
            while self.queue:
                task, url = self.queue.popleft()
                if not task.deleted:
                    task.record(url, await self.fetch(url))
            async with self.arrived:
                await self.arrived.wait_for(lambda: self.queue)

    async def fetch(self, url):
        try:
            async with self.session.get(url) as response:
                body = await response.read()
                errors = {"http": response.status} if response.status >= 400 else {}
                return {"timestamp": int(time.time()), "errors": errors, "status_code": response.status,
                        "content_type": response.content_type, "content_length": len(body)}
        except Exception as error:  # Whatever it was, the task goes on, and its record says so.
            word = next((word for kind, word in _WORDS if isinstance(error, kind)), "INTERNAL_ERROR")
            return {"timestamp": int(time.time()), "errors": {"http": word, "detail": str(error)}}


class Api:
    def __init__(self, crawler):
        self.crawler = crawler
        self.tasks = {}

    def routes(self):
        return [web.post("/submit", self.submit), web.get("/tasks", self.list), web.get("/tasks/{id}", self.show),
                web.delete("/tasks/{id}", self.delete)]

    def find(self, request):
        task = self.tasks.get(request.match_info["id"])
        if task is None:
            raise web.HTTPNotFound()
        return task

    async def submit(self, request):
        try:
            urls = json.loads(await request.read())["urls"]
            if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
                raise ValueError
        except (ValueError, KeyError, TypeError):
            raise web.HTTPBadRequest() from None
        task = Task(urls)
        self.tasks[task.id] = task
        await self.crawler.add(task)
        return web.json_response({"task_id": task.id})

    async def list(self, _):
        return web.json_response({task.id: {**task.summary(), "result": task.result} for task in reversed(self.tasks.values())})

    async def show(self, request):
        task = self.find(request)
        summary = task.summary()
        return web.json_response(summary if request.query.get("view") == "summary" else {**summary, "result": task.result})

    async def delete(self, request):
        task = self.find(request)
        task.deleted = True
        del self.tasks[task.id]
        return web.Response(status=204)


async def make_application(options):
    crawler = Crawler(options)
    application = web.Application(client_max_size=1 << 30)
    application.add_routes(Api(crawler).routes())
    application.on_startup.append(crawler.start)
    application.on_cleanup.append(crawler.stop)
    return application


def main():
    parser = argparse.ArgumentParser(description="trawl's routes on aiohttp, uvloop and aiodns.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--concurrency", type=int, default=128, help="workers, and so connections")
    parser.add_argument("--dns-server")
    parser.add_argument("--ca-file")
    parser.add_argument("--timeout-s", type=float, default=20)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uvloop.install()
    web.run_app(make_application(options), host="127.0.0.1", port=options.port, access_log=None, print=None)


if __name__ == "__main__":
    main()
