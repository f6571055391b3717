"""Cables between nodes are cut and mended: whoever has no majority says so, in time, and takes nothing."""

import time
import unittest

import own_machine
from network import NetworkCluster
from scenario import ANSWER, WORK, Scenario
from support import until

SILENCE = 6.0  # longer than an election, and than a link waits for a sign of its peer


class Cuts(Scenario):
    Cluster = NetworkCluster
    mails_again = True  # a node may send one and not be able to say so

    def setUp(self):
        if own_machine.why_not():
            raise unittest.SkipTest(f"no networks can be made here: {own_machine.why_not()}")
        super().setUp()

    def healed(self):
        self.cluster.heal()
        self.cluster.wait_ready()
        self.cluster.wait_led()

    def test_cut_a_leader_off(self):
        def hurt(load):
            victim = self.pick_leader()
            self.cluster.isolate(victim)
            self.refused(victim)
            load.more(WORK)
            self.refused(victim)
            self.assertNotEqual(self.cluster.members[victim].client(ANSWER).get("/readyz").status, 200,
                                f"{victim} reaches no majority and is ready")
            self.healed()

        self.under_load(hurt)

    def test_stop_a_node_that_is_cut_off(self):
        """It waits for nobody who cannot answer."""

        def hurt(load):
            victim = self.pick_leader()
            self.cluster.isolate(victim)
            load.more(WORK)
            self.assertEqual(self.cluster.stop(victim), 0, self.cluster.tail(victim))
            self.cluster.heal()
            self.cluster.start(victim)
            self.cluster.wait_ready()

        self.under_load(hurt)

    def test_deaf_and_mute(self):
        """One way only: a node that hears nothing, and one that nobody hears."""

        def hurt(load):
            for deaf in (True, False):
                victim = self.pick_leader()
                self.cluster.note(f"{victim} is {'deaf' if deaf else 'mute'}")
                for other in self.cluster.members:
                    if other != victim:
                        self.cluster.cut_one_way(*((other, victim) if deaf else (victim, other)))
                load.more(WORK)
                self.refused(victim)
                self.healed()
                load.more(self.choices.randint(1, WORK))

        self.under_load(hurt)

    def test_all_apart(self):
        def hurt(load):
            self.cluster.cut_all()
            for name in self.cluster.members:
                self.refused(name)
            self.healed()

        self.under_load(hurt)

    def test_a_bridge(self):
        """Two nodes that do not reach each other, and one that both reach."""

        def hurt(load):
            names = sorted(self.cluster.members)
            self.choices.shuffle(names)
            self.cluster.cut(names[0], names[1])
            end = time.monotonic() + SILENCE
            load.more(WORK)
            until("the silence is over", lambda: time.monotonic() > end)
            load.more(WORK)
            self.healed()

        self.under_load(hurt)

    def test_flapping(self):
        def hurt(load):
            for _ in range(8):
                victim = self.pick_node()
                self.cluster.isolate(victim)
                load.more(self.choices.randint(1, 4))
                for cut in self.choices.sample(sorted(self.cluster.cuts), len(self.cluster.cuts)):
                    self.cluster.heal(cut)
                load.more(self.choices.randint(1, 4))
            self.healed()

        self.under_load(hurt)

    def test_a_mixture(self):
        """Faults as they are drawn, one node at a time, and at times two of them on it."""

        def hurt(load):
            cluster = self.cluster
            for _ in range(6):
                victim = self.pick_node()
                faults = self.choices.sample(("kill", "pause", "cut"), self.choices.randint(1, 2))
                if "cut" in faults:
                    cluster.isolate(victim)
                if "pause" in faults:
                    cluster.pause(victim)
                load.more(self.choices.randint(1, WORK))
                if "kill" in faults:
                    cluster.kill(victim)
                    load.more(self.choices.randint(1, WORK))
                    if self.choices.random() < 0.5:
                        cluster.heal()
                    cluster.start(victim)
                elif "pause" in faults:
                    cluster.resume(victim)
                cluster.heal()
                cluster.wait_ready()

        self.under_load(hurt)
