"""Power that fails: what was written and not synced is lost, all of it or some, as POSIX lets a disk do it."""

import ctypes
import os
import pathlib
import struct
import subprocess
import time

import cluster
import scenario
from load import Load, check_promises
from scenario import WORK, Scenario

SLOW = 8  # milliseconds, as a disk that turns
COPIED_WHOLE = 128 * 1024  # as in power_loss.c
LIBC = ctypes.CDLL(None, use_errno=True)


def name_of(path):
    """As power_loss.c has it."""
    s = ctypes.create_string_buffer(256)
    if LIBC.statx(-100, os.fsencode(path), 0x100, 0xfff, s):  # AT_FDCWD, AT_SYMLINK_NOFOLLOW
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(path))
    mode, inode, (second, nano) = *struct.unpack_from("=H2xQ", s, 28), struct.unpack_from("=qI", s, 80)
    kind = {0o040000: "d", 0o100000: "f"}.get(mode & 0o170000, "o")
    return f"{kind}{inode}-{second}-{nano}"


def build(folder):
    library = pathlib.Path(folder, "power_loss.so")
    source = pathlib.Path(__file__).with_name("power_loss.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", str(library), str(source)], check=True)
    return library


def write(file, data):
    """The ballast is all zeros, and long."""
    if not file.exists() or file.read_bytes() != data:
        file.write_bytes(data.rstrip(b"\0"))
        os.truncate(file, len(data))


class Disk:
    """Of one node: `data` is what it has written, `synced` what power_loss.c has seen to be synced of it."""

    def __init__(self, data, synced):
        self.data, self.synced = pathlib.Path(data), pathlib.Path(synced)
        self.synced.mkdir(exist_ok=True)

    def environment(self, library, lies="", slow=0):
        return {"LD_PRELOAD": str(library), "DIP_POWER_DATA": str(self.data), "DIP_POWER_SYNCED": str(self.synced),
                "DIP_POWER_LIES": lies, "DIP_POWER_SLOW": str(slow),
                "ASAN_OPTIONS": cluster.ENVIRONMENT["ASAN_OPTIONS"] + ":verify_asan_link_order=0"}

    def lose_power(self, choices, lost, holes=False):
        """No process may run on it. `lost` of what was not synced is not there afterwards: 1 is all. Returns what was lost."""
        self.data.mkdir(exist_ok=True)
        self.choices, self.lost, self.holes, self.report = choices, lost, holes, {"entries": 0, "bytes": 0}
        self.written, self.paths, self.torn = {}, {}, []
        for at, folders, files in os.walk(self.data):
            names = {n: name_of(os.path.join(at, n)) for n in folders + files}
            self.written[name_of(at)] = names
            self.paths.update({key: pathlib.Path(at, n) for n, key in names.items()})
        self.kept = {f.name: self.entries(f) for f in self.synced.glob("d*[0-9]")}
        self.draw_entries()
        after = self.data.with_name(self.data.name + ".after")
        self.make_folder(name_of(self.data), after)
        self.data.rename(self.data.with_name(f"{self.data.name}.before.{time.monotonic_ns()}"))
        after.rename(self.data)
        self.settle()
        return ", ".join([f"{n} {what}" for what, n in self.report.items()] + [f"{name} is torn" for name in self.torn])

    def draw_entries(self):
        """{folder: {name: file}} in `kept`. A rename is one change: of its two names both are as before, or neither."""
        parent, drawn, changed = {}, {}, []

        def root(key):
            while parent.setdefault(key, key) != key:
                key = parent[key]
            return key

        for folder in {**self.kept, **self.written}:
            old, new = self.kept.setdefault(folder, {}), self.written.get(folder, {})
            for name in sorted({**old, **new}):
                if old.get(name) != new.get(name):
                    changed.append((folder, name, old.get(name), new.get(name)))
                    if name in old and name in new:
                        parent[root(old[name])] = root(new[name])
        for folder, name, old, new in changed:
            group = root(old or new)
            if group not in drawn:
                drawn[group] = self.choices.random() < self.lost
            if drawn[group]:
                self.report["entries"] += 1
            elif new:
                self.kept[folder][name] = new
            else:
                del self.kept[folder][name]

    def make_folder(self, key, to):
        to.mkdir(mode=0o750)
        for name, child in sorted(self.kept.get(key, {}).items()):
            if child.startswith("d"):
                self.make_folder(child, to / name)
            elif child.startswith("f"):
                self.make_file(child, to / name)

    def make_file(self, key, to):
        synced, path = self.synced / key, self.paths.get(key)
        old = synced.read_bytes() if synced.exists() else b""
        new = path.read_bytes() if path else old
        now = old if old == new else self.draw_bytes(to.name, old, new)
        if path and now == new:
            os.link(path, to)
        else:
            write(to, now)
            self.report["bytes"] += len(new) - len(now)

    def draw_bytes(self, name, old, new):
        """From the first byte on that differs the old ones may be there, or the new, or both, with a seam. With a hole: the length of
        what was appended, and not all of its bytes."""
        same = os.path.commonprefix([old, new[:len(old)]]) if len(old) <= COPIED_WHOLE else old
        assert new.startswith(same[:len(new)]), f"{name} is long and was changed where it had been synced: power_loss.c cannot know"
        if self.lost == 1 or self.choices.random() < self.lost / 2:
            return old
        if self.choices.random() > self.lost:
            return new
        seam = self.choices.randint(len(same), max(len(old), len(new)))
        self.torn.append(name)
        if self.holes and len(new) > len(old) and self.choices.random() < 0.5:
            return new[:seam] + bytes(len(new) - seam)
        return new[:seam] + old[seam:]

    @staticmethod
    def entries(file):
        return {name: key for key, _, name in (line.partition(" ") for line in file.read_text().splitlines())}

    def settle(self):
        """What is on a disk after the power came back stays there."""
        known = set()
        for at, folders, files in os.walk(self.data):
            names = {n: name_of(os.path.join(at, n)) for n in folders + files}
            known |= {name_of(at), *names.values()}
            (self.synced / name_of(at)).write_text("".join(f"{key} {n}\n" for n, key in names.items()))
            for n in files:
                write(self.synced / names[n], pathlib.Path(at, n).read_bytes())
        for file in self.synced.iterdir():
            if file.name not in known:
                file.unlink()


