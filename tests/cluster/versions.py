"""Two builds of dip in one cluster: the newer one comes node by node, and a node goes back to the older one."""

import os
import time

from cluster import READY, SETTINGS, Cluster, Member
from scenario import WORK, Scenario
from support import program, until

OTHER = "DIP_OTHER_PROGRAM"
REST = 5.0  # seconds, of several elections
# What each node says with the help of all others: an answer that only one of the builds can read is missed here.
PICTURES = ("/queues", "/topics", "/actors?limit=500", "/requests?limit=50", "/audit")
# A log is cut for the second time when it has so many entries, and then it has lost its beginning.
LONG = 2 * 4096


class EitherMember(Member):
    def __init__(self, name, home):
        super().__init__(name, home)
        self.program = program(OTHER)

    @property
    def older(self):
        return self.program is not None


class MixedCluster(Cluster):
    """Begins with the older build, which DIP_OTHER_PROGRAM names."""

    Member = EitherMember

    def give(self, name, older):
        self.note(f"{name} is of the {'older' if older else 'newer'} build")
        self.members[name].program = program(OTHER) if older else None


class Builds(Scenario):
    Cluster = MixedCluster
    missing = None if os.environ.get(OTHER) else f"{OTHER} names no other build of dip"
    mails_again = True

    def goes_over(self, name, load=None, older=False, wiped=False):
        """The node is stopped, and goes on as the other build: with what it has, or `wiped`, with what the others give it."""
        self.assertEqual(self.cluster.stop(name), 0, self.cluster.tail(name))
        self.cluster.give(name, older)
        if wiped:
            self.cluster.note(f"{name}: {self.wipe(name)}")
        if load:
            load.more(self.choices.randint(1, WORK))
        self.cluster.start(name)
        self.cluster.wait_ready()  # all of them: as `dip cluster upgrade` does
        if wiped:
            self.votes_again(name)
        self.caught_up(name)
        if load:
            load.more(self.choices.randint(1, WORK))


class Versions(Builds):
    def leader(self, older):
        """A node of that build, as soon as one leads something."""

        def leads():
            return sorted({n for n in self.cluster.leaders().values() if n and self.cluster.members[n].older == older})

        return self.choices.choice(until(f"the {'older' if older else 'newer'} build leads something", leads, READY))

    def mixed(self, load):
        """Each build applies what the other has ordered: leaders of both die, and those that are left take over."""
        for older in self.choices.sample((False, True), 2):
            victim = self.leader(older)
            self.cluster.note(f"{victim}, of the {'older' if older else 'newer'} build, leads")
            self.cluster.kill(victim)
            self.cluster.wait_led()
            load.more(WORK)
            self.cluster.start(victim)
            self.cluster.wait_ready()
            load.more(WORK)
        self.cluster.same_state(at_once=False)
        self.cluster.note("all copies were the same")

    def test_mixed_versions(self):
        def hurt(load):
            first, second, third = self.choices.sample(sorted(self.cluster.members), 3)
            self.goes_over(first, load, wiped=True)  # the older build gives it everything
            self.mixed(load)
            self.goes_over(second, load)
            self.mixed(load)
            self.goes_over(third, load, older=True, wiped=True)  # and the newer one
            self.goes_over(second, load, older=True)  # the way back, with what the newer one has written
            self.mixed(load)
            self.goes_over(second, load)
            self.goes_over(third, load)

        self.under_load(hurt)

    # ── without load, which would hide that a heartbeat is not understood ──

    def terms(self):
        picture = self.cluster.members["n1"].client(20).get("/cluster").json()
        return {p["partition"]: (p["leader"], p["term"]) for p in picture["partitions"]}

    def quiet(self):
        before = self.terms()
        time.sleep(REST)
        return self.terms() == before and all(leader for leader, _ in before.values())

    def pictures(self):
        for name, member in self.cluster.members.items():
            for path in PICTURES:

                def whole(path=path, member=member):
                    answer = member.client(20).get(path)
                    self.assertEqual(answer.status, 200, f"{path} of {member.name}: {answer}")
                    return not answer.json().get("unreachable")

                until(f"{path} of {name} has all nodes in it", whole, READY, 0.2)

    def test_mixed_versions_at_rest(self):
        for name in self.choices.sample(sorted(self.cluster.members), 2):
            self.goes_over(name)
            until("nobody stands for election", self.quiet, 6 * REST)
            self.cluster.note(f"nobody has stood for election for {REST:.0f} s")
            self.pictures()
        self.cluster.same_state()
        self.finish()


class LongLog(Builds):
    settings = {"settings": SETTINGS.replace("partitions = 8", "partitions = 1")}

    def entries(self, name):
        """Of the only log: its last, and how many the node has written since it was started."""
        client = self.cluster.members[name].client(20)
        written = [line for line in client.get("/metrics").body.decode().splitlines() if line.startswith("dip_log_entries_total")]
        last = next(r["log"]["index"] for r in client.get("/cluster").json()["partitions"][0]["replicas"] if r["node"] == name)
        return last, int(written[0].split()[-1])

    def got_a_state(self, name):
        last, written = self.entries(name)
        self.cluster.note(f"{name} has {written} entries of {last}")
        self.assertLess(written, last - LONG // 4, f"{name} was given the log from its beginning")

    def test_state_between_versions(self):
        """A log has lost its beginning: who has nothing gets the state, as rows that the other build has written."""

        def hurt(load):
            first, second, third = self.choices.sample(sorted(self.cluster.members), 3)
            while self.entries(first)[0] < LONG + 100:
                load.more(WORK)
            self.goes_over(first, load, wiped=True)
            self.got_a_state(first)
            self.goes_over(second, load)
            self.goes_over(third, load, older=True, wiped=True)
            self.got_a_state(third)
            self.goes_over(third, load)

        self.under_load(hurt)
