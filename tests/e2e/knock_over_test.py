"""What would knock a server over: idle and slow connections, endless input, shapes that two readers read differently,
bodies that stall or break off. Each ends in a clear status or a closed connection, beside them a normal client is served,
and nothing stays: no descriptor, no thread, no file, no memory beyond a bound. DIP_KNOCK=8000 is the long form."""

import contextlib
import os
import pathlib
import resource
import socket
import threading
import time
import unittest
import zlib

from support import NodeTest, png, until

IDLE = int(os.environ.get("DIP_KNOCK", "1000"))
SLOW = IDLE // 4
STREAMS = max(100, IDLE // 16)
MIB = 1024 * 1024
# Under AddressSanitizer freed memory is kept for a while; 256 MiB of that by default.
SLACK = 64 * MIB + (256 * MIB if "asan" in os.environ.get("DIP_PROGRAM", "") else 0)

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class KnockOver(NodeTest):
    settings = "[limits]\nupload = 1048576\n"

    def setUp(self):
        self.assertEqual(self.client.get("/healthz").status, 200)
        until("nothing is left of the test before", lambda: self.descriptors() < 200)
        self.before = self.memory(), self.descriptors(), self.node.files()

    def tearDown(self):
        memory, descriptors, _ = self.before
        until("the descriptors are given back", lambda: self.descriptors() <= descriptors + 8)
        self.assertLess(self.memory() - memory, SLACK, "memory was kept")
        self.assertLess(len(os.listdir(f"/proc/{self.node.process.pid}/task")), 400)

    def memory(self):
        text = pathlib.Path(f"/proc/{self.node.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS")) * 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.node.process.pid}/fd"))

    def connect(self, timeout=60.0):
        s = socket.create_connection(("127.0.0.1", self.node.port), timeout=timeout)
        self.addCleanup(s.close)
        return s

    def answer(self, s):
        """Status of what comes, and whether the connection was closed after it."""
        got = b""
        with contextlib.suppress(ConnectionError):
            while piece := s.recv(65536):
                got += piece
        return (int(got.split()[1]) if got.startswith(b"HTTP/1.1 ") else None), got

    def main_job(self):
        started = time.monotonic()
        file = self.upload(png(60, 40))
        self.processed({"file": file["key"], "outputs": [{"name": "a", "format": "webp"}]})
        return time.monotonic() - started

    def test_idle_and_slow_connections_beside_a_normal_client(self):
        alone = self.main_job()
        idle = []
        while len(idle) < IDLE:
            # No more at once than one client may have waiting: the others would be told to come again.
            some = [self.connect() for _ in range(min(250, IDLE - len(idle)))]
            for s in some:
                s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            for s in some:
                self.assertIn(b"HTTP/1.1 200", s.recv(4096))
            idle += some
        slow = [self.connect() for _ in range(SLOW)]
        for s in slow:
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ")
        beside = self.main_job()
        print(f"  main job alone {alone * 1000:.0f} ms, beside {IDLE} idle and {SLOW} slow {beside * 1000:.0f} ms,"
              f" memory +{(self.memory() - self.before[0]) / MIB:.0f} MiB")
        # Dripping does not help: the deadline is of the head, not of a read.
        end = time.monotonic() + 60
        waiting = set(slow)
        while waiting and time.monotonic() < end:
            for s in list(waiting):
                s.setblocking(False)
                try:
                    if b"HTTP/1.1 408" in s.recv(4096):
                        waiting.discard(s)
                except BlockingIOError:
                    with contextlib.suppress(OSError):
                        s.send(b"x")
                except ConnectionError:
                    waiting.discard(s)
            threading.Event().wait(0.2)
        self.assertFalse(waiting, "some slow connections were kept")
        idle[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertTrue(idle[0].recv(4096).startswith(b"HTTP/1.1 200"), "an idle connection was lost")
        for s in idle + slow:
            s.close()

    def test_many_event_streams_of_one_request(self):
        file = self.upload(png(1000, 700))
        request = self.accepted({"file": file["key"], "operations": [{"op": "blur", "sigma": 8}],
                                 "outputs": [{"name": "a", "format": "webp"}]})
        streams = [self.connect(120) for _ in range(STREAMS)]
        for s in streams:
            s.sendall(f"GET /requests/{request['id']}/events HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        for s in streams:
            status, text = self.answer(s)
            self.assertEqual(status, 200)
            self.assertIn(b'"status":"accepted"', text)
            self.assertIn(b'"status":"processed"', text)
            s.close()

    def test_streams_whose_clients_leave(self):
        file = self.upload(png(30, 20))
        request = self.accepted({"file": file["key"]})
        self.client.finished(request["id"])
        for _ in range(50):
            s = self.connect()
            s.sendall(f"GET /requests/{request['id']}/events HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            s.close()

    def flood(self, begin, piece, times):
        s = self.connect()
        with contextlib.suppress(ConnectionError):
            s.sendall(begin)
            for _ in range(times):
                s.sendall(piece)
        status, _ = self.answer(s)
        return status

    def test_endless_input(self):
        line = b"x" * 65536
        self.assertIn(self.flood(b"GET /", line, 400), (431, None))
        self.assertIn(self.flood(b"GET / HTTP/1.1\r\nHost: x\r\n", b"A: b\r\n" * 10000, 100), (431, None))
        self.assertIn(self.flood(b"GET / HTTP/1.1\r\nHost: x\r\nA: ", line, 400), (431, None))
        chunk = b"10000\r\n" + line + b"\r\n"
        head = b"POST /files HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        self.assertIn(self.flood(head, chunk, 400), (413, 415, None))
        self.assertIn(self.flood(head + b"1;" + line, line, 100), (400, None))
        self.assertIn(self.flood(head + b"0\r\n", b"A: b\r\n" * 10000, 10), (400, 422, None))

    def test_a_gzip_bomb(self):
        bomb = zlib.compress(bytes(30 * MIB), 9)
        for path in ("/process-file", "/files"):
            answer = self.client.call("POST", path, bomb,
                                      {"Content-Encoding": "gzip", "Content-Type": "application/json"})
            self.assertIn(answer.status, (400, 413, 415, 422), answer)

    def test_very_many_ranges(self):
        file = self.upload(png(20, 20, total=MIB))
        ranges = "bytes=" + ",".join(f"{i}-" for i in range(1500))
        answer = self.client.get(file["url"], Range=ranges)
        self.assertEqual((answer.status, len(answer.body)), (200, MIB))

    def test_shapes_that_two_readers_read_differently(self):
        inner = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
        shapes = [
            b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n",
            b"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n",
            b"Content-Length: 6\r\nContent-Length: 5\r\n",
            b"Content-Length: 6\r\nContent-Length: 6\r\n",
            b"Content-Length: 6, 6\r\n",
            b"Content-Length: +6\r\n",
            b"Content-Length : 6\r\n",
            b"Content-Length: 0x6\r\n",
            b"Transfer-Encoding: xchunked\r\n",
            b"Transfer-Encoding: chunked, identity\r\n",
            b"Transfer-Encoding : chunked\r\n",
            b"Transfer-Encoding:\x0bchunked\r\n",
            b"X: a\r\n Transfer-Encoding: chunked\r\n",
            b"X: a\rTransfer-Encoding: chunked\r\n",
            b"X: a\nTransfer-Encoding: chunked\r\n",
            b"X: \0\r\n",
            b"Host: y\r\n",
            b": a\r\n",
        ]
        for shape in shapes:
            with self.subTest(shape=shape):
                s = self.connect()
                s.sendall(b"POST /process-file HTTP/1.1\r\nHost: x\r\n" + shape + b"\r\n0\r\n\r\n" + inner)
                status, text = self.answer(s)
                self.assertEqual(status, 400, text)
                self.assertEqual(text.count(b"HTTP/1.1 "), 1, "what followed was taken as a request")
        for first in (b"GET / HTTP/1.1\r\n\r\n", b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1 \r\nHost: x\r\n\r\n",
                      b"GET /\tx HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\0\x01", b"GET / HTTP/1.1\nHost: x\n\n"):
            s = self.connect()
            s.sendall(first)
            self.assertEqual(self.answer(s)[0], 400, first)

    def test_requests_sent_ahead(self):
        s = self.connect()
        s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 199
                  + b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        self.assertEqual(self.answer(s)[1].count(b"HTTP/1.1 200"), 200)

    def test_uploads_that_break_off(self):
        data = png(20, 20, total=MIB)
        for i in range(60):
            s = self.connect()
            if i % 2:
                s.sendall(b"POST /files HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(data) + data[: 1000 + 9000 * i])
            else:
                s.sendall(b"POST /files HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n80000\r\n" + data[: 9000 * i])
            s.close()
        until("nothing of them is left", lambda: self.node.files() == self.before[2])

    def test_stalled_uploads_keep_no_small_request_waiting(self):
        stalled = []
        for i in range(64):
            s = self.connect()
            length = 100 if i % 2 else 1000000
            s.sendall(b"POST /files HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\nhalf" % length)
            stalled.append(s)
        self.main_job()
        self.assertEqual(self.client.get("/healthz").status, 200)
        for s in stalled:
            self.assertIn(self.answer(s)[0], (408, 415))


if __name__ == "__main__":
    unittest.main()