class PowerCluster(cluster.Cluster):
    def __init__(self, nodes=3, settings=cluster.SETTINGS, lies=""):
        super().__init__(nodes, settings)
        library = build(self.home)
        self.disks = {n: Disk(m.data, self.home / f"{n}.synced") for n, m in self.members.items()}
        for name, disk in self.disks.items():
            self.members[name].environment = disk.environment(library, lies, SLOW)

    def lose_power(self, choices, *names, shares=(1, 0.8, 0.5, 0.2)):
        """All of them at once."""
        self.kill(*names)
        for name in names:
            lost = choices.choice(shares)
            self.note(f"{name}: of what was not synced {lost:.0%} is lost: {self.disks[name].lose_power(choices, lost)}")


class Power(Scenario):
    Cluster = PowerCluster
    mails_again = True

    def went_on(self, *names):
        """With the state they had: a node that thinks it damaged has lost what it had promised to others."""
        for name in names:
            aside = sorted(p.name for p in self.cluster.members[name].data.glob("state.damaged.*"))
            self.assertEqual(aside, [], f"{name} set its state aside:\n{self.cluster.tail(name)}")

    def test_power_loss_of_all(self):
        def hurt(load):
            everyone = list(self.cluster.members)
            for turn in range(4):
                self.cluster.lose_power(self.choices, *everyone)
                self.cluster.start()
                if turn % 2:  # and again while they start
                    time.sleep(self.choices.uniform(0, 1.5))
                    self.cluster.lose_power(self.choices, *everyone)
                    self.cluster.start()
                self.cluster.wait_ready()
                self.went_on(*everyone)
                load.more(self.choices.randint(1, WORK))

        self.under_load(hurt)

    def test_power_loss_of_one_while_another_stands_still(self):
        """What the two others were told must not be forgotten by the one that lost power, nor by the one that never heard of it."""

        def hurt(load):
            for _ in range(2):
                first, second, third = self.choices.sample(sorted(self.cluster.members), 3)
                self.cluster.pause(first)
                load.more(WORK)
                self.cluster.lose_power(self.choices, second)
                self.refused(third)
                self.cluster.pause(third)
                self.cluster.start(second)
                self.cluster.resume(first)
                self.cluster.wait_ready(second)
                self.went_on(second)
                self.cluster.wait_led()
                load.more(WORK)
                self.cluster.resume(third)
                self.cluster.wait_ready()
                load.more(self.choices.randint(1, WORK))

        self.under_load(hurt)


class LyingDisks(Scenario):
    Cluster = PowerCluster
    settings = {"lies": "/objects/"}

    def test_power_loss_of_disks_that_lie(self):
        """The check finds what is lost: else the scenarios above would show nothing."""
        with Load(self.cluster, f"{scenario.SEED}") as load:
            load.more(2 * WORK)
        load.check()
        self.cluster.lose_power(self.choices, *self.cluster.members, shares=(1,))
        self.cluster.start().wait_ready()
        wrong = check_promises(self.cluster, load.ledger)
        self.cluster.note(f"{len(wrong)} promises are found broken")
        self.assertGreaterEqual(len(wrong), len(load.ledger.files))
        self.finish()
