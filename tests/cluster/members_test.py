#!/usr/bin/env python3
"""The nodes of a cluster change while clients work on it: `dip cluster apply`, and a node that comes back with an empty disk.

DIP_PROGRAM names the dip.
"""

import contextlib
import hashlib
import json
import os
import pathlib
import random
import secrets
import shutil
import signal
import subprocess
import unittest

from cluster import ROOT, SETTINGS, Cluster, Member, free_port, program, until
from load import Load, check_promises

WORK = 12
KILLS = 4
SEED = int(os.environ.get("DIP_SEED") or secrets.randbelow(1 << 31))
PARTITIONS = 8  # as SETTINGS has it
MOVED = 180.0  # seconds for everything to be where it should be


def placement(member):
    """What a node says of all nodes: {name: its placement, or None}."""
    answer = member.client(5).get("/cluster").json()
    return {n["name"]: n.get("placement") for n in answer["nodes"]}


def partition_of(name):
    """By the last two characters of its id (Crockford's base 32)."""
    identity = name.rpartition("/")[2].partition(".")[0]
    digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    return (digits.index(identity[-2]) * 32 + digits.index(identity[-1])) % PARTITIONS


def files_in(data):
    return {f.name for f in pathlib.Path(data).rglob("*") if f.is_file()}


class LaunchedMember(Member):
    """Another process than the test's own child."""

    runs = True


class MovingCluster(Cluster):
    """One that `dip cluster` runs, and whose cluster.conf is edited."""

    def __init__(self, names):
        super().__init__(0)
        self.addresses = {}
        self.edit(names)

    def edit(self, names):
        for name in names:
            if name not in self.addresses:
                self.addresses[name] = (LaunchedMember(name, self.home), free_port(), free_port())
        text = ""
        for name in names:
            member, actors, objects = self.addresses[name]
            text += f'[[node]]\nname = "{name}"\nhttp = {member.port}\nactors = {actors}\nobjects = {objects}\n'
            text += f'data = "{self.home}/{name}"\n\n'
        self.config.write_text(text + SETTINGS)

    def serves(self, names):
        self.members = {name: self.addresses[name][0] for name in names}

    def dip(self, *words, deadline=300):
        return subprocess.run([program(), "cluster", words[0], "--config", str(self.config), *words[1:]],
                              cwd=self.home, capture_output=True, text=True, timeout=deadline)

    def told(self, *words):
        self.note(" ".join(words))
        done = self.dip(*words)
        self.note(f"{words[0]} ended with {done.returncode}: {done.stdout!r} {done.stderr!r}")
        return done

    def apply(self, *words):
        return self.told("apply", *words)

    def check_alive(self):
        """The supervisor sees to that."""

    def clean_up(self):
        self.dip("down")
        shutil.rmtree(self.home, ignore_errors=True)


