"""An HTTP server for tests: prints {"port": …}, then a line of JSON for each request; ends with its standard input."""

import argparse
import http.server
import json
import sys
import threading

options = argparse.ArgumentParser()
options.add_argument("--status", type=int, default=204)
options.add_argument("--header", action="append", default=[], help="name: value")
options.add_argument("--body", type=int, default=0, help="bytes of the answer")
options.add_argument("--host", default="127.0.0.1")
options = options.parse_args()


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        print(json.dumps({"path": self.path, "connection": self.client_address[1], "body": body.decode(),
                          "headers": {k.lower(): v for k, v in self.headers.items()}}), flush=True)
        self.send_response(options.status)
        for line in options.header:
            self.send_header(*[part.strip() for part in line.split(":", 1)])
        if options.status != 204:
            self.send_header("Content-Length", str(options.body))
        self.end_headers()
        try:
            self.wfile.write(b"x" * options.body)
        except OSError:
            pass

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer((options.host, 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(json.dumps({"port": server.server_port}), flush=True)
sys.stdin.read()
