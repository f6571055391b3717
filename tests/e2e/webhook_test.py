"""Webhooks for real: a receiver that checks each signature with the standardwebhooks package of npm, and fails at will."""

import base64
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import unittest

from support import Node, png, until

SECRETS = ["whsec_" + base64.b64encode(bytes(range(n, n + 32))).decode() for n in (0, 100)]
PEERS = pathlib.Path(os.environ.get("DIP_PREFIX", "/usr/local/lib/dip")) / "peers"

VERIFY = """
const { Webhook } = require("standardwebhooks");
const { secret, calls } = JSON.parse(require("fs").readFileSync(0, "utf8"));
for (const { body, headers } of calls) new Webhook(secret).verify(body, headers);
console.log(calls.length);
"""


class Receiver:
    """Keeps what comes; `answers` are (status, headers) for the first calls, then it answers 204 to all."""

    def __init__(self, answers=()):
        receiver = self
        self.calls, self.answers, self.lock = [], list(answers), threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                with receiver.lock:
                    receiver.calls.append({"body": body, "path": self.path,
                                           "headers": {k.lower(): v for k, v in self.headers.items()}})
                    status, headers = receiver.answers.pop(0) if receiver.answers else (204, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def verify(self, secret):
        """How many of the calls the reference implementation finds well signed; it throws at the first that is not."""
        run = subprocess.run(["node", "-e", VERIFY], input=json.dumps({"secret": secret, "calls": self.calls}),
                             capture_output=True, text=True, cwd=PEERS)
        if run.returncode != 0:
            raise AssertionError(run.stderr)
        return int(run.stdout)


class Webhooks(unittest.TestCase):
    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="dip-e2e-webhook-"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.secret = self.home / "secret"
        self.secret.write_text(SECRETS[0] + "\n")

    def serve(self, settings='allow = ["127.0.0.0/8"]', secret=True):
        security = f'[security]\nwebhook_secret_file = "{self.secret}"\n' if secret else ""
        node = Node(f'[webhooks]\n{settings}\n{security}[smtp]\nretry_first = "100ms"\nretry_max = "200ms"\n'
                    'retry_for = "1h"\n')
        self.addCleanup(node.clean_up)
        return node.start()

    def receive(self, answers=()):
        receiver = Receiver(answers)
        self.addCleanup(receiver.stop)
        return receiver

    def submit(self, node, url, **request):
        file = node.client.upload(png(50, 50), "cat.png").json()
        answer = node.client.submit({"file": file["key"], "notify": {"webhook": url}, **request})
        self.assertEqual(answer.status, 202, answer)
        return answer.json()["id"]

    def state(self, node, request_id, wanted):
        def there():
            record = node.client.get(f"/requests/{request_id}").json()
            return record["notification"]["webhook"] == wanted and record

        return until(f"the webhook is {wanted}\n{node.tail()}", there)

    def test_a_result_is_told_and_well_signed(self):
        node, receiver = self.serve(), self.receive()
        request_id = self.submit(node, receiver.url, metadata={"order": 1.10})
        record = self.state(node, request_id, "sent")
        self.assertEqual(len(receiver.calls), 1)
        call = receiver.calls[0]
        self.assertEqual(receiver.verify(SECRETS[0]), 1)
        with self.assertRaises(AssertionError):
            receiver.verify(SECRETS[1])
        self.assertEqual(call["headers"]["webhook-id"], f"{request_id}.1")
        self.assertEqual(call["headers"]["content-type"], "application/json")
        event = json.loads(call["body"])
        self.assertEqual((event["type"], event["data"]["id"]), ("request.processed", request_id))
        self.assertEqual(event["timestamp"], record["timeline"][-1]["at"])
        self.assertEqual(event["data"]["outputs"], record["outputs"])
        self.assertEqual(event["data"]["metadata"], {"order": 1.10})
        self.assertEqual(record["notification"]["email"], "none")
        self.assertEqual(node.stop(), 0, node.tail())

    def test_a_failure_is_told_too(self):
        node, receiver = self.serve(), self.receive()
        # Its header is good, its pixels are not there.
        whole = png(400, 400)
        file = node.client.upload(whole[:200] + b"\0" * 200 + whole[400:], "bad.png")
        self.assertEqual(file.status, 201, file)
        answer = node.client.submit({"file": file.json()["key"], "notify": {"webhook": receiver.url}})
        self.state(node, answer.json()["id"], "sent")
        event = json.loads(receiver.calls[0]["body"])
        self.assertEqual((event["type"], event["data"]["error"]["code"]), ("request.failed", "invalid_image"))

    def test_failures_are_tried_again_and_the_id_stays(self):
        node = self.serve()
        receiver = self.receive([(500, {}), (404, {}), (302, {"Location": "http://127.0.0.1:1/"}),
                                 (429, {"Retry-After": "1"})])
        request_id = self.submit(node, receiver.url)
        self.state(node, request_id, "sent")
        self.assertEqual(len(receiver.calls), 5)
        self.assertEqual({c["headers"]["webhook-id"] for c in receiver.calls}, {f"{request_id}.1"})
        self.assertEqual(receiver.verify(SECRETS[0]), 5)

    def test_gone_is_final(self):
        node, receiver = self.serve(), self.receive([(410, {})])
        record = self.state(node, self.submit(node, receiver.url), "failed")
        self.assertIn("410", record["notification"]["webhook_detail"])
        self.assertEqual((len(receiver.calls), record["status"]), (1, "processed"))

    def test_what_waits_survives_kill_9_between_attempts(self):
        node, receiver = self.serve(), self.receive([(503, {})] * 3)
        request_id = self.submit(node, receiver.url)
        until("it was tried in vain", lambda: len(receiver.calls) >= 2)
        node.kill()
        node.start()
        self.state(node, request_id, "sent")
        self.assertEqual({c["headers"]["webhook-id"] for c in receiver.calls}, {f"{request_id}.1"})
        self.assertEqual(receiver.verify(SECRETS[0]), len(receiver.calls))

    def test_resend_is_the_same_message_again(self):
        node, receiver = self.serve(), self.receive([(410, {})])
        request_id = self.submit(node, receiver.url)
        self.state(node, request_id, "failed")
        answer = node.client.call("POST", f"/requests/{request_id}/resend", b"")
        self.assertEqual((answer.status, answer.json()["notification"]["webhook"]), (202, "pending"))
        self.state(node, request_id, "sent")
        self.assertEqual([c["headers"]["webhook-id"] for c in receiver.calls], [f"{request_id}.1"] * 2)

    def test_both_secrets_sign_while_one_replaces_the_other(self):
        node, receiver = self.serve(), self.receive()
        self.secret.write_text(f"{SECRETS[1]}\n{SECRETS[0]}\n")
        node.process.send_signal(1)  # SIGHUP
        until("the secrets were read again", lambda: "reloaded" in node.tail())
        self.state(node, self.submit(node, receiver.url), "sent")
        self.assertEqual([receiver.verify(s) for s in SECRETS], [1, 1])

    def test_no_address_but_public_ones_unless_allowed(self):
        node, receiver = self.serve(settings=""), self.receive()
        file = node.client.upload(png(50, 50), "cat.png").json()
        for url in (receiver.url, "http://10.1.2.3/", "http://[::1]/", "http://0x7f.1/", "http://[::ffff:127.0.0.1]/",
                    "http://169.254.169.254/latest/", "ftp://example.org/", "http://user:password@example.org/",
                    "http://example.org:0/", "nonsense"):
            answer = node.client.submit({"file": file["key"], "notify": {"webhook": url}})
            self.assertEqual((answer.status, answer.code), (422, "invalid_operation"), (url, answer))
            self.assertEqual(answer.json()["pointer"], "/notify/webhook")
        # A name is judged by what it resolves to, when it is called.
        record = self.state(node, self.submit(node, receiver.url.replace("127.0.0.1", "localhost")), "failed")
        self.assertIn("may not be called", record["notification"]["webhook_detail"])
        self.assertEqual(receiver.calls, [])

    def test_without_a_secret_no_webhook_is_taken(self):
        node = self.serve(secret=False)
        file = node.client.upload(png(50, 50), "cat.png").json()
        answer = node.client.submit({"file": file["key"], "notify": {"webhook": "https://example.org/"}})
        self.assertEqual((answer.status, answer.code), (422, "invalid_operation"))
        self.assertIn("webhook_secret_file", answer.json()["detail"])

    def test_a_bad_secret_is_an_error_at_the_start(self):
        self.secret.write_text("# mine\nwhsec_short\n")
        node = Node(f'[security]\nwebhook_secret_file = "{self.secret}"\n')
        self.addCleanup(node.clean_up)
        node.start(wait=False)
        self.assertEqual(node.process.wait(60), 1)
        node.process = None
        self.assertIn("line 2", node.tail())


if __name__ == "__main__":
    unittest.main()
