"""A node for the client's tests: keeps uploads, finishes every request at once, and can be told to misbehave.

Prints {"port": …}; ends when its standard input ends. GET /log answers with the calls so far.
"""

import argparse
import http.server
import json
import sys
import threading
import urllib.parse

options = argparse.ArgumentParser()
options.add_argument("--busy", type=int, default=0, help="so many calls are answered with 503")
options.add_argument("--retry-after", default="0", help="what they are told")
options.add_argument("--fail", default="", help="requests for a file of this name fail")
options.add_argument("--key", default="", help="the API key that is asked for")
options.add_argument("--hold", action="store_true", help="requests never become final")
options.add_argument("--hold-after", type=int, default=-1, help="those after so many never become final")
options.add_argument("--break-streams", type=int, default=0, help="so many event streams end after each event")
options.add_argument("--name", default="", help="what every output is called")
options.add_argument("--port", type=int, default=0)
options = options.parse_args()
gone = set()
options.cancelled = lambda id: id in gone

lock = threading.Lock()
calls, files, requests, keys = [], {}, {}, {}
busy = options.busy


def parts_of(body, boundary):
    """The parts of a multipart body: name to (file name, bytes)."""
    found = {}
    for piece in body.split(b"--" + boundary.encode())[1:-1]:
        head, _, data = piece.partition(b"\r\n\r\n")
        head = head.decode()
        name = head.partition('name="')[2].partition('"')[0]
        found[name] = (urllib.parse.unquote(head.partition("UTF-8''")[2].partition("\r")[0]), data[:-2])
    return found


