#!/usr/bin/env python3
"""The gateway beside nginx on the same machine, in the same run, rounds of both interleaved; medians.

    cmake --preset release && cmake --build --preset release --target dip dip-codec
    bench/http/bench_http.py build/release/dip [--idle 8000] [--rounds 5] [--seconds 3]

Needs nginx and wrk (scripts/setup --bench). Says for each line what it is held against; asserts nothing.
"""

import argparse
import contextlib
import http.client
import os
import pathlib
import re
import resource
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib

HERE = pathlib.Path(__file__).resolve().parent
UPLOAD = str(HERE / "upload.lua")
sys.path.insert(0, str(HERE.parents[1] / "tests" / "e2e"))

NGINX = """
worker_processes 2; worker_rlimit_nofile 20000; daemon off; pid {home}/nginx.pid; error_log {home}/error.log;
events {{ worker_connections 9000; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; open_file_cache max=100;
  client_body_temp_path {home}/b; proxy_temp_path {home}/p; fastcgi_temp_path {home}/f; uwsgi_temp_path {home}/u;
  scgi_temp_path {home}/s; default_type application/octet-stream;
  server {{ listen 127.0.0.1:{port} backlog=4096; root {home};
            location = /healthz {{ return 200 '{{"status":"ok"}}'; }} }}
}}
"""


def wrk(port, path, connections, seconds):
    out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", f"http://127.0.0.1:{port}{path}"],
                         capture_output=True, text=True, check=True).stdout
    if bad := re.search(r"Non-2xx.*", out):
        sys.exit(f"{path}: {bad[0]}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])


def interleaved(rounds, **ways):
    """Medians of each way's figure, one round of all after another, every second one backwards: the disk fills up meanwhile."""
    figures = {name: [] for name in ways}
    for turn in range(rounds):
        for name, way in list(ways.items())[:: -1 if turn % 2 else 1]:
            figures[name].append(way())
    return {name: statistics.median(all_) for name, all_ in figures.items()}


def line(what, ours, theirs, unit, bar):
    print(f"{what:44} {ours:12.1f} {theirs:12.1f} {unit:8} {ours / theirs:6.2f}   {bar}")


def new_request_p99(port, count=400):
    took = []
    for _ in range(count):
        started = time.perf_counter()
        with socket.create_connection(("127.0.0.1", port)) as s:
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            if not s.recv(4096).startswith(b"HTTP/1.1 200"):
                sys.exit("a new request was not answered")
        took.append((time.perf_counter() - started) * 1000)
    return statistics.quantiles(took, n=100)[98]


def idle_connections(port, count):
    held = []
    for _ in range(count):
        s = socket.create_connection(("127.0.0.1", port))
        s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        held.append(s)
    for s in held:
        s.recv(4096)
    return held


def photo(size):
    """A PNG of about so many bytes, none of which can be compressed."""
    from support import png_chunk

    side = int((size / 3) ** 0.5)
    rows = b"".join(b"\0" + os.urandom(3 * side) for _ in range(side))
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) +
            png_chunk(b"IDAT", zlib.compress(rows, 1)) + png_chunk(b"IEND", b""))


def uploads(port, image, connections, seconds, patient=False):
    """Uploads a second that were answered with 201, which is after their fsync. `patient` clients may be refused."""
    env = {**os.environ, "BODY": image, **({"PATIENT": "1"} if patient else {})}
    out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "-s", UPLOAD,
                          f"http://127.0.0.1:{port}/files"], capture_output=True, text=True, check=True, env=env).stdout
    total, took = re.search(r"(\d+) requests in ([\d.]+)s", out).groups()
    refused = int(found[1]) if (found := re.search(r"Non-2xx or 3xx responses: (\d+)", out)) else 0
    if refused and not patient:
        sys.exit(f"{refused} uploads were refused")
    return (int(total) - refused) / float(took)


