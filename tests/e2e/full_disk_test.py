"""A disk that is really full: a node on a small file system of its own, in a mount namespace of its own."""

import contextlib
import os
import pathlib
import subprocess
import unittest

from support import Node, complete, png, refusal, until

MIB = 1024 * 1024
UNSHARE = ["unshare", "-m"] if os.getuid() == 0 else ["unshare", "-rm"]


def refused_here():
    """Why no file system can be mounted here, or nothing."""
    tried = subprocess.run([*UNSHARE, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, text=True)
    return tried.stderr.strip() if tried.returncode else None


class SmallDiskNode(Node):
    def __init__(self, size, settings="", before=":"):
        super().__init__(settings)
        self.data.mkdir()
        mount = f'mount -t tmpfs -o size={size} tmpfs "{self.data}" && cd "{self.data}" && {before} && exec "$@"'
        self.prefix = (*UNSHARE, "sh", "-c", mount, "sh")

    @property
    def disk(self):
        """The node's file system, from outside of its namespace."""
        return pathlib.Path(f"/proc/{self.process.pid}/root{self.data}")

    def fill(self, leave):
        """Takes what is free but `leave` bytes."""
        with open(self.disk / "filler", "ab") as filler:
            while True:
                stat = os.statvfs(self.disk)
                more = stat.f_bavail * stat.f_frsize - leave
                if more <= 0:
                    return
                with contextlib.suppress(OSError):  # the node was quicker: what it took is not there any more
                    os.posix_fallocate(filler.fileno(), os.fstat(filler.fileno()).st_size, more)

    def give_room(self):
        (self.disk / "filler").unlink()


WHY = refused_here()


@unittest.skipIf(WHY, f"no file system can be mounted here: {WHY}")
class FullDisk(unittest.TestCase):
    def node(self, *args, **more):
        node = SmallDiskNode(*args, **more)
        self.addCleanup(node.clean_up)
        return node

    def test_at_the_start_it_says_so_in_one_line(self):
        node = self.node("2m", before="head -c 3m /dev/zero >filler 2>/dev/null; true")
        self.assertIn("a node needs 16 MiB", refusal(self, node))

    def test_below_the_limit_nothing_is_taken_and_above_it_work_goes_on(self):
        node = self.node("512m", settings='[limits]\nfree_disk = "64 MiB"\n')
        node.start()
        client = node.client
        early = client.upload(png(40, 30)).json()
        node.fill(leave=63 * MIB)
        until("the node sees that its disk is full", lambda: client.upload(png(41, 30)).status != 201)
        objects = self.objects(node)
        refused = client.upload(png(41, 30))
        self.assertEqual((refused.status, refused.code), (507, "disk_full"))
        self.assertEqual(self.objects(node), objects, "a refused upload left a file")
        refused = client.submit({"file": early["key"]})
        self.assertEqual((refused.status, refused.code), (507, "disk_full"))
        self.assertEqual(client.get(early["url"]).body, png(40, 30), "reading needs no room")
        node.give_room()
        until("the node sees that there is room", lambda: client.upload(png(42, 30)).status == 201)
        record = client.finished(client.submit({"file": early["key"]}).json()["id"])
        self.assertEqual(record["status"], "processed", record)
        self.assertTrue(complete(client.get(record["outputs"][0]["url"]).body))
        self.assertEqual(node.stop(), 0, node.tail())

    def test_the_ballast_lets_what_was_promised_be_finished(self):
        node = self.node("512m", settings='[limits]\nfree_disk = "64 MiB"\n')
        node.start()
        client = node.client
        file = client.upload(png(100, 80)).json()
        ids = [client.submit({"file": file["key"], "outputs": [{"name": "a", "format": "webp"}]}).json()["id"]
               for _ in range(8)]
        self.assertTrue((node.disk / "state" / "ballast").exists(), "there is no ballast to give up")
        # Less than the reserve from which the ballast is given up, more than what is under way can take until then.
        node.fill(leave=12 * MIB)
        ballast = node.disk / "state" / "ballast"
        until("the ballast is given up", lambda: client.upload(png(5, 5)).status == 507 and not ballast.exists())
        for request_id in ids:
            record = client.finished(request_id)
            self.assertEqual(record["status"], "processed", record)
            self.assertTrue(complete(client.get(record["outputs"][0]["url"]).body))
        node.give_room()
        until("there is a ballast again", lambda: client.upload(png(5, 5)).status == 201 and ballast.exists())
        self.assertEqual(node.stop(), 0, node.tail())

    def test_a_disk_that_became_read_only_is_said_in_one_line(self):
        node = self.node("64m", before='mount -o remount,ro "$PWD"')
        self.assertIn("Read-only file system", refusal(self, node))

    @staticmethod
    def objects(node):
        return sorted(p.name for p in (node.disk / "objects").rglob("*") if p.is_file())


if __name__ == "__main__":
    unittest.main()
