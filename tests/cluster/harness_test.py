"""The checker of the fault suite, held against nodes that break their promises: each is found. And its disks that lose power."""

import copy
import hashlib
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import types
import unittest

from cluster import Cluster
from load import Broken, Ledger, check_history, check_mails, check_promises
from power import Disk, build
from support import Answer, png

ID = "01JABCDEFGHJKMNPQRSTVWXYZ0"
FILE, OUTPUT = "/files/rtp-request-files/a.png", "/files/rtp-processed-files/b/a.png"
SENT, MADE = png(10, 20), png(20, 10)


class FakeNode:
    """Answers from a table of what it has."""

    def __init__(self, name):
        record = {"id": ID, "status": "processed", "stale": False,
                  "timeline": [{"status": "accepted"}, {"status": "processed"}], "notification": {"email": "sent"},
                  "outputs": [{"name": "a", "url": f"http://{name}{OUTPUT}", "format": "png", "size": len(MADE)}]}
        self.has = {FILE: SENT, OUTPUT: MADE, f"/requests/{ID}": record}

    def client(self, _timeout):
        return self

    def call(self, _method, path, _body=None, _headers=None):
        found = self.has.get(path.partition("?")[0])
        if found is None:
            return Answer(404, {"Content-Type": "application/problem+json"}, b"{}")
        return Answer(200, {}, found if isinstance(found, bytes) else json.dumps(found).encode())

    def get(self, path):
        return self.call("GET", path)


class FakeCluster:
    def __init__(self):
        self.members = {name: FakeNode(name) for name in ("n1", "n2", "n3")}

    def note(self, what):
        pass


class Checker(unittest.TestCase):
    def found(self, change):
        cluster, ledger = FakeCluster(), Ledger()
        ledger.files[FILE] = hashlib.sha256(SENT).hexdigest()
        ledger.requests[ID] = (20, 10)
        change(cluster)
        return check_promises(cluster, ledger)

    def changed(self, change, names=("n2",)):
        def everywhere(cluster):
            for name in names:
                change(cluster.members[name].has)

        return self.found(everywhere)

    def record(self, change, names=("n1", "n2", "n3")):
        def hurt(has):
            has[f"/requests/{ID}"] = copy.deepcopy(has[f"/requests/{ID}"])
            change(has[f"/requests/{ID}"])

        return self.changed(hurt, names)

    def test_nothing_is_found_where_nothing_is_wrong(self):
        self.assertEqual(self.found(lambda cluster: None), [])

    def test_a_file_that_one_node_does_not_have(self):
        wrong = self.changed(lambda has: has.pop(FILE))
        self.assertEqual(len(wrong), 1)
        self.assertIn("a.png of n2", wrong[0])

    def test_other_bytes(self):
        self.assertIn("other bytes on n2", self.changed(lambda has: has.update({FILE: SENT[:-1]}))[0])

    def test_a_request_that_is_gone(self):
        self.assertTrue(self.changed(lambda has: has.pop(f"/requests/{ID}"), ("n1", "n2", "n3")))
        self.assertEqual(len(self.changed(lambda has: has.pop(f"/requests/{ID}"), ("n3",))), 1)

    def test_a_request_that_failed(self):
        self.assertEqual(len(self.record(lambda r: r.update(status="failed"))), 3)

    def test_final_twice(self):
        wrong = self.record(lambda r: r["timeline"].append({"status": "processed"}))
        self.assertIn("final 2 times", wrong[0])

    def test_nodes_that_do_not_agree(self):
        wrong = self.record(lambda r: r["timeline"].insert(1, {"status": "preprocessing"}), ("n1",))
        self.assertTrue(all("timeline differs" in line for line in wrong) and wrong, wrong)

    def test_an_output_that_is_cut(self):
        self.assertIn("its output on n2", self.changed(lambda has: has.update({OUTPUT: MADE[:-9]}))[0])

    def test_an_output_of_another_image(self):
        other = png(10, 20, total=len(MADE)) if len(MADE) > len(png(10, 20)) + 14 else png(10, 20)
        self.assertTrue(self.changed(lambda has: has.update({OUTPUT: other})))

    def test_a_timeline_that_goes_back(self):
        check_history(ID, [], ["accepted"])
        check_history(ID, ["accepted"], ["accepted", "preprocessing"])
        with self.assertRaises(Broken):
            check_history(ID, ["accepted", "preprocessing"], ["accepted"])
        with self.assertRaises(Broken):
            check_history(ID, ["accepted", "preprocessing"], ["accepted", "preprocessed", "processing"])


