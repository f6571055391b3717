"""What was acknowledged is never lost: clients work while the node, or its children, are killed at random moments.

DIP_ROUNDS kills (4 unless told; scripts/soak asks for 20). DIP_SEED repeats a run's choices, as far as the machine does.
"""

import hashlib
import http.client
import os
import random
import signal
import threading
import unittest

from support import DEADLINE, Node, complete, image_facts, png, until

ROUNDS = int(os.environ.get("DIP_ROUNDS", "4"))
SEED = int(os.environ.get("DIP_SEED", str(random.SystemRandom().randrange(1 << 32))))
CLIENTS = 4
PER_ROUND = 6  # acknowledged requests between two kills, at least

# A killed child is an attempt that failed: there must be room for many kills of one unlucky image.
SETTINGS = '[workers]\nmax_receives = 50\nbackoff_min = "50ms"\nbackoff_max = "500ms"\n'


class Ledger:
    """What the node has promised to these clients."""

    def __init__(self):
        self.lock = threading.Lock()
        self.files = {}  # url: sha256 of what was sent
        self.requests = {}  # id: (width, height) that its output must have
        self.faults = []

    def counts(self):
        with self.lock:
            return len(self.files), len(self.requests)


def work(node, ledger, stop, number):
    """Uploads and submits until told to stop. A call that gets no answer promised nothing; any answer is a promise."""
    choices = random.Random(SEED + number)
    client, turn = node.client, 0
    while not stop.is_set():
        turn += 1
        width, height = choices.randint(8, 300), choices.randint(8, 300)
        data = png(width, height, seed=number * 1_000_003 + turn)
        try:
            answer = client.upload(data, f"{number}-{turn}.png")
            if answer.status == 503:
                stop.wait(0.05)
                continue
            if answer.status != 201:
                raise AssertionError(f"an upload was answered with {answer}")
            file = answer.json()
            with ledger.lock:
                ledger.files[file["url"]] = hashlib.sha256(data).hexdigest()
            answer = client.submit({"file": file["key"], "operations": [{"op": "rotate", "angle": 90}],
                                    "outputs": [{"name": "a", "format": choices.choice(["jpeg", "png", "webp"])}],
                                    "notify": {"email": "owner@example.org"}})
            if answer.status == 503:
                stop.wait(0.05)
                continue
            if answer.status != 202:
                raise AssertionError(f"a request was answered with {answer}")
            with ledger.lock:
                ledger.requests[answer.json()["id"]] = (height, width)
        except (OSError, http.client.HTTPException):
            stop.wait(0.05)  # the node is down: it promised nothing
        except AssertionError as fault:
            with ledger.lock:
                ledger.faults.append(str(fault))
            return


class NothingLost(unittest.TestCase):
    def setUp(self):
        print(f"DIP_SEED={SEED} DIP_ROUNDS={ROUNDS}", flush=True)
        self.choices = random.Random(SEED)
        self.node = Node(SETTINGS)
        self.addCleanup(self.node.clean_up)
        self.node.start()
        self.ledger = Ledger()

    def under_load(self, hurt):
        """Runs `hurt(round)` ROUNDS times, each at a random moment of the clients' work, then checks every promise."""
        stop = threading.Event()
        workers = [threading.Thread(target=work, args=(self.node, self.ledger, stop, n)) for n in range(CLIENTS)]
        for worker in workers:
            worker.start()
        try:
            for number in range(ROUNDS):
                goal = self.ledger.counts()[1] + self.choices.randint(PER_ROUND, 3 * PER_ROUND)
                until(f"the work of round {number}\n{self.node.tail()}",
                      lambda goal=goal: self.ledger.faults or self.ledger.counts()[1] >= goal)
                stop.wait(self.choices.random() * 0.1)  # anywhere within an upload, a sync, an image
                self.assertEqual(self.ledger.faults, [])
                hurt(number)
        finally:
            stop.set()
            for worker in workers:
                worker.join()
        self.assertEqual(self.ledger.faults, [])
        self.check_promises()
        self.assertEqual(self.node.stop(), 0, self.node.tail())

    def check_promises(self):
        client = self.node.client
        files, requests = self.ledger.files, self.ledger.requests
        for url, digest in files.items():
            answer = client.get(url)
            self.assertEqual(answer.status, 200, f"an acknowledged file is lost: {url} {answer}")
            self.assertEqual(hashlib.sha256(answer.body).hexdigest(), digest, f"a file has changed: {url}")
        for request_id, size in requests.items():
            record = client.finished(request_id, 4 * DEADLINE)
            self.assertEqual(record["status"], "processed", record)
            final = [e for e in record["timeline"] if e["status"] in ("processed", "failed", "cancelled")]
            self.assertEqual(len(final), 1, f"final more than once: {record}")
            self.assertEqual([o["name"] for o in record["outputs"]], ["a"])
            output = record["outputs"][0]
            answer = client.get(output["url"])
            self.assertEqual(answer.status, 200, f"an output is lost: {output} {answer}")
            self.assertEqual(image_facts(answer.body), (output["format"], *size))
            self.assertTrue(complete(answer.body), f"an output is cut: {output}")
            self.assertEqual(len(answer.body), output["size"])

        def told():
            waiting = [r for r in requests
                       if client.get(f"/requests/{r}").json()["notification"]["email"] != "sent"]
            return not waiting

        until("every owner is told", told, 2 * DEADLINE, 0.5)
        written = b"".join(m.read_bytes() for m in self.node.mails())
        for request_id in requests:
            self.assertIn(request_id.encode(), written, "a request without a message")
        print(f"{len(files)} files and {len(requests)} requests kept", flush=True)

    def test_kill_9_of_the_node(self):
        def hurt(_):
            self.node.kill()
            self.node.start()

        self.under_load(hurt)

    def test_kill_9_of_its_children(self):
        killed = []

        def hurt(_):
            for _ in range(3):
                alive = self.node.children()
                if alive:
                    victim = self.choices.choice(alive)
                    try:
                        os.kill(victim, signal.SIGKILL)
                        killed.append(victim)
                    except ProcessLookupError:
                        pass  # it had ended by itself

        self.under_load(hurt)
        self.assertTrue(killed, "no child was there to be killed")


if __name__ == "__main__":
    unittest.main()
