"""A node that ends just before, after, or amid what must be whole: a write, a sync, a name, an answer, a state that it gets.

The points are in the sources, and do nothing there; tests/failpoints has the node that ends at them.
"""

import itertools
import pathlib
import re
import shutil
import signal
import struct

import cluster
from cluster import READY, ROOT
from scenario import Scenario
from support import program, until

LEADER, FOLLOWER = "leader", "follower"
BOTH = (LEADER, FOLLOWER)
# {point: (who comes by there, what has it come by)}; work alone, where nothing is said.
POINTS = {
    "before_log_write": (BOTH, None),
    "before_log_sync": (BOTH, None),
    "after_log_sync": (BOTH, None),
    "before_marks_write": (BOTH, None),
    "after_marks_sync": (BOTH, None),
    "before_apply": (BOTH, None),
    "after_apply": (BOTH, None),
    "before_answer": ((LEADER,), None),
    "before_table_flush": (BOTH, None),
    "before_log_cut": (BOTH, None),
    "after_log_cut": (BOTH, None),
    "before_object_sync": (BOTH, None),
    "before_object_name": (BOTH, None),
    "after_object_name": (BOTH, None),
    "before_publish": (BOTH, None),
    "after_delivery": (BOTH, None),
    "before_vote_write": ((FOLLOWER,), "election"),
    "after_vote_sync": ((FOLLOWER,), "election"),
    "before_transfer": ((LEADER,), "drain"),
    "before_state_piece": ((FOLLOWER,), "no state"),
    "before_install": ((FOLLOWER,), "no state"),
    "amid_install": ((FOLLOWER,), "no state"),
    "before_install_ends": ((FOLLOWER,), "no state"),
}
# What many pass at a time is not always left at the first.
OFTEN = ("log_write", "log_sync", "apply", "answer", "object_sync", "object_name", "publish")


def in_the_sources():
    folders = ("core", "storage", "consensus", "actors", "runtime", "http", "notify", "imaging", "net")
    files = itertools.chain.from_iterable((ROOT / folder).rglob("*.cpp") for folder in folders)
    return sorted(set(re.findall(r'failpoint\("(\w+)"\)', "".join(f.read_text() for f in files))))


class FrailMember(cluster.Member):
    def __init__(self, name, home):
        super().__init__(name, home)
        self.order = home / f"{name}.failpoint"
        self.order.write_bytes(bytes(64))
        self.environment = {"DIP_FAILPOINT": str(self.order)}
        self.program = str(pathlib.Path(program()).with_name("failpoint_node"))

    def fail_at(self, point, times):
        # How often comes last: from then on it counts.
        with self.order.open("r+b", buffering=0) as file:
            file.write(struct.pack("56s", point.encode()))
            file.write(struct.pack("q", times))


class FrailCluster(cluster.Cluster):
    Member = FrailMember

    def __init__(self, nodes=3):
        # One partition: a node leads, or follows.
        super().__init__(nodes, cluster.SETTINGS.replace("partitions = 8", "partitions = 1"))


class Failpoints(Scenario):
    Cluster = FrailCluster
    mails_again = True

    def test_crash_at_each_failpoint(self):
        """Once as leader and once as follower, where both come by."""
        self.assertEqual(in_the_sources(), sorted(POINTS), "this table does not have the points of the sources")
        turns = [(point, role) for point, (roles, _) in POINTS.items() for role in roles]
        self.choices.shuffle(turns)

        def hurt(load):
            for point, role in turns:
                self.crash_at(load, point, role)

        self.under_load(hurt)

    def crash_at(self, load, point, role):
        leader = self.cluster.wait_led()[0]
        victim = leader if role == LEADER else self.choices.choice([n for n in self.cluster.members if n != leader])
        times = self.choices.randint(1, 12) if point.endswith(OFTEN) else 1
        self.cluster.note(f"{victim}, {role}: ends at {point}, the {times}. time")
        member, by = self.cluster.members[victim], POINTS[point][1]
        if by == "no state":
            self.cluster.kill(victim)
            shutil.rmtree(member.data / "state")  # and not its files: another node may have lost those before
            load.more(2)
            member.fail_at(point, times)
            self.cluster.start(victim)
        else:
            member.fail_at(point, times)
        process, member.process = member.process, None  # it may end by itself from now on
        if by == "drain":
            process.send_signal(signal.SIGTERM)
        elif by == "election":
            self.cluster.kill(leader)
        until(f"{victim} has ended at {point}", lambda: process.poll() is not None, READY)
        self.assertEqual(process.returncode, -signal.SIGKILL, f"{victim} ended by itself\n{self.cluster.tail(victim)}")
        if by == "election":
            self.cluster.start(leader)
        load.more(2)
        self.cluster.start(victim)
        self.cluster.wait_ready(victim)
        if by == "no state":
            self.votes_again(victim)
