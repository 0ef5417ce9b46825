"""A signal ends the service in order: nothing new, a moment for what is in flight, exit 0."""
import http.client
import json
import signal
import socket

from harness import SLOW, NetTest, Service, curl, main, until


class Shutdown(NetTest):
    def start(self, **more):
        return self.enterContext(Service(self.net, **more))

    def test_an_idle_service_ends_at_once(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            self.assertLess(self.start(drain_s=10).stop(number), 2 * SLOW)

    def test_stalled_fetches_get_the_drain_time_and_no_more(self):
        # [api 5.34]
        service = self.start(drain_s=1)
        service.submit([self.raw(f"stall/drained/{n}", f"h{n}.test") for n in range(50)], timeout_ms=600000)
        self.assertTrue(until(lambda: self.open_at("/raw/stall/drained") == 50))
        took = service.stop()
        self.assertGreater(took, 0.9)
        self.assertTrue(until(lambda: self.open_at("/raw/stall/drained") == 0, 5))

    def test_a_fetch_that_ends_in_time_lets_it_end_early(self):
        service = self.start(drain_s=10)
        service.submit([self.raw("slow/early?s=0.7")])
        self.assertTrue(until(lambda: self.open_at("/raw/slow/early") == 1))
        self.assertLess(service.stop(), 0.7 + 2 * SLOW)
        self.assertEqual(self.seen("/raw/slow/early")["requests"], {"/raw/slow/early": 1})

    def test_what_is_queued_ends_as_shutdown_at_once(self):
        # [api 4.29, 5.34]
        service = self.start(drain_s=20, log_level="info")
        urls = [self.raw(f"stall/kept/{n}", "h1.test") for n in range(1000)]
        task = service.submit(urls, host_concurrency=1, timeout_ms=600000)
        self.assertTrue(until(lambda: self.open_at("/raw/stall/kept") == 1))
        kept = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)  # Not a new connection later.
        kept.connect()
        service.process.send_signal(signal.SIGTERM)
        def ended():
            kept.request("GET", f"/tasks/{task}?view=summary")
            return json.loads(kept.getresponse().read())["by_code"].get("shutdown", 0)
        # What was in flight may still run; of the rest nothing is ever sent.
        self.assertTrue(until(lambda: ended() == 999, 2))
        kept.close()
        service.stop()
        self.assertEqual(sum(self.seen("/raw/stall/kept")["requests"].values()), 1)
        self.assertIn(task, service.said())

    def test_a_second_signal_ends_the_drain(self):
        service = self.start(drain_s=60)
        task = service.submit([self.raw("stall/hurried")], timeout_ms=600000)
        self.assertTrue(until(lambda: self.open_at("/raw/stall/hurried") == 1))
        reader = self.enterContext(socket.create_connection(("127.0.0.1", service.port), 20 * SLOW))
        reader.sendall(f"GET /tasks/{task}/results?follow=1&format=ndjson HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        self.assertIn(b"200", reader.recv(15))
        service.process.send_signal(signal.SIGTERM)
        self.assertTrue(until(lambda: self.refuses(service), 2))
        self.assertLess(service.stop(signal.SIGINT), 2 * SLOW)
        told = b"".join(iter(lambda: reader.recv(65536), b""))
        self.assertIn(b'"shutdown"', told)  # It still ends in order.
        self.assertTrue(told.endswith(b"0\r\n\r\n"))

    def refuses(self, service):
        try:
            socket.create_connection(("127.0.0.1", service.port), 1).close()
            return False
        except OSError:
            return True

    def test_no_connection_is_accepted_while_it_drains(self):
        service = self.start(drain_s=2)
        service.submit([self.raw("stall/closed")], timeout_ms=600000)
        self.assertTrue(until(lambda: self.open_at("/raw/stall/closed") == 1))
        service.process.send_signal(signal.SIGTERM)
        self.assertTrue(until(lambda: self.refuses(service), 1))
        self.assertIsNone(service.process.poll(), "it ended before its fetch did")
        service.stop()

    def test_a_large_task_and_its_readers_do_not_hold_it_up(self):
        service = self.start(drain_s=1)
        service.submit([self.http(f"/page/{n}", n % 500) for n in range(50000)])
        body = json.dumps({"urls": [self.raw("stall/never")]})
        slow = socket.create_connection(("127.0.0.1", service.port), 5)  # A client in the middle of its body.
        slow.sendall(b"POST /submit HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n" + body.encode())
        with slow:
            service.stop()

    def test_a_port_can_be_used_again_at_once(self):
        service = self.start()
        curl("GET", f"{service.server}/healthz")
        service.stop()
        with socket.socket() as again:
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            again.bind(("127.0.0.1", service.port))


if __name__ == "__main__":
    main()