class Node(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, content_type="application/json", **headers):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def problem(self, status, code, detail, **headers):
        self.answer(status, {"status": status, "code": code, "detail": detail}, "application/problem+json", **headers)

    def url(self, path):
        return f"http://img.example.org{path}"

    def refused(self):
        global busy
        with lock:
            calls.append({"method": self.command, "path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()},
                          "client": self.client_address[1]})
            if busy > 0:
                busy -= 1
                self.problem(503, "overloaded", "no room now", Retry_After=options.retry_after)
                return True
        if options.key and self.headers.get("Authorization") != f"Bearer {options.key}":
            self.problem(401, "unauthorized", "a key is needed")
            return True
        return False

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def do_POST(self):
        body = self.body()
        if self.refused():
            return
        if self.path == "/files":
            name = urllib.parse.unquote(self.headers.get("Content-Disposition", "").partition("UTF-8''")[2])
            if not body:
                return self.problem(422, "invalid_image", "the file is empty")
            with lock:
                key = f"F{len(files)}.jpg"
                files[key] = (name, body)
            self.answer(201, {"key": key, "url": self.url(f"/files/rtp-request-files/{key}"), "size": len(body),
                              "width": 64, "height": 48, "format": "jpeg"})
        elif self.path == "/process-file":
            form = parts_of(body, self.headers["Content-Type"].partition("boundary=")[2])
            asked = json.loads(form["request"][1])
            if not form["file"][1]:
                return self.problem(422, "invalid_image", "the file is empty")
            with lock:
                id = keys.setdefault(self.headers["Idempotency-Key"], f"R{len(keys)}")
                if id not in requests:
                    asked["file"] = f"F{len(files)}.jpg"
                    files[asked["file"]] = form["file"]
                    requests[id] = asked
            self.answer(202, {"id": id, "status": "accepted"})
        elif self.path == "/echo":
            self.answer(200, body, "application/octet-stream", X_Length=str(len(body)),
                        X_Type=self.headers.get("Content-Type", "none"), X_Expect=self.headers.get("Expect", "none"))
        else:
            self.problem(404, "not_found", "no such thing")

    do_PUT = do_POST

    def do_DELETE(self):
        if self.refused():
            return
        id = self.path.split("/")[2]
        if id not in requests:
            return self.problem(404, "not_found", "no such request")
        if self.record(id)["status"] != "processing":
            return self.problem(409, "conflict", "the request is final")
        gone.add(id)
        self.send_response(204)
        self.end_headers()

    def stream(self, id):
        """Three events, one connection for each where streams break."""
        words = ["accepted", "processing", self.record(id)["status"]]
        first = int(self.headers.get("Last-Event-ID", -1)) + 1
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for i in range(first, 3):
            data = json.dumps({"at": "2026-03-04T05:06:07.089Z", "status": words[i], "node": "n1", "worker": "", "took_ms": i})
            text = f": hello\nid: {i}\nevent: status\ndata: {data}\n\n".encode()
            self.wfile.write(f"{len(text):x}\r\n".encode() + text + b"\r\n")
            self.wfile.flush()
            if options.break_streams > i:
                self.close_connection = True
                return
        self.wfile.write(b"0\r\n\r\n")

    def do_HEAD(self):
        self.do_GET()

    def record(self, id):
        asked = requests[id]
        name = files[asked["file"]][0]
        base = {"id": id, "file_name": name, "asked": asked, "created_at": "2026-03-04T05:06:07.089Z",
                "timeline": [{"at": "2026-03-04T05:06:07.089Z", "status": "accepted", "node": "n1", "worker": "", "took_ms": 3}]}
        if options.cancelled(id):
            return {**base, "status": "cancelled"}
        if options.hold or -1 < options.hold_after <= int(id[1:]):
            return {**base, "status": "processing"}
        if name == options.fail:
            return {**base, "status": "failed", "error": {"code": "invalid_image", "detail": "it is cut off", "stage": "preprocess"}}
        outputs = asked.get("outputs", [{"name": "output"}])
        return {**base, "status": "processed", "outputs": [
            {"name": options.name or o["name"], "format": o.get("format", "jpeg"), "width": 32, "height": 24,
             "size": len(b"result of " + files[asked["file"]][1]),
             "url": self.url(f"/files/rtp-processed-files/{asked['file']}/{o['name']}.{o.get('format', 'jpg')}")}
            for o in outputs]}

    def do_GET(self):
        path, _, query = self.path.partition("?")
        if path == "/log":
            return self.answer(200, calls)
        if self.refused():
            return
        if path == "/hang":
            threading.Event().wait()
        elif path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"short")
            self.wfile.flush()
            self.close_connection = True
        elif path.startswith("/status/"):
            self.problem(int(path.split("/")[2]), "some_code", "some detail")
        elif path.startswith("/bytes/"):
            self.answer(200, b"x" * int(path.split("/")[2]), "application/octet-stream")
        elif path == "/requests":
            asked = dict(urllib.parse.parse_qsl(query))
            all = [self.record(id) for id in reversed(requests)]
            first, limit = int(asked.get("cursor", 0)), min(2, int(asked["limit"]))
            more = str(first + limit) if first + limit < len(all) else None
            self.answer(200, {"requests": all[first : first + limit], "next_cursor": more, "query": query})
        elif path.endswith("/events"):
            id = path.split("/")[2]
            self.stream(id) if id in requests else self.problem(404, "not_found", "no such request")
        elif query == "info":
            self.answer(200, {"name": "a.jpg", "url": self.url(path), "format": "jpeg", "width": 64, "height": 48, "pages": 1,
                              "size": 1234, "sha256": "ab", "has_alpha": False})
        elif path.startswith("/requests/"):
            id = path.split("/")[2]
            self.answer(200, self.record(id)) if id in requests else self.problem(404, "not_found", "no such request")
        elif path.startswith("/files/rtp-processed-files/"):
            name, body = files[path.split("/")[3]]
            self.answer(200, b"result of " + body, "image/webp")
        else:
            self.problem(404, "not_found", "no such thing")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # a client that hung up


server = Server(("127.0.0.1", options.port), Node)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(json.dumps({"port": server.server_address[1]}), flush=True)
sys.stdin.read()