class Mails(unittest.TestCase):
    def found(self, mails, again=False):
        """`mails`: a Message-ID for each, in the outbox of the node."""
        cluster, ledger = FakeCluster(), Ledger()
        ledger.requests[ID] = (20, 10)
        with tempfile.TemporaryDirectory() as home:
            for name, member in cluster.members.items():
                member.data = pathlib.Path(home, name)
                (member.data / "outbox").mkdir(parents=True)
            for number, (name, message) in enumerate(mails):
                file = cluster.members[name].data / "outbox" / f"{number}.eml"
                file.write_text(f"Message-ID: <{message}@localhost>\r\n\r\n")
            return check_mails(cluster, ledger, again)

    def test_one_mail(self):
        self.assertEqual(self.found([("n2", ID)]), [])

    def test_no_mail(self):
        self.assertEqual(len(self.found([("n2", "another")])), 1)

    def test_two_mails(self):
        self.assertEqual(len(self.found([("n2", ID), ("n3", ID)])), 1)
        self.assertEqual(self.found([("n2", ID), ("n3", ID)], again=True), [])
        self.assertEqual(len(self.found([("n2", ID), ("n3", ID + "-2")], again=True)), 1)


class Power(unittest.TestCase):
    """What a program finds after its power failed: what it synced, always; what it did not, when nothing is lost."""

    def setUp(self):
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        self.home = pathlib.Path(home.name)
        (self.home / "data").mkdir()
        self.disk = Disk(self.home / "data", self.home / "synced")
        self.library = build(self.home)

    def after(self, program, lost=1, lies="", seed=1, holes=False):
        """{path: bytes} that are left; None for a folder."""
        calls = """
import os
def write(path, data, flags=os.O_WRONLY | os.O_CREAT, at=0):
    file = os.open(path, flags, 0o640)
    os.pwrite(file, data, at)
    return file
def sync(path):
    file = os.open(path, os.O_RDONLY)
    os.fsync(file)
    os.close(file)
"""
        ended = subprocess.run([sys.executable, "-B", "-c", calls + program + "\nos.kill(os.getpid(), 9)"], cwd=self.disk.data,
                               env={**os.environ, **self.disk.environment(self.library, lies)}, check=False)
        self.assertEqual(ended.returncode, -9)
        self.disk.lose_power(random.Random(seed), lost, holes)
        left = sorted(self.disk.data.rglob("*"))
        return {str(p.relative_to(self.disk.data)): p.read_bytes() if p.is_file() else None for p in left}

    def test_a_file_needs_both_its_bytes_and_its_name_synced(self):
        whole = 'os.fsync(write("a", b"one")); sync(".")'
        self.assertEqual(self.after(whole), {"a": b"one"})
        self.assertEqual(self.after('os.fsync(write("b", b"two"))'), {"a": b"one"})
        self.assertEqual(self.after('write("c", b"three"); sync(".")'), {"a": b"one", "c": b""})

    def test_nothing_is_lost_that_was_on_its_way_and_came(self):
        made = 'write("a", b"one"); os.mkdir("b"); write("b/c", b"two")'
        self.assertEqual(self.after(made, lost=0), {"a": b"one", "b": None, "b/c": b"two"})

    def test_appended(self):
        once = 'file = write("a", b"one"); os.fsync(file); sync("."); os.pwrite(file, b"two", 3)'
        self.assertEqual(self.after(once), {"a": b"one"})
        self.assertEqual(self.after(once.replace("b\"one\"", "b\"ONE\"") + "; os.fdatasync(file)"), {"a": b"ONEtwo"})

    def test_a_long_file_that_grows(self):
        grows = 'file = write("a", b"1" * 200_000); os.fsync(file); sync("."); os.pwrite(file, b"2" * 9, 200_000); os.fsync(file)'
        self.assertEqual(self.after(grows + '; os.pwrite(file, b"3", 200_009)')["a"], b"1" * 200_000 + b"2" * 9)

    def test_changed_in_place_and_cut(self):
        self.assertEqual(self.after('os.fsync(write("a", b"one two")); sync("."); write("a", b"ONE")'), {"a": b"one two"})
        self.assertEqual(self.after('os.truncate("a", 2)'), {"a": b"one two"})
        self.assertEqual(self.after('os.truncate("a", 2); sync("a")'), {"a": b"on"})
        self.assertEqual(self.after('write("a", b"", os.O_WRONLY | os.O_TRUNC)'), {"a": b"on"})

    def test_renamed(self):
        renamed = 'os.fsync(write("a", b"old")); os.fsync(write("b", b"new")); sync("."); os.rename("b", "a")'
        self.assertEqual(self.after(renamed), {"a": b"old", "b": b"new"})
        for seed in range(8):
            self.assertIn(self.after(renamed, 0.5, seed=seed), ({"a": b"old", "b": b"new"}, {"a": b"new"}))
        self.assertEqual(self.after('os.rename("a", "c"); sync(".")').keys() & {"a", "c"}, {"c"})

    def test_removed(self):
        self.after('os.mkdir("d"); os.fsync(write("a", b"one")); os.fsync(write("d/b", b"two")); sync("d"); sync(".")')
        self.assertEqual(self.after('os.unlink("a"); os.unlink("d/b"); os.rmdir("d")'), {"a": b"one", "d": None, "d/b": b"two"})
        self.assertEqual(self.after('os.unlink("a"); os.unlink("d/b"); os.rmdir("d"); sync(".")'), {})

    def test_a_folder_that_is_not_in_its_own(self):
        made = 'os.mkdir("d"); os.fsync(write("d/a", b"one")); sync("d")'
        self.assertEqual(self.after(made), {})
        self.assertEqual(self.after(made + '; sync(".")'), {"d": None, "d/a": b"one"})

    def test_a_file_without_a_name_that_gets_one(self):
        nameless = ('file = write(".", b"one", os.O_RDWR | os.O_TMPFILE); os.fsync(file); '
                    'os.link(f"/proc/self/fd/{file}", "a", dst_dir_fd=os.open(".", os.O_RDONLY))')
        self.assertEqual(self.after(nameless), {})
        self.assertEqual(self.after(nameless + '; sync(".")'), {"a": b"one"})

    def torn(self, holes):
        appended = 'for i in range(40): file = write(str(i), b"one"); os.fsync(file); sync("."); os.pwrite(file, b"two", 3)'
        return set(self.after(appended, 0.5, holes=holes).values())

    def test_torn(self):
        self.assertEqual(self.torn(holes=False), {b"one", b"onet", b"onetw", b"onetwo"})

    def test_torn_with_a_hole(self):
        self.assertGreater(self.torn(holes=True), {b"one\0\0\0", b"onet\0\0"})

    def test_a_disk_that_lies(self):
        whole = 'os.mkdir("objects"); os.fsync(write("objects/a", b"one")); os.fsync(write("b", b"two")); sync("objects"); sync(".")'
        self.assertEqual(self.after(whole, lies="/objects"), {"objects": None, "b": b"two"})
        self.assertEqual(self.after(whole.replace('os.mkdir("objects"); ', ""), lies="/data"), {"objects": None, "b": b"two"})


