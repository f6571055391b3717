"""A cluster whose nodes have an address each, in a network of their own, so that cables between them can be cut.

    tests (10.77.0.254) ── bridge ─┬─ n1 (10.77.0.1)
                                   ├─ n2 (10.77.0.2)
                                   └─ n3 (10.77.0.3)

A cut is made where packets arrive, and drops them without a word, in one direction; the tests reach every node always.
"""

import itertools
import subprocess

import cluster

NET = "10.77.0"
BRIDGE = "dip0"


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)


class NetworkMember(cluster.Member):
    def __init__(self, name, home):
        super().__init__(name, home)
        self.number = int(name[1:])
        self.host = f"{NET}.{self.number}"
        self.prefix = ("ip", "netns", "exec", name)


class NetworkCluster(cluster.Cluster):
    Member = NetworkMember
    secured = True  # as it must be beyond loopback

    def __init__(self, nodes=3, settings=cluster.SETTINGS):
        super().__init__(nodes, settings)
        self.cuts = set()  # (from, to)
        self.lay()

    def lay(self):
        ip("link", "add", BRIDGE, "type", "bridge")
        ip("addr", "add", f"{NET}.254/24", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        for name, member in self.members.items():
            ip("netns", "add", name)
            ip("link", "add", f"cable-{name}", "type", "veth", "peer", "name", "eth0", "netns", name)
            ip("link", "set", f"cable-{name}", "master", BRIDGE, "up")
            ip("-n", name, "addr", "add", f"{member.host}/24", "dev", "eth0")
            ip("-n", name, "link", "set", "eth0", "up")
            ip("-n", name, "link", "set", "lo", "up")
            # What arrives asks this table first; behind it there is room for rules that drop.
            ip("-n", name, "rule", "add", "pref", "100", "lookup", "local")
            ip("-n", name, "rule", "del", "pref", "0")

    def cut_one_way(self, sender, receiver):
        if (sender, receiver) not in self.cuts:
            source = self.members[sender]
            ip("-n", receiver, "rule", "add", "pref", str(source.number), "from", source.host, "blackhole")
            self.cuts.add((sender, receiver))
            self.note(f"cut {sender} → {receiver}")

    def cut(self, one, other):
        self.cut_one_way(one, other)
        self.cut_one_way(other, one)

    def isolate(self, name):
        for other in self.members:
            if other != name:
                self.cut(name, other)

    def cut_all(self):
        for one, other in itertools.combinations(self.members, 2):
            self.cut(one, other)

    def heal(self, *cuts):
        """These, or all."""
        for sender, receiver in sorted(cuts or self.cuts):
            ip("-n", receiver, "rule", "del", "pref", str(self.members[sender].number))
            self.cuts.remove((sender, receiver))
            self.note(f"heal {sender} → {receiver}")

    def clean_up(self):
        super().clean_up()
        # A namespace goes when the last process in it has gone, which is not now: its cable is taken out first.
        for name in self.members:
            subprocess.run(["ip", "link", "del", f"cable-{name}"], check=False)
            subprocess.run(["ip", "netns", "del", name], check=False)
        subprocess.run(["ip", "link", "del", BRIDGE], check=False)
