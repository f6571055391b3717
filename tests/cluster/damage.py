"""What is on the disk of one node is damaged or gone: it notices, others go on, and it has everything again."""

import hashlib
import pathlib
import shutil
import time

from cluster import READY
from scenario import WORK, Scenario
from support import until


def flip(file, choices, bits=3):
    data = bytearray(file.read_bytes())
    for _ in range(bits):
        data[choices.randrange(len(data) // 4, len(data))] ^= 1 << choices.randrange(8)
    file.write_bytes(data)


def truncate(file):
    size = file.stat().st_size
    with file.open("r+b") as f:
        f.truncate(size // 2)


class Damage(Scenario):
    mails_again = True

    def files(self, name, kind):
        """Those of its database, the largest first."""
        found = [f for f in (self.cluster.members[name].data / "state" / "db").glob(kind) if f.stat().st_size > 64]
        return sorted(found, key=lambda f: -f.stat().st_size)

    def comes_back(self, load, victim, wiped=False):
        """And counts again: with it, and without another one, there is a majority."""
        self.cluster.start(victim)
        self.cluster.wait_ready(victim)
        if self.set_aside(victim) or wiped:
            self.votes_again(victim)
        load.more(2 * WORK)
        self.caught_up(victim)
        others = [n for n in self.cluster.members if n != victim]
        gone = self.choices.choice(others)
        self.cluster.kill(gone)
        self.cluster.wait_led()
        load.more(WORK)
        self.cluster.start(gone)
        self.cluster.wait_ready()

    def set_aside(self, name):
        return sorted(p.name for p in self.cluster.members[name].data.glob("state.damaged.*"))

    def damaged(self, load, hurt, wiped=False):
        victim = self.pick_node()
        load.more(2 * WORK)
        self.cluster.kill(victim)
        self.cluster.note(f"{victim}: {hurt(victim)}")
        load.more(WORK)
        self.comes_back(load, victim, wiped)
        return victim

    def test_damaged_log(self):
        def hurt(load):
            def flipped(victim):
                file = self.files(victim, "*.log")[0]
                flip(file, self.choices)
                return f"bits of {file.name} flipped"

            victim = self.damaged(load, flipped)
            self.assertTrue(self.set_aside(victim), f"{victim} went on with a damaged log")

        self.under_load(hurt)

    def test_truncated_log(self):
        def hurt(load):
            def cut(victim):
                file = self.files(victim, "*.log")[0]
                truncate(file)
                return f"half of {file.name} cut off"

            victim = self.damaged(load, cut)
            self.assertTrue(self.set_aside(victim), f"{victim} went on with a shorter log than it had confirmed")

        self.under_load(hurt)

    def test_deleted_log(self):
        def hurt(load):
            def delete(victim):
                gone = self.files(victim, "*.log")
                for file in gone:
                    file.unlink()
                return f"{', '.join(f.name for f in gone)} deleted"

            victim = self.damaged(load, delete)
            self.assertTrue(self.set_aside(victim), f"{victim} went on without its log")

        self.under_load(hurt)

    def test_older_state(self):
        """A disk that was put back from a copy: whole in itself, and older than what the node has confirmed."""

        def hurt(load):
            victim = self.pick_node()
            state, copy = self.cluster.members[victim].data / "state" / "db", self.cluster.home / "copy"
            self.cluster.kill(victim)
            shutil.copytree(state, copy)
            self.cluster.start(victim)
            self.cluster.wait_ready(victim)
            load.more(2 * WORK)
            self.cluster.kill(victim)
            shutil.rmtree(state)
            shutil.copytree(copy, state)
            self.cluster.note(f"{victim}: its database is the older one")
            load.more(WORK)
            self.comes_back(load, victim)
            self.assertTrue(self.set_aside(victim), f"{victim} went on with an older log than it had confirmed")

        self.under_load(hurt)

    def test_wiped_node(self):
        self.under_load(lambda load: self.damaged(load, self.wipe, wiped=True))

    def test_killed_while_it_gets_everything(self):
        """What it had of another's state when it died is no state; it begins again."""

        def hurt(load):
            def wipe_and_kill(victim):
                said = self.wipe(victim)
                for _ in range(4):
                    self.cluster.start(victim)
                    time.sleep(self.choices.uniform(0.3, 1.5))  # the moment is drawn, not waited for
                    self.cluster.kill(victim)
                return said

            self.damaged(load, wipe_and_kill, wiped=True)

        self.under_load(hurt)

    # ── object files ──

    def copies(self, name, bucket="rtp-request-files"):
        return sorted(p for p in (self.cluster.members[name].data / "objects" / bucket).rglob("*") if p.is_file())

    def hurt_files(self, name, keys):
        for file in self.copies(name):
            if file.name in keys:
                if self.choices.random() < 0.5:
                    file.unlink()
                else:
                    flip(file, self.choices)

    def whole(self, load, name, keys):
        digests = {path.rpartition("/")[2]: digest for path, digest in load.ledger.files.items()}
        there = {f.name: f for f in self.copies(name)}
        return all(k in there and hashlib.sha256(there[k].read_bytes()).hexdigest() == digests[k] for k in keys)

    def test_damaged_copies(self):
        """Of files on one node, then on two of three: all nodes give the right bytes, and reading mends the copy.

        The nodes are down meanwhile: one that runs has small files that it gave lately in memory, and would not look.
        """

        def hurt(load):
            self.everywhere(load)
            keys = sorted(pathlib.PurePath(path).name for path in list(load.ledger.files))
            for victims in (1, 2):
                names = self.choices.sample(sorted(self.cluster.members), victims)
                chosen = set(self.choices.sample(keys, min(6, len(keys))))
                self.cluster.kill(*names)
                for name in names:
                    self.hurt_files(name, chosen)
                self.cluster.note(f"{len(chosen)} files are missing or damaged on {', '.join(names)}")
                self.cluster.start(*names)
                self.cluster.wait_ready()
                for name, member in self.cluster.members.items():
                    for key in chosen:
                        path = f"/files/rtp-request-files/{key}"
                        answer = member.client(30).get(path)
                        self.assertEqual(answer.status, 200, f"{path} of {name}: {answer}")
                        self.assertEqual(hashlib.sha256(answer.body).hexdigest(), load.ledger.files[path],
                                         f"{name} gave other bytes than were uploaded")
                for name in names:
                    until(f"the copies on {name} are mended", lambda name=name: self.whole(load, name, chosen), READY, 0.1)
                    self.cluster.note(f"{name} has them again")
                load.more(WORK)

        self.under_load(hurt)

    def everywhere(self, load):
        """Until what is acknowledged so far is on every node, and not on a majority only."""
        keys = {pathlib.PurePath(path).name for path in list(load.ledger.files)}
        for name in self.cluster.members:
            until(f"{name} has all files", lambda name=name: keys <= {f.name for f in self.copies(name)}, READY, 0.1)
