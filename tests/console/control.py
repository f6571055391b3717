"""What the browser's tests ask for, over HTTP on loopback: POST /{word} {…} has `do_{word}` of the works do it, GET /done says what
the clients did. An exception is a 500 with its text."""

import http.server
import json
import threading


class Control:
    def __init__(self, works):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer(works.done)

            def do_POST(self):
                given = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))) or b"{}")
                self.answer(lambda: getattr(works, "do_" + self.path.strip("/"))(**given))

            def answer(self, act):
                try:
                    status, said = 200, act() or {}
                except Exception as problem:  # noqa: BLE001: the test that asked says it
                    status, said = 500, {"problem": repr(problem)}
                body = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