class Copies(unittest.TestCase):
    def compare(self, *pictures, at_once=True):
        """`pictures`: what GET /cluster says, one after the other; of each partition (applied, hash) of its copies."""
        said = iter(pictures)

        class Node:
            runs = True

            def client(self, _timeout):
                return self

            def get(self, _path):
                return Answer(200, {}, json.dumps({"partitions": [
                    {"partition": number, "replicas": [{"applied": a, "hash": h} for a, h in copies]}
                    for number, copies in enumerate(next(said))]}).encode())

        Cluster.same_state(types.SimpleNamespace(members={"n1": Node()}), at_once)
        self.assertEqual(list(said), [], "more was not asked for")

    def test_copies_that_differ(self):
        for at_once in (True, False):
            with self.assertRaises(AssertionError):
                self.compare([[(7, "a"), (7, "b")]], at_once=at_once)
            # The one that is behind says nothing, the other two do.
            with self.assertRaises(AssertionError):
                self.compare([[(7, "a"), (5, "c"), (7, "b")]], at_once=at_once)

    def test_copies_that_are_behind_are_waited_for(self):
        self.compare([[(7, "a"), (5, "c")]], [[(7, "a"), (None, None)]], [[(7, "a"), (7, "a")]])

    def test_each_partition_at_a_moment_of_its_own(self):
        same, behind = [(7, "a"), (7, "a")], [(7, "a"), (6, "b")]
        self.compare([same, behind], [behind, same], at_once=False)
        self.compare([same, behind], [behind, same], [same, same])


if __name__ == "__main__":
    unittest.main()
