#!/usr/bin/env python3
"""A program that `dip cluster` takes for dip: `serve` answers /readyz and /console/, nothing else; what is said to another
command goes to the real one.

In the directory of cluster.conf, a file NAME.mode makes it behave: "refuse" (says why and ends with 1), "deaf" (SIGTERM does
not end it), "slow" (never ready), "loud" (writes a lot). SIGHUP is written to the log.
"""

import http.server
import os
import pathlib
import signal
import sys
import tomllib

if sys.argv[1] != "serve":
    os.execv(os.environ["DIP_PROGRAM"], [os.environ["DIP_PROGRAM"], *sys.argv[1:]])

config = pathlib.Path(sys.argv[sys.argv.index("--config") + 1])
name = sys.argv[sys.argv.index("--node") + 1]
node = next(n for n in tomllib.loads(config.read_text())["node"] if n["name"] == name)
mode_file = config.with_name(f"{name}.mode")
mode = mode_file.read_text() if mode_file.exists() else ""


def say(line):
    print(line, file=sys.stderr, flush=True)


def end(*_):
    say(f"{name} stopped")
    os._exit(0)


signal.signal(signal.SIGTERM, signal.SIG_IGN if mode == "deaf" else end)
signal.signal(signal.SIGHUP, lambda *_: say(f"{name} heard SIGHUP"))
if mode == "refuse":
    say(f"dip: port {node['http']} is taken")
    sys.exit(1)


class Doors(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        good = self.path == "/console/" or (self.path == "/readyz" and mode != "slow")
        body = b"{}" if good else b'{"detail":"no majority can be reached"}'
        self.send_response(200 if good else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", node["http"]), Doors)
say(f"{name} is here, in {os.getcwd()}")
if mode == "loud":
    for number in range(4000):
        say(f"line {number} " + "x" * 80)
server.serve_forever()
