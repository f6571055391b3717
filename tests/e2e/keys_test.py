"""API keys, the admin token and the limits that come with them, on a node as an operator would set it up."""

import json
import pathlib
import signal
import subprocess
import tempfile
import unittest

from support import Node, png, program, refusal, until


def new_key(name, *scopes, file):
    made = subprocess.run([program(), "key", name, *[a for s in scopes for a in ("--scope", s)], "--file", str(file)],
                          check=True, capture_output=True, text=True)
    return made.stdout.strip()


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


class Keys(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="dip-keys-")
        self.addCleanup(self.folder.cleanup)
        self.file = pathlib.Path(self.folder.name, "keys.toml")
        self.shop = new_key("shop", "upload", "process", file=self.file)
        self.node = Node(f'[security]\napi_keys_file = "{self.file}"\n')
        self.addCleanup(self.node.clean_up)
        self.node.start()
        self.client = self.node.client

    def call(self, method, path, key=None, body=None, **headers):
        return self.client.call(method, path, body, {**(bearer(key) if key else {}), **headers})

    def reload(self):
        said = self.node.log.read_text().count("reloaded")
        self.node.process.send_signal(signal.SIGHUP)
        until("the node has read its files again", lambda: self.node.log.read_text().count("reloaded") > said)

    def test_the_main_job_with_a_key_and_not_without(self):
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)
        self.assertNotIn(self.shop, self.file.read_text())
        refused = self.call("POST", "/files", body=png(20, 20))
        self.assertEqual((refused.status, refused.code), (401, "unauthorized"))
        self.assertEqual(refused.headers["WWW-Authenticate"], 'Bearer realm="dip"')
        self.assertEqual(self.node.files(), [])
        file = self.call("POST", "/files", self.shop, png(20, 20)).json()
        request = json.dumps({"file": file["key"]})
        self.assertEqual(self.call("POST", "/process-file", body=request, **{"Content-Type": "application/json"}).status, 401)
        made = self.call("POST", "/process-file", self.shop, request, **{"Content-Type": "application/json"}).json()
        record = self.client.finished(made["id"])
        self.assertEqual(record["status"], "processed")
        self.assertEqual(self.client.get(record["outputs"][0]["url"]).status, 200, "a public bucket")
        self.assertEqual(self.call("GET", "/requests", self.shop).code, "forbidden")
        self.assertNotIn(self.shop, self.node.log.read_text())

    def test_keys_come_and_go_without_a_restart_and_a_bad_file_changes_nothing(self):
        blog = new_key("blog", "read", file=self.file)
        self.assertEqual(self.call("GET", "/requests", blog).status, 401)
        self.reload()
        self.assertEqual(self.call("GET", "/requests", blog).status, 200)
        good = self.file.read_text()
        self.file.write_text(good + "[[key]]\nname = 1\n")
        self.node.process.send_signal(signal.SIGHUP)
        until("the node says what is wrong", lambda: "not reloaded: " + str(self.file) in self.node.log.read_text())
        self.assertEqual(self.call("GET", "/requests", blog).status, 200)
        self.file.write_text(good[:good.index("[[key]]\nname = \"blog\"")])
        self.reload()
        self.assertEqual(self.call("GET", "/requests", blog).status, 401)
        self.assertEqual(self.call("POST", "/files", self.shop, png(20, 20)).status, 201)

    def test_no_more_requests_at_work_than_a_key_may_have(self):
        self.file.write_text(self.file.read_text() + "requests = 2\n")
        self.reload()
        file = self.call("POST", "/files", self.shop, png(1200, 1200)).json()
        slow = {"file": file["key"], "operations": [{"op": "blur", "sigma": 90}] * 20}

        def submit(**more):
            return self.call("POST", "/process-file", self.shop, json.dumps({**slow, "metadata": more}),
                             **{"Content-Type": "application/json", "Idempotency-Key": f"k{more}"})

        first, second = submit(n=1), submit(n=2)
        self.assertEqual((first.status, second.status), (202, 202))
        third = submit(n=3)
        self.assertEqual((third.status, third.code), (429, "rate_limited"))
        self.assertTrue(third.headers["Retry-After"])
        self.assertEqual(submit(n=2).json()["id"], second.json()["id"], "a repeat is none more")
        self.node.kill()
        self.node.start()
        self.assertEqual(submit(n=3).status, 429, "the count is kept")
        self.assertEqual(self.call("DELETE", "/requests/" + first.json()["id"], self.shop).status, 204)
        self.assertEqual(submit(n=3).status, 202)

    def test_calls_are_counted(self):
        self.file.write_text(self.file.read_text() + "rate = 1\nburst = 3\n")
        self.reload()
        answers = [self.call("GET", "/requests/01ARYZ6S41TSV4RRFFQ69G5FAV", self.shop) for _ in range(30)]
        limited = [a for a in answers if a.status == 429]
        self.assertEqual({a.status for a in answers[:3]}, {404})
        self.assertTrue(limited)
        self.assertEqual((limited[0].code, limited[0].headers["Retry-After"]), ("rate_limited", "1"))
        self.assertEqual(self.call("GET", "/healthz", self.shop).status, 200)
        until("it may call again",
              lambda: self.call("GET", "/requests/01ARYZ6S41TSV4RRFFQ69G5FAV", self.shop).status == 404)


class Origins(unittest.TestCase):
    def test_only_configured_pages_may_call(self):
        node = Node('[security]\ncors_origins = ["https://app.example.org"]\n')
        self.addCleanup(node.clean_up)
        node.start()
        ours, others = {"Origin": "https://app.example.org"}, {"Origin": "https://evil.example"}
        asked = node.client.call("OPTIONS", "/process-file", headers={**ours, "Access-Control-Request-Method": "POST"})
        self.assertEqual((asked.status, asked.headers["Access-Control-Allow-Origin"]), (204, "https://app.example.org"))
        self.assertIn("Idempotency-Key", asked.headers["Access-Control-Allow-Headers"])
        up = node.client.call("POST", "/files", png(9, 9), ours)
        self.assertEqual((up.status, up.headers["Access-Control-Allow-Origin"]), (201, "https://app.example.org"))
        self.assertIsNone(node.client.call("GET", up.json()["url"], headers=others).headers["Access-Control-Allow-Origin"])
        self.assertEqual(node.stop(), 0)


class Start(unittest.TestCase):
    def refuses(self, settings, *words):
        node = Node(settings)
        self.addCleanup(node.clean_up)
        said = refusal(self, node)
        for word in words:
            self.assertIn(word, said)

    def test_files_that_are_not_there_or_wrong(self):
        with tempfile.TemporaryDirectory(prefix="dip-keys-") as folder:
            here = pathlib.Path(folder)
            (here / "keys").write_text("[[key]]\nname = \"a\"\n")
            (here / "short").write_text("123456789012345\n")
            self.refuses(f'[security]\napi_keys_file = "{here}/none"\n', f"{here}/none cannot be read")
            self.refuses(f'[security]\napi_keys_file = "{here}"\n', f"{here} cannot be read", "directory")
            self.refuses(f'[security]\napi_keys_file = "{here}/keys"\n', f"{here}/keys:1:", "sha256")
            self.refuses(f'[security]\nadmin_token_file = "{here}/short"\n', "at least 16 characters")
            self.refuses('[security]\npublic_read = []\n', "security.public_read needs api_keys_file")


if __name__ == "__main__":
    unittest.main()