class Members(unittest.TestCase):
    def launched(self, names, name):
        cluster = MovingCluster(names)
        self.addCleanup(cluster.clean_up)
        self.addCleanup(self.report, cluster, name)
        cluster.serves(names)
        up = cluster.dip("up")
        self.assertEqual(up.returncode, 0, up.stderr)
        return cluster

    def report(self, cluster, name):
        if self._outcome.result.failures or self._outcome.result.errors:
            print("\n".join(cluster.schedule), flush=True)
            where = ROOT / os.environ.get("DIP_FAULT_LOGS", "build/faults") / name
            cluster.keep_logs(where)
            for log in cluster.home.rglob("*.log"):
                shutil.copy(log, where / log.name)
            print(f"the logs are in {where}", flush=True)

    def test_grow_and_shrink_under_load(self):
        cluster = self.launched(["n1", "n2", "n3"], "members-grow")
        with Load(cluster, "grow") as load:
            load.more(WORK)
            self.assertIn("nothing to do", cluster.apply("--yes").stdout)

            cluster.edit(["n1", "n2", "n3", "n4"])
            said = cluster.apply("--dry-run")
            self.assertEqual(said.returncode, 0, said.stderr)
            self.assertIn("added:   n4", said.stdout)
            self.assertIn("6 of 8 partitions", said.stdout)
            self.assertFalse((cluster.home / "n4").exists(), "a dry run has started something")
            unasked = subprocess.run([program(), "cluster", "apply", "--config", str(cluster.config)], cwd=cluster.home,
                                     stdin=subprocess.DEVNULL, capture_output=True, text=True)
            self.assertEqual(unasked.returncode, 1, unasked.stdout)
            self.assertIn("--yes", unasked.stderr)
            grown = cluster.apply("--yes")
            self.assertEqual(grown.returncode, 0, grown.stderr)
            cluster.serves(["n1", "n2", "n3", "n4"])
            self.check_settled(cluster)
            load.more(WORK)

            cluster.edit(["n1", "n2", "n4"])
            shrunk = cluster.apply("--yes")
            self.assertEqual(shrunk.returncode, 0, shrunk.stderr)
            self.assertIn("n3 is stopped", shrunk.stdout)
            cluster.serves(["n1", "n2", "n4"])
            self.check_settled(cluster)
            load.more(WORK)
        load.check()
        # What n3 had must not be needed: its disk is gone.
        shutil.rmtree(cluster.home / "n3")
        wrong = check_promises(cluster, load.ledger)
        self.assertEqual(wrong, [], "\n".join(wrong))
        for path in load.ledger.files:
            name = path.rpartition("/")[2]
            copies = sum(any(f.startswith(name) for f in files_in(cluster.home / n)) for n in cluster.members)
            self.assertGreaterEqual(copies, 2, f"{path} has {copies} copies")

    def test_kills_while_nodes_change(self):
        """A node dies and is started again, over and over, as one comes and one goes: replicas move all the same."""
        cluster = self.launched(["n1", "n2", "n3"], "members-kills")
        choices = random.Random(SEED)
        cluster.note(f"seed {SEED}")
        with Load(cluster, f"{SEED}") as load:
            load.more(WORK)
            cluster.edit(["n2", "n3", "n4"])
            with subprocess.Popen([program(), "cluster", "apply", "--config", str(cluster.config), "--yes"],
                                  cwd=cluster.home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as change:
                for _ in range(KILLS):
                    if change.poll() is not None:
                        break
                    self.kill_one(cluster, choices)
                    load.more(2)
                said, _ = change.communicate(timeout=300)
            cluster.note(f"apply ended with {change.returncode}: {said!r}")
            # One that a dead node could not answer says so, and watches on when it is typed again.
            again = cluster.apply("--yes")
            self.assertEqual(again.returncode, 0, again.stderr)
            cluster.serves(["n2", "n3", "n4"])
            self.check_settled(cluster)
            load.more(WORK)
        load.check()
        wrong = check_promises(cluster, load.ledger)
        self.assertEqual(wrong, [], "\n".join(wrong))
        cluster.same_state()

    def kill_one(self, cluster, choices):
        nodes = json.loads(cluster.dip("status", "--json").stdout)["nodes"]
        pids = {n["name"]: n["pid"] for n in nodes if n.get("pid")}
        if not pids:
            return
        name = choices.choice(sorted(pids))
        cluster.note(f"kill {name}")
        with contextlib.suppress(ProcessLookupError):
            os.kill(pids[name], signal.SIGKILL)

    def test_a_majority_is_lost_for_good(self):
        cluster = self.launched(["n1", "n2", "n3", "n4", "n5"], "members-recover")
        with Load(cluster, "recover") as load:
            load.more(4 * WORK)
        load.check()
        self.assertEqual(check_promises(cluster, load.ledger), [])
        kept = self.kept_by(cluster, {"n1", "n2"})
        self.assertIn("nothing to recover", cluster.told("recover", "--yes").stdout)

        self.assertEqual(cluster.dip("down").returncode, 0)
        for name in ("n3", "n4", "n5"):
            shutil.rmtree(cluster.home / name)
        cluster.edit(["n1", "n2"])
        cluster.serves(["n1", "n2"])
        said = cluster.told("recover", "--dry-run")
        self.assertEqual(said.returncode, 0, said.stderr)
        self.assertIn("is lost for good", said.stdout)
        self.assertIn("is the truth", said.stdout)
        self.assertEqual(cluster.told("recover").returncode, 1, "nobody was asked")
        self.assertNotEqual(cluster.members["n1"].client(5).get("/readyz").status, 200)

        done = cluster.told("recover", "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        cluster.wait_led()
        for path, digest in load.ledger.files.items():
            for name, member in cluster.members.items():
                answer = member.client(30).get(path)
                if partition_of(path) in kept:
                    self.assertEqual((answer.status, hashlib.sha256(answer.body).hexdigest()), (200, digest), (name, path))
                else:
                    self.assertEqual(answer.status, 404, (name, path))
        for request, size in load.ledger.requests.items():
            answer = cluster.members["n2"].client(30).get(f"/requests/{request}")
            self.assertEqual(answer.status, 200 if partition_of(request) in kept else 404, request)
        # It is a cluster like any other.
        with Load(cluster, "after") as more:
            more.more(4 * WORK)
        more.check()
        self.assertEqual(check_promises(cluster, more.ledger), [])

    def kept_by(self, cluster, names):
        """The partitions of which one of these has a copy."""
        picture = cluster.members["n1"].client(5).get("/cluster").json()
        return {p["partition"] for p in picture["partitions"] if names & {r["node"] for r in p["replicas"]}}

    def check_settled(self, cluster):
        """Each node says so, and each partition is kept and led by nodes of the file."""
        names = set(cluster.members)
        for name, member in cluster.members.items():
            seen = placement(member)
            self.assertEqual(set(seen), names, name)
            for node, p in seen.items():
                self.assertEqual(p, {"of": "8x3:" + ",".join(sorted(names)), "settled": True, "partitions": 0, "files": 0}, node)
        picture = next(iter(cluster.members.values())).client(5).get("/cluster").json()
        for partition in picture["partitions"]:
            self.assertIn(partition["leader"], names)
            self.assertEqual(len(partition["replicas"]), 3)

    def test_a_node_with_an_empty_disk(self):
        cluster = Cluster(3)
        self.addCleanup(cluster.clean_up)
        self.addCleanup(self.report, cluster, "members-empty")
        cluster.start().wait_ready()
        with Load(cluster, "empty") as load:
            load.more(WORK)
            cluster.kill("n2")
            load.more(WORK)
            shutil.rmtree(cluster.home / "n2")
            cluster.start("n2")
            cluster.wait_ready("n2")
            load.more(WORK)
        load.check()

        def back():
            seen = placement(cluster.members["n1"])
            return all(p and p["settled"] for p in seen.values())

        until("n2 has everything again", back, MOVED, 0.5)
        names = files_in(cluster.home / "n2")
        for path in load.ledger.files:
            name = path.rpartition("/")[2]
            self.assertTrue(any(f.startswith(name) for f in names), f"{path} is not on n2")
        wrong = check_promises(cluster, load.ledger)
        self.assertEqual(wrong, [], "\n".join(wrong))


if __name__ == "__main__":
    unittest.main(verbosity=2)
