"""Very many requests, dead letters and actors on real nodes: memory, lists, and the console's views of them.

Run by scripts/soak on the release build. The node's stages do nothing (bench/cluster/idle_stages_node.cpp), or fail when they
are told to: DIP_PROGRAM is that node. CONSOLE_ROOM: where the console was built, with Playwright.
"""

import http.client
import json
import multiprocessing
import os
import pathlib
import subprocess
import sys
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "cluster"), str(ROOT / "tests" / "e2e")]
from cluster import Cluster  # noqa: E402
from memory_soak import MIB, rss  # noqa: E402
from support import Node, png, until  # noqa: E402

MANY = int(os.environ.get("DIP_MANY", "100000"))
ROOM = pathlib.Path(os.environ["CONSOLE_ROOM"])
SETTINGS = """
[cluster]
partitions = {partitions}
[workers]
preprocessors = {workers}
processors = {workers}
max_receives = 1
[limits]
free_disk = "64 MiB"
"""
QUEUE = "rtp-request-queue"
CLIENTS = 4


def submit(port, body, count):
    """In a process of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for _ in range(count):
        while True:
            connection.request("POST", "/process-file", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            said = answer.read()
            if answer.status == 202:
                break
            assert answer.status == 503, (answer.status, said)
            time.sleep(0.1)
    connection.close()


class Many(unittest.TestCase):
    def begin(self, partitions):
        node = Node(SETTINGS.format(partitions=partitions, workers=16))
        self.addCleanup(node.clean_up)
        self.failing = node.home / "fail"
        os.environ["IDLE_STAGES_FAIL"] = str(self.failing)
        self.node = node.start()
        self.client = node.client

    def submit(self, count):
        file = self.client.upload(png(8, 8)).json()["key"]
        body = json.dumps({"file": file, "operations": [{"op": "resize", "width": 4}]})
        with multiprocessing.Pool(CLIENTS) as pool:
            pool.starmap(submit, [(self.node.port, body, count // CLIENTS)] * CLIENTS)

    def queues(self):
        return {q["name"]: q for q in self.client.get("/queues").json()["queues"]}

    def worked_off(self):
        until("nothing waits", lambda: not any(q["visible"] + q["in_flight"] + q["delayed"] for q in self.queues().values()), 600)

    def timed(self, what, act):
        begun = time.monotonic()
        got = act()
        print(f"{what}: {(time.monotonic() - begun) * 1000:.0f} ms, {rss(self.node.process.pid) / MIB:.0f} MiB", flush=True)
        return got

    def ids(self, call, field, name="id"):
        found, cursor = [], ""
        while cursor is not None:
            answer = self.client.get(f"{call}limit=1000&cursor={cursor}")
            self.assertEqual(answer.status, 200, answer)
            page = answer.json()
            found += [one[name] for one in page[field]]
            cursor = page["next_cursor"]
        return found

    def look(self, test, number):
        done = subprocess.run(["node_modules/.bin/playwright", "test", "many", "-g", test], cwd=ROOM, env={
            **os.environ, "DIP_CONSOLE_URL": f"http://127.0.0.1:{self.node.port}/console/", "DIP_CONSOLE_MANY": str(number), "FORCE_COLOR": "0",
            "DIP_CONSOLE_SHOTS": str(ROOM.parent / "shots-of-many")})
        self.assertEqual(done.returncode, 0)

    def test_requests(self):
        self.begin(8)
        figures, step = [], MANY // 10
        for number in range(step, MANY + 1, step):
            self.submit(step)
            self.worked_off()
            figures.append(rss(self.node.process.pid))
            print(f"request {number}: {figures[-1] / MIB:.1f} MiB", flush=True)
        # Rows and logs are RocksDB's, whose buffers are full by then.
        self.assertLess(figures[-1], figures[1] * 1.25)
        found = self.timed("all requests, in pages", lambda: self.ids("/requests?", "requests"))
        self.assertEqual(len(found), len(figures) * step)
        self.assertEqual(found, sorted(set(found), reverse=True))
        self.timed("one page", lambda: self.client.get("/requests?limit=100"))
        self.assertEqual(self.timed("none of them failed", lambda: self.ids("/requests?status=failed&", "requests")), [])

    def test_dead_letters(self):
        self.begin(8)
        self.failing.touch()
        self.submit(MANY)
        until("all are dead letters", lambda: self.queues()[QUEUE]["dead"] == MANY, 600)
        call = f"/queues/{QUEUE}/dead-letters?"
        page = self.timed("one page with the groups", lambda: self.client.get(call + "limit=100").json())
        self.assertEqual(page["groups"], [{"code": "worker_crashed", "count": MANY}])
        found = self.timed("all, in pages", lambda: self.ids(call, "messages"))
        self.assertEqual((len(found), len(set(found))), (MANY, MANY))
        self.look("dead letters", MANY)
        self.failing.unlink()
        sent = self.timed("all are redriven", lambda: self.client.call("POST", f"/queues/{QUEUE}/redrive", "{}", {"Content-Type": "application/json"}))
        self.assertEqual(sent.status, 200, sent)
        self.assertEqual(sent.json()["redriven"], MANY - 1)
        self.worked_off()
        self.assertEqual(self.queues()[QUEUE]["dead"], 0)
        done = self.timed("all are processed", lambda: self.ids("/requests?status=processed&", "requests"))
        self.assertEqual(len(done), MANY - 1)

    def test_actors(self):
        cluster = Cluster(2, SETTINGS.format(partitions=512, workers=256))
        self.addCleanup(cluster.clean_up)
        cluster.start().wait_ready()
        cluster.wait_led()
        self.node = cluster.members["n1"]
        self.client = self.node.client(60)

        def actors():
            return self.client.get("/actors?limit=1").json()["total"]

        def walked():  # some come and go while leaders find their places
            before = actors()
            found = self.timed("all actors, in pages", lambda: self.ids("/actors?", "actors"))
            return before == len(set(found)) == actors() and before

        total = until("every actor is in the pages", walked)
        self.assertGreater(total, 10_000)
        self.timed("one page by mailbox", lambda: self.client.get("/actors?sort=mailbox&limit=500"))
        lines = self.timed("metrics", lambda: self.client.get("/metrics").body).decode().splitlines()
        self.assertLess(sum(line.startswith("dip_actor") for line in lines), 500)
        self.submit(1_000)
        self.worked_off()
        self.look("actors", total)


if __name__ == "__main__":
    unittest.main()