def fsync_rate(home, image, seconds, clients=16):
    """MB/s of files written, fsynced, with their directory's entry fsynced."""
    done, end = [0] * clients, time.monotonic() + seconds

    def work(i):
        folder = os.open(home, os.O_RDONLY)
        while time.monotonic() < end:
            name = f"{home}/bare-{i}-{done[i]}"
            fd = os.open(name, os.O_WRONLY | os.O_CREAT)
            os.write(fd, image)
            os.fsync(fd)
            os.close(fd)
            os.fsync(folder)
            done[i] += 1
        os.close(folder)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(clients)]
    started = time.monotonic()
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return sum(done) * len(image) / (time.monotonic() - started) / 1e6


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("dip")
    p.add_argument("--idle", type=int, default=8000)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=int, default=3)
    p.add_argument("--uploads", action="store_true", help="these lines alone")
    a = p.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.environ["DIP_PROGRAM"] = str(pathlib.Path(a.dip).resolve())
    from support import Node, free_port, png, until

    home = tempfile.mkdtemp(prefix="dip-bench-")
    os.chmod(home, 0o755)  # nginx's workers are not root
    node, port = Node(), free_port()
    with contextlib.ExitStack() as end:
        end.callback(shutil.rmtree, home, ignore_errors=True)
        end.callback(node.clean_up)
        node.start()
        pathlib.Path(home, "nginx.conf").write_text(NGINX.format(home=home, port=port))
        nginx = subprocess.Popen(["nginx", "-c", f"{home}/nginx.conf", "-e", f"{home}/error.log"])
        end.callback(lambda: (nginx.terminate(), nginx.wait()))
        small, large = png(16, 16, total=1024), photo(1024 * 1024)
        pathlib.Path(home, "small").write_bytes(small)
        pathlib.Path(home, "large").write_bytes(large)
        ours = {name: "/" + node.client.upload(data).json()["url"].split("/", 3)[3]
                for name, data in (("small", small), ("large", large))}

        def listens():
            with contextlib.suppress(OSError):
                return socket.create_connection(("127.0.0.1", port)).close() is None

        until("nginx listens", listens)
        print(f"{'':44} {'dip':>12} {'beside':>12} {'':8} {'ratio':>6}   held against")
        for what, path, theirs, c, bar in (
            ("healthz, 16 connections", "/healthz", "/healthz", 16, ">= 0.5 of nginx"),
            ("healthz, 64 connections", "/healthz", "/healthz", 64, ">= 0.5 of nginx"),
            ("GET of 1 KiB, 16 connections", ours["small"], "/small", 16, ">= 0.5 of nginx"),
            ("GET of 1 MiB, 16 connections", ours["large"], "/large", 16, ">= 0.8 of nginx"),
        ) if not a.uploads else ():
            m = interleaved(a.rounds, dip=lambda: wrk(node.port, path, c, a.seconds),
                            nginx=lambda: wrk(port, theirs, c, a.seconds))
            line(what, m["dip"], m["nginx"], "req/s", bar)
        megabytes = len(large) / 1e6
        m = interleaved(a.rounds,
                        dip=lambda: megabytes * uploads(node.port, f"{home}/large", 16, a.seconds),
                        bare=lambda: fsync_rate(home, large, a.seconds))
        line("uploads of 1 MiB, 16 at a time", m["dip"], m["bare"], "MB/s", ">= 0.8 of write and fsync")
        # Longer: to connect thousands of clients takes a second or two of it.
        levels = [16, 64, 256, 1024, 4096, 8192]
        m = interleaved(a.rounds, **{str(n): lambda n=n: uploads(node.port, f"{home}/small", n, 3 * a.seconds, patient=True)
                                     for n in levels})
        line("accepted uploads of 1 KiB, 8,192 clients", m["8192"], max(m.values()), "req/s",
             ">= 0.9 of the best of " + ", ".join(f"{n}: {rate:.0f}" for n, rate in m.items()))
        if a.uploads:
            return
        alone = statistics.median(new_request_p99(node.port) for _ in range(a.rounds))
        held = idle_connections(node.port, a.idle)
        beside = statistics.median(new_request_p99(node.port) for _ in range(a.rounds))
        line(f"new request's p99 beside {a.idle} idle", beside, alone, "ms", "<= 2 of that with none")
        for s in held:
            s.close()


if __name__ == "__main__":
    main()
