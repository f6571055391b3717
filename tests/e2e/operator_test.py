"""What an operator sees and does: counts and depths against what a client did, dead letters seen, redriven and discarded,
a pause that outlives kill -9, actors, a request's way, the live stream, and the audit of all of it."""

import contextlib
import http.client
import json
import os
import pathlib
import signal
import sys
import threading
import time
import unittest

from support import ROOT, Node, NodeTest, png, until

sys.path.insert(0, str(ROOT / "tests" / "cluster"))
from cluster import SETTINGS, Cluster  # noqa: E402
from mail_test import Inbox, MailServer  # noqa: E402

SLOW = [{"op": "blur", "sigma": 9}, {"op": "median", "size": 9}, {"op": "blur", "sigma": 9}]


def queues(client):
    answer = client.get("/queues")
    assert answer.status == 200, answer
    return {q["name"]: q for q in answer.json()["queues"]}


def letters(client, queue="rtp-request-queue", **more):
    query = "&".join(f"{k}={v}" for k, v in more.items())
    answer = client.get(f"/queues/{queue}/dead-letters?{query}")
    assert answer.status == 200, answer
    return answer.json()


def acted(client, method, path, body=None, status=200):
    answer = client.call(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"} if body is not None else {})
    assert answer.status == status, answer
    return answer.json() if answer.body else None


class Stream:
    """Server-Sent Events, read by a thread."""

    def __init__(self, port, path="/events"):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.connection.request("GET", path)
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200, self.answer.status
        self.events, self.ended = [], False
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        name = None
        try:
            for line in self.answer:
                text = line.decode().rstrip("\n")
                if text.startswith("event: "):
                    name = text[7:]
                elif text.startswith("data: "):
                    self.events.append((name, json.loads(text[6:])))
        except (OSError, http.client.HTTPException, AttributeError):
            pass
        self.ended = True

    def of(self, name):
        return [data for kind, data in list(self.events) if kind == name]

    def close(self):
        self.connection.close()


class Operator(NodeTest):
    settings = '[workers]\nmax_receives = 1\nbackoff_min = "20ms"\nbackoff_max = "50ms"\npreprocessors = 1\nprocessors = 1\n'

    def submit(self, **fields):
        key = self.upload(png(64, 48))["key"]
        answer = self.client.submit({"file": key, **fields})
        self.assertEqual(answer.status, 202, answer)
        return answer.json()["id"]

    def workers(self):
        """Process ids below the zygotes, which are the node's own children."""
        node = self.node.process.pid
        for pid in self.node.children():
            with contextlib.suppress(OSError):
                if int(pathlib.Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[1]) != node:
                    yield pid

    def bury(self):
        """A request that fails because its codec is killed, again and again, until its last try."""
        key = self.upload(png(3000, 2000))["key"]
        told = self.client.submit({"file": key, "operations": SLOW}).json()["id"]

        def failed():
            status = self.client.get(f"/requests/{told}").json()["status"]
            if status in ("preprocessing", "processing"):
                # Those that work on images are the zygotes' children.
                for pid in self.workers():
                    with contextlib.suppress(OSError):
                        os.kill(pid, signal.SIGKILL)
            if status == "processed":
                raise AssertionError("it was faster than the kill")
            return status == "failed"

        until("the request has failed", failed)
        record = self.client.get(f"/requests/{told}").json()
        found = [(q, m) for q in ("rtp-request-queue", "rtp-preprocess-ok-queue")
                 for m in letters(self.client, q)["messages"] if m["request"] == told]
        self.assertEqual(len(found), 1, record)
        return told, *found[0]

    def test_counts_are_what_the_client_did(self):
        before = {t["name"]: t["published"] for t in self.client.get("/topics").json()["topics"]}
        done = [self.submit() for _ in range(7)]
        for one in done:
            self.assertEqual(self.client.finished(one)["status"], "processed")
        topics = {t["name"]: t for t in self.client.get("/topics").json()["topics"]}
        for name in ("rtp-request-topic", "rtp-preprocess-ok-topic", "rtp-notifier-topic"):
            self.assertGreaterEqual(topics[name]["published"] - before[name], 7, name)
        self.assertEqual(topics["rtp-request-topic"]["published"] - before["rtp-request-topic"], 7)
        self.assertEqual(topics["rtp-request-topic"]["subscribers"], ["rtp-request-queue"])
        now = queues(self.client)
        self.assertEqual({n: (q["visible"], q["in_flight"]) for n, q in now.items()}, dict.fromkeys(now, (0, 0)))
        self.assertGreaterEqual(now["rtp-request-queue"]["acquired"], 7)
        self.assertEqual([p["partition"] for p in now["rtp-request-queue"]["partitions"]], list(range(8)))
        self.assertEqual({p["leader"] for p in now["rtp-request-queue"]["partitions"]}, {"n1"})

    def test_a_pause_stops_work_and_outlives_a_kill(self):
        for _ in range(2):  # a second time changes nothing
            self.assertEqual(acted(self.client, "POST", "/queues/rtp-request-queue/pause"),
                             {"name": "rtp-request-queue", "paused": True})
        waiting = [self.submit() for _ in range(5)]
        now = queues(self.client)["rtp-request-queue"]
        self.assertEqual((now["visible"], now["in_flight"], now["paused"]), (5, 0, True))
        peeked = self.client.get("/queues/rtp-request-queue/messages?state=visible").json()["messages"]
        self.assertEqual({m["request"] for m in peeked}, set(waiting))
        self.assertEqual({m["kind"] for m in peeked}, {"preprocess"})
        first = self.client.get("/queues/rtp-request-queue/messages?limit=2").json()
        second = self.client.get(f"/queues/rtp-request-queue/messages?limit=3&cursor={first['next_cursor']}").json()
        self.assertEqual([m["id"] for m in first["messages"] + second["messages"]], [m["id"] for m in peeked])
        self.assertIsNone(second["next_cursor"])
        self.node.kill()
        self.node.start()
        now = queues(self.client)["rtp-request-queue"]
        self.assertEqual((now["visible"], now["in_flight"], now["paused"]), (5, 0, True))
        self.assertEqual({self.client.get(f"/requests/{r}").json()["status"] for r in waiting}, {"accepted"})
        self.assertFalse(acted(self.client, "POST", "/queues/rtp-request-queue/resume")["paused"])
        for one in waiting:
            self.assertEqual(self.client.finished(one)["status"], "processed")
        self.assertFalse(queues(self.client)["rtp-request-queue"]["paused"])

    def test_a_dead_letter_is_seen_redriven_and_discarded(self):
        told, queue, letter = self.bury()
        self.assertEqual((letter["state"], letter["run"], letter["acquired"]), ("dead", 1, 1))
        self.assertEqual(letter["attempts"][-1]["code"], letter["error"]["code"])
        page = letters(self.client, queue)
        self.assertEqual(page["total"], queues(self.client)[queue]["dead"])
        self.assertIn(letter["error"]["code"], [g["code"] for g in page["groups"]])
        self.assertEqual(letters(self.client, queue, error="too_many_pixels")["messages"], [])
        self.assertEqual(len(letters(self.client, queue, error=letter["error"]["code"])["messages"]), page["total"])
        redriven = acted(self.client, "POST", f"/queues/{queue}/redrive", {"ids": [letter["id"], "0-1"]})
        self.assertEqual(redriven["redriven"], 1)
        self.assertEqual([(r["id"], r["code"]) for r in redriven["refused"]], [("0-1", "not_found")])
        record = self.client.finished(told)
        self.assertEqual((record["status"], record["run"]), ("processed", 2))
        told, queue, letter = self.bury()
        path = f"/queues/{queue}/dead-letters/{letter['id']}"
        acted(self.client, "DELETE", path, status=400)
        acted(self.client, "DELETE", f"{path}?reason=nobody%20wants%20it", status=204)
        acted(self.client, "DELETE", f"{path}?reason=again", status=404)
        self.assertNotIn(letter["id"], [m["id"] for m in letters(self.client, queue)["messages"]])
        self.assertEqual(self.client.get(f"/requests/{told}").json()["status"], "failed")
        discarded = [e for e in self.client.get("/audit").json()["entries"] if e["what"] == f"discard {queue}"]
        self.assertIn("nobody wants it", [e["reason"] for e in discarded])

    def test_a_failed_request_is_retried(self):
        told, queue, letter = self.bury()
        self.assertEqual(acted(self.client, "POST", f"/requests/{told}/retry", status=202)["run"], 2)
        self.assertEqual(self.client.finished(told)["status"], "processed")
        self.assertNotIn(letter["id"], [m["id"] for m in letters(self.client, queue)["messages"]])
        acted(self.client, "POST", f"/requests/{told}/retry", status=409)
        acted(self.client, "POST", "/requests/01ARYZ6S41TSV4RRFFQ69G5FAV/retry", status=404)

    def test_actors_are_a_tree_and_one_is_restarted(self):
        page = self.client.get("/actors?limit=1000").json()
        actors = page["actors"]
        self.assertEqual(page["total"], len(actors))
        seen = set()
        for one in actors:
            self.assertTrue(one["parent"] is None or one["parent"] in seen, f"{one} comes before its parent")
            seen.add(one["id"])
        names = {a["name"]: a for a in actors}
        for name in ("node", "relay", "inspector", "dispatcher", "preprocessor/1", "partition/0", "rtp-request-queue/7"):
            self.assertIn(name, names)
        self.assertEqual(names["rtp-request-queue/7"]["parent"], names["partition/7"]["id"])
        self.assertEqual(names["rtp-request-queue/7"]["kind"], "queue")
        some = self.client.get("/actors?kind=queue&limit=5").json()
        self.assertEqual((some["total"], len(some["actors"])), (24, 5))
        rest = self.client.get(f"/actors?kind=queue&limit=1000&cursor={some['next_cursor']}").json()
        self.assertEqual(len({a["id"] for a in some["actors"] + rest["actors"]}), 24)
        old = names["rtp-request-queue/7"]
        detail = self.client.get(f"/actors/{old['id']}").json()
        self.assertEqual(detail["name"], old["name"])
        self.assertLessEqual(len(detail["events"]), 32)
        self.assertIn(old["id"], self.client.get(f"/actors/{names['partition/7']['id']}").json()["children"])
        acted(self.client, "POST", f"/actors/{names['node']['id']}/restart", status=409)
        acted(self.client, "POST", f"/actors/{old['id']}/restart", status=202)

        def again():
            found = [a for a in self.client.get("/actors?q=rtp-request-queue/7").json()["actors"]
                     if a["id"] != old["id"] and a["state"] in ("idle", "busy")]
            return found and found[0]

        made = until("it is made again", again)
        self.assertEqual((made["restarts"], made["last_error"]), (1, "restarted by an operator"))
        dead = self.client.get("/actors?state=dead&limit=1000").json()["actors"]
        gone = [a for a in dead if a["id"] == old["id"]]
        self.assertEqual(len(gone), 1)
        self.assertEqual(gone[0]["reason"], "restarted by an operator")
        self.assertEqual(self.client.get(f"/actors/{old['id']}").json()["state"], "dead")
        self.assertEqual(self.client.finished(self.submit())["status"], "processed")

    def test_a_request_has_its_way(self):
        told = self.submit(notify={"email": "owner@example.org"})
        self.client.finished(told)
        until("the owner is told", lambda: self.client.get(f"/requests/{told}").json()["notification"]["email"] == "sent")
        way = self.client.get(f"/requests/{told}/trace").json()
        self.assertEqual([h["what"] for h in way["hops"]], ["accepted", "preprocess", "process", "notify email"])
        for hop in way["hops"][1:]:
            self.assertEqual((hop["outcome"], hop["attempt"], hop["node"], hop["error"]), ("done", 1, "n1", None))
            self.assertIsNotNone(hop["waited_ms"])
            self.assertIsNotNone(hop["worked_ms"])
        self.assertEqual(way["hops"][1]["queue"], "rtp-request-queue")
        self.assertEqual(way["hops"][1]["actor"], "preprocessor/1")
        self.assertEqual(way["hops"], sorted(way["hops"], key=lambda h: h["at"]))

    def test_a_way_that_failed_says_where(self):
        told, queue, letter = self.bury()
        way = self.client.get(f"/requests/{told}/trace").json()
        failed = [h for h in way["hops"] if h["outcome"] in ("failed", "returned")]
        self.assertIn(letter["error"]["code"], [h["error"]["code"] for h in failed])
        acted(self.client, "DELETE", f"/queues/{queue}/dead-letters/{letter['id']}?reason=done", status=204)

    def test_the_stream_tells_what_changes(self):
        stream = Stream(self.node.port)
        self.addCleanup(stream.close)
        until("the first picture", lambda: stream.of("snapshot"))
        told = self.submit()
        until("it is told", lambda: {"id": told, "status": "processed", "run": 1} in stream.of("request"))
        until("and counted", lambda: stream.of("overview") and stream.of("overview")[-1]["requests"]["processed"] > 0)
        picture = stream.of("overview")[-1]
        self.assertEqual([s["name"] for s in picture["stages"]], ["preprocess", "process", "notify"])
        self.assertEqual([n["name"] for n in picture["nodes"]], ["n1"])
        self.assertGreater(picture["stages"][1]["p50_ms"], 0)
        self.assertNotIn("partitions", picture["queues"][0])

    def test_everything_that_was_done_is_kept(self):
        begun = time.time()
        acted(self.client, "POST", "/queues/rtp-notifier-queue/pause")
        acted(self.client, "POST", "/queues/rtp-notifier-queue/resume")
        acted(self.client, "POST", "/queues/nobody/pause", status=404)
        acted(self.client, "POST", "/queues/rtp-notifier-queue/redrive", {})
        entries = self.client.get("/audit?limit=4").json()["entries"]
        self.assertEqual([(e["what"], e["outcome"].partition(":")[0]) for e in entries],
                         [("redrive rtp-notifier-queue", "done"), ("pause nobody", "not_found"),
                          ("resume rtp-notifier-queue", "done"), ("pause rtp-notifier-queue", "done")])
        self.assertEqual({(e["who"], e["from"], e["node"]) for e in entries}, {("loopback", "127.0.0.1", "n1")})
        self.assertEqual(entries[0]["on"], "0 messages")
        first = self.client.get("/audit?limit=1").json()
        rest = self.client.get(f"/audit?limit=3&cursor={first['next_cursor']}").json()
        self.assertEqual(first["entries"] + rest["entries"], entries)
        self.node.kill()
        self.node.start()
        self.assertEqual(self.client.get("/audit?limit=4").json()["entries"], entries)
        self.assertLess(time.time() - begun, 600)

    def test_the_node_says_how_it_is(self):
        cluster = self.client.get("/cluster").json()
        node = cluster["nodes"][0]
        self.assertGreater(node["actors"], 50)
        self.assertGreater(node["memory"], 1 << 20)
        self.assertEqual((node["leaders"], node["sees"], cluster["console"]), (8, [], {"destructive": True}))


class Mail(unittest.TestCase):
    """A mail that could not be sent, and can be later."""

    def test_its_dead_letter_is_sent_when_it_is_redriven(self):
        inbox = Inbox()
        server = MailServer(inbox)
        node = Node(f'[smtp]\nurl = "smtp://127.0.0.1:{server.port}"\ntls = "none"\ntimeout = "1s"\n'
                    'retry_first = "1ms"\nretry_max = "1ms"\nretry_for = "1ms"\n').start()
        self.addCleanup(node.clean_up)
        client = node.client
        key = client.upload(png(8, 8), "a.png").json()["key"]
        told = client.submit({"file": key, "notify": {"email": "owner@example.org"}}).json()["id"]
        page = until("the mail is given up", lambda: letters(client, "rtp-notifier-queue")["total"]
                     and letters(client, "rtp-notifier-queue"))
        self.assertEqual([m["kind"] for m in page["messages"]], ["email"])
        self.assertEqual(client.get(f"/requests/{told}").json()["notification"]["email"], "failed")
        server.start()
        self.addCleanup(server.stop)
        self.assertEqual(acted(client, "POST", "/queues/rtp-notifier-queue/redrive", {})["redriven"], 1)
        until("it is sent", lambda: client.get(f"/requests/{told}").json()["notification"]["email"] == "sent")
        self.assertEqual(len(inbox.messages), 1)
        self.assertEqual(letters(client, "rtp-notifier-queue")["total"], 0)


class Three(unittest.TestCase):
    """Any node answers for all, a node that is away holds nobody up, and leaders move where they are told."""

    def setUp(self):
        self.cluster = Cluster(3, SETTINGS)
        self.addCleanup(self.cluster.clean_up)
        self.cluster.start().wait_ready()
        self.cluster.wait_led()

    def client(self, name):
        return self.cluster.members[name].client(60)

    @staticmethod
    def taken(call):
        """Leaderships find their places when nodes have just begun: such a call is made again, as clients do."""
        return until("it is taken", lambda: (answer := call()).status in (201, 202) and answer.json())

    @staticmethod
    def whole(client, path):
        return not client.get(path).json()["unreachable"]

    def test_the_cluster_is_seen_and_steered_from_any_node(self):
        n1, n2, n3 = (self.client(n) for n in ("n1", "n2", "n3"))
        acted(n2, "POST", "/queues/rtp-request-queue/pause")
        keys = [self.taken(lambda i=i: n1.upload(png(16, 16, seed=i)))["key"] for i in range(4)]
        told = [self.taken(lambda key=key: n3.submit({"file": key}))["id"] for key in keys]
        for client in (n1, n2, n3):
            until("all is seen", lambda client=client: self.whole(client, "/queues") and
                  [queues(client)["rtp-request-queue"][k] for k in ("visible", "paused")] == [4, True])
            until("all are seen", lambda client=client: {a["node"] for a in client.get("/actors?kind=dispatcher").json()["actors"]} == {"n1", "n2", "n3"})
        acted(n3, "POST", "/queues/rtp-request-queue/resume")
        for one in told:
            self.assertEqual(n1.finished(one)["status"], "processed")
            # A leadership that moved meanwhile may have cost a try, which is told too.
            until("its way is told", lambda one=one: self.whole(n2, f"/requests/{one}/trace"))
            self.assertEqual([h["what"] for h in n2.get(f"/requests/{one}/trace").json()["hops"] if h["outcome"] == "done"],
                             ["accepted", "preprocess", "process"])
        self.assertEqual({e["node"] for e in n1.get("/audit").json()["entries"]}, {"n2", "n3"})
        far = next(a for a in n1.get("/actors?node=n3&kind=dispatcher").json()["actors"])
        acted(n1, "POST", f"/actors/{far['id']}/restart", status=202)
        until("it is made again", lambda: [a for a in n1.get("/actors?node=n3&kind=dispatcher").json()["actors"]
                                           if a["id"] != far["id"]])
        sees = {n["name"]: {s["node"]: s["up"] for s in n["sees"]} for n in n1.get("/cluster").json()["nodes"]}
        self.assertEqual(sees["n3"], {"n1": True, "n2": True})

        # A leader goes where it is told, and stays there.
        old = self.cluster.wait_led()
        target = next(n for n in ("n1", "n2", "n3") if n != old[0])
        acted(n1, "POST", "/cluster/partitions/0/leader", {"node": target}, status=202)
        until("it leads", lambda: self.cluster.leaders().get(0) == target)
        acted(n1, "POST", "/cluster/partitions/0/leader", {"node": "n9"}, status=404)
        acted(n1, "POST", "/cluster/partitions/99/leader", {"node": "n1"}, status=404)

        # A node that does not answer is named, and the others are told all the same.
        self.cluster.pause("n3")
        begun = time.monotonic()
        self.assertEqual(n1.get("/queues").json()["unreachable"], ["n3"])
        self.assertEqual(n1.get("/actors?limit=1").json()["unreachable"], ["n3"])
        self.assertLess(time.monotonic() - begun, 30)
        self.cluster.resume("n3")
        until("it answers again", lambda: n1.get("/queues").json()["unreachable"] == [])

        # A node that is drained leads nothing, says so, and goes on running.
        acted(n1, "POST", "/cluster/nodes/n2/drain", status=202)
        until("it leads nothing", lambda: "n2" not in self.cluster.leaders().values() and self.cluster.leaders())
        node = next(n for n in n1.get("/cluster").json()["nodes"] if n["name"] == "n2")
        self.assertEqual((node["draining"], node["leaders"]), (True, 0))
        self.assertEqual(n2.get("/readyz").status, 503)
        self.assertEqual(n1.finished(n1.submit({"file": keys[0]}).json()["id"])["status"], "processed")
        self.cluster.check_alive()


class SwitchedOff(NodeTest):
    settings = "[console]\ndestructive = false\n"

    def test_nothing_is_changed(self):
        for method, path in (("POST", "/queues/rtp-request-queue/pause"), ("POST", "/actors/n1.1/restart"),
                             ("POST", "/cluster/nodes/n1/drain"),
                             ("DELETE", "/queues/rtp-request-queue/dead-letters/0-1?reason=x")):
            answer = self.client.call(method, path)
            self.assertEqual((answer.status, answer.code), (403, "forbidden"), path)
        self.assertEqual(self.client.get("/cluster").json()["console"], {"destructive": False})
        self.assertFalse(queues(self.client)["rtp-request-queue"]["paused"])
        self.assertEqual(len(self.client.get("/audit").json()["entries"]), 4)


if __name__ == "__main__":
    unittest.main()
