"""A browser as the client: fetch with a form and with JSON, EventSource, and pictures, from a page of another origin."""

import base64
import http.server
import json
import os
import pathlib
import subprocess
import threading
import unittest

from support import ROOT, Node, png

PEERS = pathlib.Path(os.environ.get("DIP_PREFIX", "/usr/local/lib/dip")) / "peers"


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"<!doctype html><title>A page of somebody else</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Browser(unittest.TestCase):
    def setUp(self):
        self.page = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=self.page.serve_forever, daemon=True).start()
        self.addCleanup(self.page.server_close)
        self.addCleanup(self.page.shutdown)
        self.origin = f"http://localhost:{self.page.server_port}"

    def visit(self, settings):
        node = Node(settings)
        self.addCleanup(node.clean_up)
        node.start()
        done = subprocess.run(["node", ROOT / "tests/peers/browser.mjs", node.url, self.origin,
                               base64.b64encode(png(40, 30)).decode()], capture_output=True, text=True, timeout=240,
                              env={**os.environ, "DIP_PEERS": str(PEERS)})
        self.assertEqual(done.returncode, 0, done.stderr + node.tail())
        return node, json.loads(done.stdout)

    def test_the_main_job_from_a_page_that_may_call(self):
        node, seen = self.visit(f'[security]\ncors_origins = ["{self.origin}"]\n')
        self.assertEqual(seen["upload"], 201, seen)
        self.assertTrue(seen["location"].startswith(node.url), "a page may read Location")
        self.assertEqual(seen["name"], "cat \U0001f431.png")
        self.assertEqual(seen["statuses"], ["accepted", "preprocessing", "preprocessed", "processing", "processed"])
        self.assertEqual(seen["picture"], [20, 15])
        self.assertRegex(seen["etag"], '^".+"$')

    def test_a_page_that_may_not_call_reads_nothing(self):
        _, seen = self.visit('[security]\ncors_origins = ["https://elsewhere.example"]\n')
        self.assertIn("Failed to fetch", seen["refused"])


if __name__ == "__main__":
    unittest.main()
