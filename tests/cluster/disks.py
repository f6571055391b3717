"""Full disks: nothing new is taken where there is no room, nothing is lost, and with room work goes on."""

import contextlib
import os
import subprocess
import unittest

import own_machine
from cluster import Cluster
from scenario import Scenario
from support import png, until

MIB = 1024 * 1024


class SmallDiskCluster(Cluster):
    """Each node's data is on a file system of its own."""

    def __init__(self, nodes=3):
        super().__init__(nodes)
        for member in self.members.values():
            member.data.mkdir()
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512m", "tmpfs", str(member.data)], check=True)

    def fill(self, name, leave):
        """Takes what is free but `leave` bytes."""
        self.note(f"the disk of {name} is full")
        data = self.members[name].data
        with open(data / "filler", "ab") as filler:
            while True:
                stat = os.statvfs(data)
                more = stat.f_bavail * stat.f_frsize - leave
                if more <= 0:
                    return
                with contextlib.suppress(OSError):  # the node was quicker
                    os.posix_fallocate(filler.fileno(), os.fstat(filler.fileno()).st_size, more)

    def give_room(self, name):
        self.note(f"there is room on the disk of {name}")
        (self.members[name].data / "filler").unlink()

    def clean_up(self):
        for member in self.members.values():
            if member.process is not None:
                member.process.kill()
                member.process.wait()
                member.process = None
            subprocess.run(["umount", "-l", str(member.data)], check=False)
        super().clean_up()


class Disks(Scenario):
    Cluster = SmallDiskCluster
    mails_again = True

    def setUp(self):
        if own_machine.why_not():
            raise unittest.SkipTest(f"no file system can be mounted here: {own_machine.why_not()}")
        super().setUp()

    def upload(self, name):
        return self.cluster.members[name].client(40).upload(png(9, 9, seed=self.choices.randrange(1 << 30)))

    def sees_it(self, name):
        answer = until(f"{name} sees that its disk is full", lambda: (a := self.upload(name)).status != 201 and a)
        self.cluster.note(f"{name} answers an upload with {answer.status} {answer.code}")
        self.assertIn((answer.status, answer.code), ((507, "disk_full"), (503, "no_quorum")), answer)

    def test_one_disk_full(self):
        def hurt(load):
            victim = self.pick_leader()
            self.cluster.fill(victim, 48 * MIB)
            self.sees_it(victim)
            # Who wants something of a partition that it leads is told the same by all nodes; the other partitions go on.
            for name in self.cluster.members:
                if name != victim:
                    until(f"{name} takes uploads", lambda name=name: self.upload(name).status == 201)
            self.cluster.give_room(victim)
            until(f"{victim} takes uploads again", lambda: self.upload(victim).status == 201)

        self.under_load(hurt)

    def test_all_disks_full(self):
        def hurt(load):
            for name in self.cluster.members:
                self.cluster.fill(name, 48 * MIB)
            for name in self.cluster.members:
                self.sees_it(name)
            for name in self.cluster.members:
                self.cluster.give_room(name)
            for name in self.cluster.members:
                until(f"{name} takes uploads again", lambda name=name: self.upload(name).status == 201)

        self.under_load(hurt)
