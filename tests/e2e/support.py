"""What the end-to-end tests share: a node that is started, killed and stopped, a client, images made by hand.

Nothing here sleeps for a time that was guessed: `until` asks again until what is wanted is there or a deadline, far beyond
anything that a slow machine with a sanitizer needs, has passed.
"""

import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "tests" / "data" / "sample.jpg"
WATERMARK = ROOT / "tests" / "data" / "watermark.png"
DEADLINE = 120.0
FINAL = ("processed", "failed", "cancelled")


def program(variable="DIP_PROGRAM") -> str:
    """The `dip` under test; dip-codec lies beside it."""
    found = os.environ.get(variable)
    if not found:
        sys.exit(f"{variable} must name the dip to be tested (ctest sets it)")
    if not os.access(pathlib.Path(found).with_name("dip-codec"), os.X_OK):
        sys.exit(f"there is no dip-codec beside {found}")
    return found


def until(what, condition, deadline=DEADLINE, every=0.02):
    """Returns the first true value of `condition()`; fails with `what` when there is none until the deadline."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"gave up waiting: {what}")
        threading.Event().wait(every)


GIVEN = set()


def free_port() -> int:
    """Never the same twice: what is asked for later may be listened on first."""
    while True:
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        if port not in GIVEN:
            GIVEN.add(port)
            return port


# ── images ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width, height, *, total=None, seed=0, alpha=False, claim=None) -> bytes:
    """A PNG with a gradient. `total`: padded by an ancillary chunk to exactly so many bytes. `claim`: the size that
    the header says instead of the truth."""
    bands = 4 if alpha else 3
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        line = bytearray(width * bands)
        line[0::bands] = bytes((x + seed) & 0xFF for x in range(width))
        line[1::bands] = bytes([(y + seed) & 0xFF]) * width
        line[2::bands] = bytes([(seed * 37) & 0xFF]) * width
        if alpha:
            line[3::bands] = bytes([200]) * width
        rows += line
    said = claim or (width, height)
    head = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">IIBBBBB", *said, 8, 6 if alpha else 2, 0, 0, 0))
    tail = png_chunk(b"IDAT", zlib.compress(bytes(rows), 1)) + png_chunk(b"IEND", b"")
    pad = b""
    if total is not None:
        room = total - len(head) - len(tail) - 12
        assert room >= 2, "too small a total"
        pad = png_chunk(b"teXt", b"p\0" + b"x" * (room - 2))
    return head + pad + tail


def image_facts(data: bytes):
    """(format, width, height) from the bytes themselves: what a browser would see."""
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return ("png", *struct.unpack(">II", data[16:24]))
    if data[:2] == b"\xff\xd8":
        at = 2
        while at + 9 < len(data):
            if data[at] != 0xFF:
                raise AssertionError("a JPEG marker was expected")
            marker = data[at + 1]
            if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
                height, width = struct.unpack(">HH", data[at + 5 : at + 9])
                return ("jpeg", width, height)
            at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        kind = data[12:16]
        if kind == b"VP8 ":
            width, height = struct.unpack("<HH", data[26:30])
            return ("webp", width & 0x3FFF, height & 0x3FFF)
        if kind == b"VP8L":
            bits = struct.unpack("<I", data[21:25])[0]
            return ("webp", (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1)
        if kind == b"VP8X":
            return ("webp", int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1)
    raise AssertionError(f"not an image that the tests know: {data[:16]!r}")


def complete(data: bytes) -> bool:
    """Whether the file has its end, as far as its container tells."""
    if data[:2] == b"\xff\xd8":
        return data.rstrip(b"\0")[-2:] == b"\xff\xd9"
    if data[:4] == b"RIFF":
        return struct.unpack("<I", data[4:8])[0] + 8 == len(data)
    return data[-8:-4] == b"IEND"


# ── a client ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        kind = self.headers.get("Content-Type", "")
        if not kind.startswith("application/problem+json"):
            raise AssertionError(f"{self.status} is no problem+json but {kind}: {self.body[:200]!r}")
        problem = self.json()
        for field in ("type", "title", "status", "detail", "code"):
            if field not in problem:
                raise AssertionError(f"the problem lacks {field}: {problem}")
        if problem["status"] != self.status:
            raise AssertionError(f"{self.status} says of itself that it is {problem['status']}")
        return problem["code"]

    def __repr__(self):
        return f"<{self.status} {self.body[:400]!r}>"


def multipart(parts):
    """parts: (name, file name or None, content type or None, bytes). Returns (content type, body)."""
    line = "dip-" + hashlib.sha256(repr([p[0] for p in parts]).encode()).hexdigest()[:24]
    out = bytearray()
    for name, file_name, kind, data in parts:
        out += f'--{line}\r\nContent-Disposition: form-data; name="{name}"'.encode()
        if file_name is not None:
            out += f'; filename="{file_name}"'.encode()
        if kind:
            out += f"\r\nContent-Type: {kind}".encode()
        out += b"\r\n\r\n" + data + b"\r\n"
    out += f"--{line}--\r\n".encode()
    return f"multipart/form-data; boundary={line}", bytes(out)


class Client:
    """Talks to a node; a connection for each call, so that a killed node costs one call and no more."""

    def __init__(self, port, timeout=DEADLINE, host="127.0.0.1", headers=None):
        self.port, self.timeout, self.host, self.headers = port, timeout, host, headers or {}

    def call(self, method, path, body=None, headers=None, chunked=False) -> Answer:
        path = re.sub(r"^https?://[^/]+", "", path)
        connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
        try:
            connection.request(method, path, body=body, headers={**self.headers, **(headers or {})},
                               encode_chunked=chunked)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.call("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def upload(self, data, name=None, kind="application/octet-stream"):
        if name is None:
            return self.call("POST", "/files", data, {"Content-Type": kind})
        kind, body = multipart([("file", name, kind, data)])
        return self.call("POST", "/files", body, {"Content-Type": kind})

    def submit(self, request, **headers):
        body = request if isinstance(request, (bytes, str)) else json.dumps(request)
        sent = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self.call("POST", "/process-file", body, sent)

    def finished(self, request_id, deadline=DEADLINE):
        """The record once it is final."""

        def final():
            answer = self.get(f"/requests/{request_id}?wait=10s")
            if answer.status != 200:
                raise AssertionError(f"request {request_id}: {answer}")
            record = answer.json()
            return record if record["status"] in FINAL else None

        return until(f"request {request_id} is final", final, deadline)

    def raw(self, data: bytes) -> bytes:
        """Sends bytes as they are; all that comes back until the node closes or 5 s pass in silence."""
        with socket.create_connection((self.host, self.port), timeout=5) as s:
            got = b""
            with contextlib.suppress(OSError):
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                while piece := s.recv(65536):
                    got += piece
            return got


# ── a node ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def children_of(process):
    """Process ids of all that is below this process."""
    parents = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        with contextlib.suppress(OSError):
            text = pathlib.Path("/proc", entry, "stat").read_text()
            parents[int(entry)] = int(text.rpartition(")")[2].split()[1])
    below, grown = {process}, True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in below} - below
        below |= more
        grown = bool(more)
    return sorted(below - {process})


class Node:
    """A `dip serve` with a directory of its own. `settings` are lines of cluster.conf, after the node's own."""

    # Put before the program, to run it somewhere else.
    prefix = ()

    def __init__(self, settings="", arguments=()):
        self.arguments = [str(a) for a in arguments]
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="dip-e2e-"))
        self.data = self.home / "data"
        self.port = free_port()
        self.config = self.home / "cluster.conf"
        self.log = self.home / "node.log"
        self.process = None
        self.config.write_text(
            f'[[node]]\nname = "n1"\nhost = "127.0.0.1"\nhttp = {self.port}\ndata = "{self.data}"\n\n{settings}\n'
        )

    @property
    def client(self):
        return Client(self.port)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self, wait=True):
        assert self.process is None
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, program(), "serve", "--config", str(self.config), *self.arguments],
                stdout=log, stderr=log, cwd=self.home
            )
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"the node ended with {self.process.returncode} at its start:\n{self.tail()}")
            try:
                return self.client.get("/readyz").status == 200
            except OSError:
                return False
            except http.client.HTTPException:
                return False

        until("the node is ready", ready)

    def kill(self):
        """SIGKILL: the process has no time to say anything."""
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self, deadline=DEADLINE) -> int:
        """SIGTERM, as an operator stops it; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(deadline)
        self.process = None
        return status

    def children(self):
        """Process ids of the dip-codec processes below this node, the zygote among them."""
        return children_of(self.process.pid)

    def tail(self, lines=40):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    def files(self):
        """Every file of an object or of a message below the data directory; the state's own come and go."""
        if not self.data.exists():
            return []
        own = {"state", "lock", "ballast", "incarnation"}
        return sorted(
            str(p.relative_to(self.data))
            for p in self.data.rglob("*")
            if p.is_file() and p.relative_to(self.data).parts[0] not in own
        )

    def mails(self):
        outbox = self.data / "outbox"
        return sorted(outbox.glob("*.eml")) if outbox.exists() else []

    def clean_up(self):
        if self.process is not None:
            self.kill()
        shutil.rmtree(self.home, ignore_errors=True)


