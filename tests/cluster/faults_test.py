#!/usr/bin/env python3
"""What a cluster of real nodes has acknowledged is kept, and its clients get on, whatever happens to a minority of them.

  tests/cluster/faults_test.py [-k NAME] [--seed N] [--some N] [--list] [-v]

--seed draws the same again, as far as the machine does; --some takes so many scenarios, others each day. DIP_PROGRAM names the
dip, DIP_OTHER_PROGRAM an older one for the scenarios of two builds, DIP_FAULT_LOGS where the nodes' logs are kept when a scenario
fails (build/faults).
"""

import time

import own_machine
import scenario
from cuts import Cuts
from damage import Damage
from disks import Disks
from doors import Doors
from failpoints import Failpoints
from machines import Machines
from power import LyingDisks, Power
from scenario import WORK, Scenario
from versions import LongLog, Versions
from works import Works


class Kills(Scenario):
    mails_again = True

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
            leaders = self.cluster.wait_led()
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

    def test_kill_one_while_another_stands_still(self):
        """No majority; then one with the node that was killed, and without the one that knows the newest."""

        def hurt(load):
            first, second, third = self.choices.sample(sorted(self.cluster.members), 3)
            self.cluster.pause(first)
            self.cluster.kill(second)
            self.refused(third)
            self.cluster.start(second)
            self.cluster.wait_ready(second)
            self.cluster.wait_led()
            load.more(WORK)
            self.cluster.resume(first)
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


if __name__ == "__main__":
    own_machine.enter()
    scenario.run((Kills, Cuts, Damage, Disks, Doors, Failpoints, LyingDisks, Machines, Power, Versions, LongLog, Works), __doc__)
