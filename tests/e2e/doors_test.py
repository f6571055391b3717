"""HTTPS with a certificate that is renewed, the access log, and the listener that no overload hides."""

import contextlib
import json
import pathlib
import signal
import socket
import ssl
import subprocess
import tempfile
import unittest
import warnings

from support import Client, Node, free_port, png, until


def certificate(folder, name):
    """A self-signed certificate in folder/cert.pem and folder/key.pem; its serial number."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem", "-days", "2", "-subj", f"/CN={name}",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
    out = subprocess.run(["openssl", "x509", "-in", f"{folder}/cert.pem", "-noout", "-serial"], check=True,
                         capture_output=True, text=True).stdout
    return out.strip().split("=")[1].lstrip("0")


class Tls(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="dip-tls-")
        self.addCleanup(self.folder.cleanup)
        self.serial = certificate(self.folder.name, "first")
        self.health = free_port()
        self.log = pathlib.Path(self.folder.name, "access.log")
        self.node = Node(f'[security]\ntls_cert = "{self.folder.name}/cert.pem"\ntls_key = "{self.folder.name}/key.pem"\n',
                         ["--health-port", self.health, "--access-log", self.log])
        self.addCleanup(self.node.clean_up)
        self.node.start(wait=False)
        until("the node is ready", self.ready)

    def ready(self):
        with contextlib.suppress(OSError):
            return Client(self.health).get("/readyz").status == 200

    def connect(self, **how):
        warnings.simplefilter("ignore", DeprecationWarning)  # of asking for TLS 1.1
        context = ssl.create_default_context(cafile=f"{self.folder.name}/cert.pem")
        for name, value in how.items():
            setattr(context, name, value)
        s = context.wrap_socket(socket.create_connection(("127.0.0.1", self.node.port), timeout=60),
                                server_hostname="localhost")
        self.addCleanup(s.close)
        return s

    def ask(self, s, text, body=b""):
        s.sendall(text.encode() + body)
        got = b""
        while b"\r\n\r\n" not in got:
            piece = s.recv(65536)
            self.assertTrue(piece, "closed without an answer")
            got += piece
        head, _, rest = got.partition(b"\r\n\r\n")
        length = next((int(line.split(b": ")[1]) for line in head.split(b"\r\n")
                       if line.lower().startswith(b"content-length")), 0)
        while len(rest) < length:
            rest += s.recv(65536)
        return int(head.split()[1]), rest

    def get(self, s, path):
        return self.ask(s, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")

    def test_the_main_job_over_one_connection(self):
        s = self.connect()
        data = png(20, 20, total=3_000_000)
        status, body = self.ask(s, f"POST /files HTTP/1.1\r\nHost: x\r\nContent-Length: {len(data)}\r\n\r\n", data)
        self.assertEqual(status, 201, body)
        url = json.loads(body)["url"]
        self.assertTrue(url.startswith("https://"), url)
        self.assertEqual(self.get(s, "/" + url.split("/", 3)[3]), (200, data))
        request = json.dumps({"file": url, "outputs": [{"name": "a", "format": "webp"}]}).encode()
        status, body = self.ask(s, f"POST /process-file HTTP/1.1\r\nHost: x\r\nContent-Length: {len(request)}\r\n\r\n",
                                request)
        self.assertEqual(status, 202, body)
        request_id = json.loads(body)["id"]
        record = json.loads(self.get(s, f"/requests/{request_id}?wait=60s")[1])
        self.assertEqual(record["status"], "processed", record)
        s.sendall(f"GET /requests/{request_id}/events HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        events = b""
        while piece := s.recv(65536):
            events += piece
        self.assertIn(b'"status":"processed"', events)

    def test_requests_sent_ahead_in_one_record(self):
        s = self.connect()
        s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 19 + b"GET /healthz HTTP/1.0\r\n\r\n")
        got = b""
        while piece := s.recv(65536):
            got += piece
        self.assertEqual(got.count(b"HTTP/1.1 200"), 20)

    def test_old_versions_and_plain_text_are_turned_away(self):
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.connect(minimum_version=ssl.TLSVersion.MINIMUM_SUPPORTED, maximum_version=ssl.TLSVersion.TLSv1_1)
        self.assertEqual(self.connect(maximum_version=ssl.TLSVersion.TLSv1_2).version(), "TLSv1.2")
        self.assertEqual(self.connect().version(), "TLSv1.3")
        with socket.create_connection(("127.0.0.1", self.node.port), timeout=60) as s:
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            with contextlib.suppress(ConnectionError):
                while piece := s.recv(4096):
                    self.assertNotIn(b"HTTP/1.1 200", piece)

    def test_half_open_handshakes_stop_nobody(self):
        half = []
        for _ in range(200):
            s = socket.create_connection(("127.0.0.1", self.node.port), timeout=60)
            s.sendall(b"\x16\x03\x01\x02\x00\x01")
            self.addCleanup(s.close)
            half.append(s)
        self.assertEqual(self.get(self.connect(), "/healthz")[0], 200)
        for s in half:
            with contextlib.suppress(ConnectionError):
                while s.recv(4096):  # fails with a timeout where it is not closed
                    pass

    def test_the_certificate_is_renewed_without_a_restart(self):
        old = self.connect()
        self.assertEqual(old.getpeercert()["serialNumber"].lstrip("0"), self.serial)
        serial = certificate(self.folder.name, "second")
        self.node.process.send_signal(signal.SIGHUP)

        def renewed():
            try:
                return self.connect().getpeercert()["serialNumber"].lstrip("0") == serial
            except ssl.SSLError:
                return False  # still the first, which is no longer the one that is trusted

        until("the new certificate is shown", renewed)
        self.assertEqual(self.get(old, "/healthz")[0], 200, "an open connection was lost")
        pathlib.Path(self.folder.name, "key.pem").write_text("nonsense")
        self.node.process.send_signal(signal.SIGHUP)
        until("the failure is told", lambda: "not reloaded" in self.node.tail())
        self.assertEqual(self.get(self.connect(), "/healthz")[0], 200, "a bad key stopped the node")

    def test_each_request_is_a_line_of_json_also_after_a_rotation(self):
        s = self.connect()
        self.ask(s, "GET /files?bucket=none HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\n\r\n")
        lines = until("the line is there", lambda: [line for line in self.log.read_text().splitlines() if "mine" in line])
        line = json.loads(lines[0])
        self.assertEqual({k: line[k] for k in ("request_id", "method", "path", "status", "peer", "complete")},
                         {"request_id": "mine", "method": "GET", "path": "/files", "status": 400, "peer": "127.0.0.1",
                          "complete": True})
        self.log.rename(self.log.with_suffix(".1"))
        self.node.process.send_signal(signal.SIGHUP)
        until("the log is opened anew", self.log.exists)

        def is_in_the_new_file():  # a line that was on its way may still be in the old one
            self.get(s, "/healthz")
            return "/healthz" in self.log.read_text()

        until("the next line is in the new file", is_in_the_new_file)

    def test_the_own_listener_has_health_and_metrics_and_nothing_else(self):
        client = Client(self.health)
        self.assertEqual(client.get("/healthz").status, 200)
        self.assertIn(b"dip_http_connections", client.get("/metrics").body)
        self.assertEqual(client.get("/files").status, 404)


if __name__ == "__main__":
    unittest.main()
