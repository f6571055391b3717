#!/usr/bin/env python3
"""What a cluster of real nodes has acknowledged is kept, and its clients get on, whatever happens to a minority of them.

  tests/cluster/faults_test.py [-k NAME] [--seed N] [--some N] [-v]

--seed draws the same again, as far as the machine does; --some takes so many scenarios, others each day. DIP_PROGRAM names the
dip, DIP_FAULT_LOGS where the nodes' logs are kept when a scenario fails (build/faults).
"""

import argparse
import datetime
import os
import random
import sys
import time
import unittest

from cluster import ROOT, Cluster
from load import Load, check_promises

SEED = 0
WORK = 12  # acknowledged things between two faults, at least


class Faults(unittest.TestCase):
    nodes = 3

    def setUp(self):
        name = self.id().rpartition(".test_")[2]
        self.choices = random.Random(f"{SEED}-{name}")
        self.begun, self.passed = time.monotonic(), False
        self.cluster = Cluster(self.nodes)
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
        self.assertEqual(wrong, [], "\n".join(wrong))
        print(f"\n{len(load.ledger.files)} files and {len(load.ledger.requests)} requests kept; "
              f"{load.ledger.retries} calls were tried again, the longest took {load.ledger.slowest:.1f} s", flush=True)
        for name in self.cluster.members:
            self.assertEqual(self.cluster.stop(name), 0, self.cluster.tail(name))
        self.passed = True

    def pick_leader(self):
        """A node that leads, drawn by its partition."""
        self.cluster.wait_led()
        leaders = self.cluster.leaders()
        return leaders[self.choices.choice(sorted(leaders))]

    def test_kill_a_leader(self):
        def hurt(load):
            for _ in range(2):
                victim = self.pick_leader()
                self.cluster.kill(victim)
                self.cluster.wait_led()
                load.more(WORK)
                self.cluster.start(victim)
                self.cluster.wait_ready(victim)
                load.more(self.choices.randint(1, WORK))

        self.under_load(hurt)

    def test_kill_a_follower(self):
        def hurt(load):
            self.cluster.wait_led()
            leaders = self.cluster.leaders()
            partition = self.choices.choice(sorted(leaders))
            followers = [n for n in self.cluster.members if n != leaders[partition]]
            victim = self.choices.choice(followers)
            self.cluster.note(f"partition {partition} is led by {leaders[partition]}")
            self.cluster.kill(victim)
            load.more(2 * WORK)  # it has something to catch up with
            self.cluster.start(victim)
            self.cluster.wait_ready(victim)

        self.under_load(hurt)

    def test_kill_all(self):
        def hurt(load):
            for _ in range(2):
                self.cluster.kill(*self.cluster.members)
                self.cluster.start()
                self.cluster.wait_ready()
                load.more(self.choices.randint(1, WORK))

        self.under_load(hurt)

    def test_pause_a_node(self):
        def hurt(load):
            victim = self.pick_leader()
            self.cluster.pause(victim)
            end = time.monotonic() + 10  # longer than an election, and than its peers wait for a sign of it
            load.more(WORK)
            time.sleep(max(0.0, end - time.monotonic()))
            self.cluster.resume(victim)
            # It believes that it still leads: the clients ask it as well, and what they read must be the newest.
            load.more(2 * WORK)
            self.cluster.wait_ready()

        self.under_load(hurt)

    def test_rolling_restart(self):
        def hurt(load):
            for name in self.cluster.members:
                self.assertEqual(self.cluster.stop(name), 0, self.cluster.tail(name))
                load.more(self.choices.randint(1, WORK))
                self.cluster.start(name)
                self.cluster.wait_ready()  # all of them: as `dip cluster upgrade` does
                load.more(self.choices.randint(1, WORK))

        self.under_load(hurt)


def main():
    global SEED
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options.add_argument("--some", type=int, help="so many of the scenarios, others each day")
    options.add_argument("-k", action="append", default=[], help="those with this in their name")
    options.add_argument("--nodes", type=int, default=3)
    options.add_argument("-v", action="store_true")
    chosen = options.parse_args()
    SEED, Faults.nodes = chosen.seed, chosen.nodes
    names = unittest.defaultTestLoader.getTestCaseNames(Faults)
    if chosen.k:
        names = [n for n in names if any(k in n for k in chosen.k)]
    if chosen.some:
        first = datetime.date.today().toordinal() * chosen.some
        names = sorted({names[(first + i) % len(names)] for i in range(min(chosen.some, len(names)))})
    if not names:
        sys.exit("there is no such scenario")
    print(f"seed {SEED}: {', '.join(n.removeprefix('test_') for n in names)}", flush=True)
    run = unittest.TextTestRunner(verbosity=2).run(unittest.TestSuite(Faults(n) for n in names))
    sys.exit(not run.wasSuccessful())


if __name__ == "__main__":
    main()
