"""Machines that go wrong under a node: clocks that jump, disks that are slow, disks that fail."""

import pathlib
import subprocess

import cluster
from scenario import WORK, Scenario
from support import until

HOUR = 3_600_000  # milliseconds


class BrittleMember(cluster.Member):
    def __init__(self, name, home):
        super().__init__(name, home)
        self.faults = home / f"{name}.faults"
        self.environment = {"LD_PRELOAD": str(home / "machine_faults.so"), "DIP_MACHINE_FAULTS": str(self.faults),
                            "ASAN_OPTIONS": cluster.ENVIRONMENT["ASAN_OPTIONS"] + ":verify_asan_link_order=0"}

    def set(self, **faults):
        # In one step: the node reads it at any moment.
        fresh = self.faults.with_suffix(".new")
        fresh.write_text("".join(f"{name} {value}\n" for name, value in faults.items()))
        fresh.rename(self.faults)


class BrittleCluster(cluster.Cluster):
    Member = BrittleMember

    def __init__(self, nodes=3, settings=cluster.SETTINGS):
        super().__init__(nodes, settings)
        source = pathlib.Path(__file__).with_name("machine_faults.c")
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", str(self.home / "machine_faults.so"), str(source)], check=True)

    def fault(self, name, **faults):
        self.note(f"{name}: {', '.join(f'{k} {v}' for k, v in faults.items()) or 'its machine is well again'}")
        self.members[name].set(**faults)


class Machines(Scenario):
    Cluster = BrittleCluster
    mails_again = True

    def test_clocks_jump(self):
        """What is measured is measured by clocks that do not jump: no lease ends early, nothing expires."""

        def hurt(load):
            for ahead in (HOUR, -HOUR):
                victim = self.pick_leader()
                self.cluster.fault(victim, clock_ms=ahead)
                load.more(WORK)
                self.cluster.wait_led()
            for _ in range(20):
                for name in self.cluster.members:
                    self.cluster.members[name].set(clock_ms=self.choices.randint(-200, 200))
                load.more(2)
            for name in self.cluster.members:
                self.cluster.fault(name)

        self.under_load(hurt)

    def test_slow_disk(self):
        """Of one node: the others lead for it. How much that costs is measured in bench/cluster."""

        def hurt(load):
            victim = self.pick_leader()
            leads = lambda: victim in self.cluster.leaders().values()  # noqa: E731
            self.cluster.fault(victim, sync_delay_ms=500)
            load.more(2 * WORK)
            until(f"{victim} leads nothing", lambda: not leads(), cluster.READY)
            load.more(WORK)
            self.cluster.fault(victim)
            load.more(WORK)
            until(f"{victim} leads again", leads, cluster.READY)

        self.under_load(hurt)

    def test_failing_disk(self):
        """What cannot be synced ends the process, and the others go on; with a disk that works it has everything again."""

        def hurt(load):
            victim = self.pick_leader()
            member = self.cluster.members[victim]
            process, member.process = member.process, None  # it may end by itself from now on
            self.cluster.fault(victim, sync_fails=1)
            until(f"{victim} has ended", lambda: process.poll() is not None, cluster.READY)
            self.cluster.note(f"{victim} ended by itself with {process.returncode}")
            self.assertNotEqual(process.returncode, 0)
            load.more(WORK)
            self.cluster.fault(victim)
            self.cluster.start(victim)
            self.cluster.wait_ready(victim)
            load.more(WORK)

        self.under_load(hurt)
