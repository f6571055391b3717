"""Requests that are still at work: repeated, cancelled, too many, and those whose worker dies or takes too long."""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import signal
import unittest

from support import Node, NodeTest, multipart, png, until

# A blur of this size keeps a core busy for longer than any test needs, and is killed in the end.
ENDLESS = [{"op": "blur", "sigma": 90}] * 20


def big():
    return png(1600, 1600)


class Repeated(NodeTest):
    def form(self, image, key):
        kind, body = multipart([("file", "cat.png", "image/png", image), ("request", None, None,
                               json.dumps({"notify": {"email": f"{key}@example.org"}}).encode())])
        return self.client.call("POST", "/process-file", body, {"Content-Type": kind, "Idempotency-Key": key})

    def test_equal_forms_at_once_are_one_request_with_one_file_and_one_mail(self):
        for turn in range(10):
            key = f"turn-{turn}"
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(lambda _: self.form(png(30 + turn, 30), key), range(8)))
            self.assertEqual({a.status for a in answers}, {202}, answers)
            ids = {a.json()["id"] for a in answers}
            self.assertEqual(len(ids), 1)
            record = self.client.finished(ids.pop())
            self.assertEqual(record["status"], "processed", record)
            self.assertEqual(record["id"][-2:], record["file"].rpartition("/")[2].partition(".")[0][-2:],
                             "a request lives in its file's partition")
            until("the mail is sent", lambda: self.client.get(f"/requests/{record['id']}").json()["notification"]
                  ["email"] == "sent")
        self.assertEqual(len(self.client.get("/files?limit=1000").json()["files"]), 10)
        self.assertEqual(len(self.node.mails()), 10)

    def test_a_repeat_is_the_same_request_though_its_file_is_gone(self):
        file = self.upload(png(31, 31))
        request = {"file": file["key"]}
        first = self.accepted(request, Idempotency_Key="kept")
        self.client.finished(first["id"])
        until("the file is free", lambda: self.client.call("DELETE", file["url"]).status == 204)
        self.assertEqual(self.accepted(request, Idempotency_Key="kept")["id"], first["id"])
        self.refused(self.client.submit(request), 404, "not_found", "/file")


class Slow(NodeTest):
    settings = "[workers]\nprocessors = 1\npreprocessors = 1\n[limits]\nqueue_depth = 2\n[cluster]\npartitions = 1\n"

    def begin(self, **more):
        file = self.upload(big())
        request = self.accepted({"file": file["key"], "operations": ENDLESS, **more})
        until("it is at work", lambda: self.client.get(f"/requests/{request['id']}").json()["status"] == "processing")
        return file, request["id"]

    def test_cancelled_it_ends_and_nobody_is_told(self):
        file, request = self.begin(notify={"email": "owner@example.org"})
        self.refused(self.client.call("DELETE", file["url"]), 409, "conflict")
        self.assertEqual(self.client.get(file["url"]).status, 200)
        self.assertEqual(self.client.call("DELETE", f"/requests/{request}").status, 204)
        record = self.client.get(f"/requests/{request}").json()
        self.assertEqual((record["status"], record["notification"]["email"]), ("cancelled", "none"))
        self.refused(self.client.call("DELETE", f"/requests/{request}"), 409, "conflict")
        self.assertEqual(self.client.call("DELETE", file["url"]).status, 204)
        self.free_the_worker()
        other = self.processed({"file": self.upload(png(20, 20))["key"], "notify": {"email": "other@example.org"}})
        until("the other's mail is sent",
              lambda: self.client.get(f"/requests/{other['id']}").json()["notification"]["email"] == "sent")
        self.assertEqual(len([m for m in self.node.mails() if request.encode() in m.read_bytes()]), 0)

    def test_a_full_queue_takes_no_more_and_loses_nothing(self):
        _, running = self.begin()
        waiting = []
        while (answer := self.client.submit({"file": self.upload(png(20, 20))["key"]})).status == 202:
            waiting.append(answer.json()["id"])
            self.assertLess(len(waiting), 20, "the queue never filled")
        self.refused(answer, 503, "overloaded")
        self.assertTrue(int(answer.headers["Retry-After"]) > 0)
        self.assertIn("rtp-request-queue is full", answer.json()["detail"])
        self.assertGreaterEqual(len(waiting), 1)
        self.assertEqual(self.client.call("DELETE", f"/requests/{running}").status, 204)
        self.free_the_worker()
        for request in waiting:
            self.assertEqual(self.client.finished(request)["status"], "processed")
        self.processed({"file": self.upload(png(20, 20))["key"]})

    def free_the_worker(self):
        """The cancelled work is still under way, and would be for long."""
        busy_child(self.node, signal.SIGKILL)


def busy_child(node, send):
    """Sends a signal to the child that has used most of the processor; what a person would look for with top."""

    def used(pid):
        with contextlib.suppress(OSError):
            return sum(int(n) for n in pathlib.Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[11:13])
        return 0

    pid = until("a child is at work", lambda: max(((used(p), p) for p in node.children()), default=(0, 0))[1])
    with contextlib.suppress(OSError):
        os.kill(pid, send)


class Unlucky(unittest.TestCase):
    def fails(self, settings, code, during, operations=ENDLESS):
        node = Node(f'[workers]\nmax_receives = 1\n{settings}')
        self.addCleanup(node.clean_up)
        node.start()
        client = node.client
        file = client.upload(big()).json()
        request = client.submit({"file": file["key"], "operations": operations, "notify": {"email": "o@example.org"}}).json()["id"]
        until("it is at work", lambda: client.get(f"/requests/{request}").json()["status"] == "processing")
        during(node)
        record = client.finished(request)
        self.assertEqual((record["status"], record["error"]["code"], record["error"]["stage"]), ("failed", code, "process"))
        self.assertTrue(record["error"]["detail"])
        until("the owner is told",
              lambda: client.get(f"/requests/{request}").json()["notification"]["email"] == "sent")
        self.assertEqual(len(node.mails()), 1)
        self.assertEqual(client.get(file["url"]).status, 200, "the file is still there, to try again")
        after = client.submit({"file": client.upload(png(20, 20)).json()["key"]}).json()["id"]
        self.assertEqual(client.finished(after)["status"], "processed", "the worker goes on with another child")
        self.assertEqual(node.stop(), 0, node.tail())

    def test_a_child_that_dies(self):
        self.fails("", "worker_crashed", lambda node: busy_child(node, signal.SIGKILL))

    def test_a_stage_that_takes_too_long(self):
        # What is predicted to take longer would be refused.
        self.fails('timeout = "3s"\n', "timeout", lambda node: busy_child(node, signal.SIGSTOP), ENDLESS[:10])


if __name__ == "__main__":
    unittest.main()
