"""What all scenarios share: a cluster, clients that work on it while it is hurt, and the check of what they were told."""

import argparse
import datetime
import http.client
import os
import random
import shutil
import sys
import time
import unittest

from cluster import READY, ROOT, Cluster
from load import Load, check_mails, check_promises
from support import png, until

SEED = 0
NODES = 3
# A commit that finds no majority is given up after 15 s; what a call may take on top of it on a machine that is full.
ANSWER = 40.0
WORK = 12  # acknowledged things between two faults, at least


class Scenario(unittest.TestCase):
    Cluster = Cluster
    settings = {}  # for the cluster
    missing = None  # what it needs and does not have: it is skipped, and no turn of --some goes to it
    mails_again = False  # whether a node may have sent a mail without being able to say so, and another has sent it again

    def setUp(self):
        if self.missing:
            self.skipTest(self.missing)
        name = self.id().rpartition(".test_")[2]
        self.choices = random.Random(f"{SEED}-{name}")
        self.begun, self.passed = time.monotonic(), False
        self.cluster = self.Cluster(NODES, **self.settings)
        self.addCleanup(self.cluster.clean_up)
        self.addCleanup(self.report, name)
        self.cluster.start().wait_ready()

    def report(self, name):
        print(f"\n{name}, seed {SEED}, {time.monotonic() - self.begun:.0f} s")
        print("\n".join(self.cluster.schedule), flush=True)
        if not self.passed:
            where = ROOT / os.environ.get("DIP_FAULT_LOGS", "build/faults") / f"{name}-{SEED}"
            self.cluster.keep_logs(where)
            print(f"the logs are in {where}\nagain: tests/cluster/faults_test.py -k {name} --seed {SEED}", flush=True)

    def under_load(self, hurt):
        """Clients work while `hurt(load)` does what it does; then all is well again, and what they were told must be true."""
        with Load(self.cluster, f"{SEED}") as load:
            load.more(WORK)
            hurt(load)
            load.more(WORK)
        load.check()
        down = [n for n, m in self.cluster.members.items() if m.process is None]
        if down:
            self.cluster.start(*down)
        self.cluster.wait_ready()
        wrong = check_promises(self.cluster, load.ledger)
        wrong += check_mails(self.cluster, load.ledger, self.mails_again)
        self.cluster.same_state()
        self.assertEqual(wrong, [], "\n".join(wrong))
        print(f"\n{len(load.ledger.files)} files and {len(load.ledger.requests)} requests kept; "
              f"{load.ledger.retries} calls were tried again, the longest took {load.ledger.slowest:.1f} s", flush=True)
        self.finish()

    def finish(self):
        """All nodes end as they should: the last step of every scenario."""
        for name in self.cluster.members:
            self.assertEqual(self.cluster.stop(name), 0, self.cluster.tail(name))
        self.passed = True

    def refused(self, name):
        """The node takes nothing, and says so within the deadline."""
        begun = time.monotonic()
        try:
            answer = self.cluster.members[name].client(ANSWER).upload(png(9, 9, seed=self.choices.randrange(1 << 30)))
        except (OSError, http.client.HTTPException) as problem:
            self.fail(f"{name} did not answer in {ANSWER:.0f} s: {problem!r}")
        self.cluster.note(f"{name} answers an upload with {answer.status} after {time.monotonic() - begun:.1f} s")
        self.assertEqual((answer.status, answer.code), (503, "no_quorum"), f"{name} has no majority, and took an upload")

    # ── a node that comes back ──

    def votes_again(self, name):
        """Until it is a voter in every partition: until then it is missed by none."""
        other = next(m for n, m in self.cluster.members.items() if n != name)

        def votes():
            picture = other.client(20).get("/cluster").json()
            return all({"node": name, "role": "voter"}.items() <= r.items()
                       for p in picture["partitions"] for r in p["replicas"] if r["node"] == name)

        until(f"{name} is a voter again", votes, READY, 0.1)
        self.cluster.note(f"{name} votes again")

    def caught_up(self, name):
        """Until it has applied all that the others had when this was asked."""

        def applied():
            """{(partition, node): index}, as the node itself sees it."""
            answer = self.cluster.members[name].client(20).get("/cluster").json()
            return {(p["partition"], r["node"]): r["applied"] or 0 for p in answer["partitions"] for r in p["replicas"]}

        goals = {}
        for (partition, _), index in applied().items():
            goals[partition] = max(goals.get(partition, 0), index)
        until(f"{name} has caught up",
              lambda: (now := applied()) and all(now.get((p, name), 0) >= index for p, index in goals.items()), READY)
        self.cluster.note(f"{name} has caught up")

    def wipe(self, victim):
        for path in self.cluster.members[victim].data.iterdir():
            if path.name == "outbox":
                continue  # of those mails the checker wants to know
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        return "its data is gone"

    # ── choices ──

    def pick_leader(self):
        """A node that leads, drawn by its partition."""
        leaders = self.cluster.wait_led()
        return leaders[self.choices.choice(sorted(leaders))]

    def pick_node(self):
        return self.choices.choice(sorted(self.cluster.members))


def scenarios(classes):
    loader = unittest.defaultTestLoader
    return {name.removeprefix("test_"): (c, name) for c in classes for name in loader.getTestCaseNames(c)}


def run(classes, about):
    global SEED, NODES
    options = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options.add_argument("--some", type=int, help="so many of the scenarios, others each day")
    options.add_argument("-k", action="append", default=[], help="those with this in their name")
    options.add_argument("--nodes", type=int, default=3)
    options.add_argument("--list", action="store_true")
    options.add_argument("-v", action="store_true")
    chosen = options.parse_args()
    SEED, NODES = chosen.seed, chosen.nodes
    known = scenarios(classes)
    names = [n for n in known if not chosen.k or any(k in n for k in chosen.k)]
    if chosen.list:
        print("\n".join(names))
        return
    if chosen.some:
        names = [n for n in names if not known[n][0].missing]
        first = datetime.date.today().toordinal() * chosen.some
        names = sorted({names[(first + i) % len(names)] for i in range(min(chosen.some, len(names)))})
    if not names:
        sys.exit("there is no such scenario")
    print(f"seed {SEED}: {', '.join(names)}", flush=True)
    suite = unittest.TestSuite(known[n][0](known[n][1]) for n in names)
    sys.exit(not unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful())
