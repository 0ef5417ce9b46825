#!/usr/bin/env python3
"""Shows tasks as they run, as a dashboard would: one line for each, drawn anew until all have ended.

usage: examples/poller.py [--server URL] [--every SECONDS] [TASK_ID ...]

Without a TASK_ID: all tasks that are running now. On a terminal the lines are redrawn in place; elsewhere a line is
printed when it has news, every few seconds. Ends with 0 if all of the tasks are done, 2 if one was cut short, 1 if
the service could not be asked.
"""
import argparse
import http.client
import json
import sys
import time
from urllib.parse import quote, urlsplit

NEWS_SECONDS = 2.0  # Between two lines about one task where lines stay.
BAR_WIDTH = 24


class Service:
    """One kept connection: a poller should not cost the service a connection each time."""

    def __init__(self, url):
        parts = urlsplit(url)
        connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self.connection = connect(parts.hostname, parts.port, timeout=10)

    def get(self, path):
        """The JSON answer, or None for a task that is gone."""
        self.connection.request("GET", path, headers={"Accept": "application/json"})
        response = self.connection.getresponse()
        body = response.read()
        if response.status in (404, 410):
            return None
        if response.status != 200:
            raise OSError(f"GET {path}: {response.status} {body[:200].decode(errors='replace')}")
        return json.loads(body)

    def summary(self, task):
        # The summary leaves the records out, so it costs the same for one URL and ten million.
        return self.get(f"/tasks/{quote(task, safe='')}?view=summary")

    def running(self):
        return list(self.get("/tasks?view=summary&status=running&limit=20"))


def line(task, summary):
    if summary is None:
        return f"{task[:8]}  gone"
    done, total = summary["done"], summary["total"]
    share = done / total if total else 1.0
    bar = "#" * int(share * BAR_WIDTH)
    text = (f"{task[:8]}  [{bar:.<{BAR_WIDTH}}] {share:4.0%}  {done}/{total}  "
            f"{summary['ok']} ok  {summary['failed']} failed")
    if summary["status"] != "running":
        return f"{text}  {summary['status']}"
    if summary.get("rate_per_s"):
        text += f"  {summary['rate_per_s']:.0f}/s"
    if summary.get("eta_s") is not None:
        text += f"  {summary['eta_s']:.0f} s left"
    return text


class Screen:
    """Lines that are redrawn in place."""

    def __init__(self):
        self.drawn = 0

    def show(self, tasks):
        up = f"\x1b[{self.drawn}A" if self.drawn else ""
        sys.stdout.write(up + "".join(f"\r\x1b[2K{line(*task)}\n" for task in tasks.items()))
        sys.stdout.flush()
        self.drawn = len(tasks)


class Paper:
    """Lines that stay: so of each task only now and then one, and its last."""

    def __init__(self):
        self.printed = {}  # task -> (line, when)

    def show(self, tasks):
        now = time.monotonic()
        for task, summary in tasks.items():
            text = line(task, summary)
            before, when = self.printed.get(task, (None, -NEWS_SECONDS))
            if text != before and (not runs(summary) or now - when >= NEWS_SECONDS):
                print(text, flush=True)
                self.printed[task] = (text, now)


def runs(summary):
    return summary is not None and summary["status"] == "running"


def watch(service, tasks, every):
    """Until all have ended; returns their last summaries."""
    view = Screen() if sys.stdout.isatty() else Paper()
    summaries = {task: service.summary(task) for task in tasks}
    view.show(summaries)
    while any(map(runs, summaries.values())):
        time.sleep(every)
        for task in filter(lambda task: runs(summaries[task]), tasks):
            summaries[task] = service.summary(task)
        view.show(summaries)
    return summaries


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--server", default="http://127.0.0.1:7777", metavar="URL")
    parser.add_argument("--every", type=float, default=0.25, metavar="SECONDS")
    parser.add_argument("tasks", nargs="*", metavar="TASK_ID")
    arguments = parser.parse_args()
    try:
        service = Service(arguments.server)
        tasks = arguments.tasks or service.running()
        if not tasks:
            print("no task is running")
        ended = watch(service, tasks, arguments.every) if tasks else {}
    except (OSError, http.client.HTTPException, ValueError) as problem:
        sys.exit(f"poller: {arguments.server}: {problem}")
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(0 if all(summary and summary["status"] == "done" for summary in ended.values()) else 2)


if __name__ == "__main__":
    main()