def refusal(test, node) -> str:
    """The one line in which a node that cannot start says why; it ends by itself, and not with 0."""
    node.start(wait=False)
    status = node.process.wait(60)
    node.process = None
    said = [line for line in node.log.read_text().splitlines() if line.strip()]
    test.assertGreater(status, 0, f"a refusal is an exit status, neither success nor a signal: {said}")
    test.assertEqual(len(said), 1, said)
    return said[0]


class NodeTest(unittest.TestCase):
    """A test with a node for all its methods; what the node said is printed when one of them fails."""

    settings = ""
    longMessage = True
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.node = Node(cls.settings)
        cls.addClassCleanup(cls.node.clean_up)
        cls.node.start()
        cls.client = cls.node.client

    @classmethod
    def tearDownClass(cls):
        # Each class ends by showing that its node still stops as it should, whatever was done to it.
        if cls.node.process is not None:
            status = cls.node.stop()
            if status != 0:
                raise AssertionError(f"the node ended with {status}:\n{cls.node.tail()}")

    def run(self, result=None):
        bad = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > bad:
            print(f"── the node's last lines\n{self.node.tail()}", file=sys.stderr)
        return result

    def upload(self, data, name="photo.png"):
        answer = self.client.upload(data, name)
        self.assertEqual(answer.status, 201, answer)
        return answer.json()

    def accepted(self, request, **headers):
        answer = self.client.submit(request, **headers)
        self.assertEqual(answer.status, 202, answer)
        return answer.json()

    def processed(self, request):
        record = self.client.finished(self.accepted(request)["id"])
        self.assertEqual(record["status"], "processed", record)
        return record

    def check_output(self, output):
        """Fetches an output and holds it against what the record says of it."""
        answer = self.client.get(output["url"])
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(len(answer.body), output["size"])
        self.assertEqual(image_facts(answer.body), (output["format"], output["width"], output["height"]))
        self.assertTrue(complete(answer.body), "the file has no end")
        return answer

    def refused(self, answer, status, code, pointer=None):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.code, code, answer)
        if pointer is not None:
            self.assertIn(f'"{pointer}"', json.dumps(answer.json()) + f'"{answer.json().get("pointer")}"', answer)
