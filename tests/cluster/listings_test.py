"""What a node lists is as of now, also when others lead: what was acknowledged by one is there on the next."""

import pathlib
import sys
import unittest

from cluster import Cluster, until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from support import png  # noqa: E402

FILES = "/files?bucket=rtp-request-files&limit=1000"


class Listings(unittest.TestCase):
    def setUp(self):
        self.cluster = Cluster(3)
        self.addCleanup(self.cluster.clean_up)
        self.cluster.start().wait_ready()
        self.cluster.wait_led()

    def every(self, call, what, *, but=()):
        """The same of each node."""
        found = {}
        for name, member in self.cluster.members.items():
            if name not in but:
                answer = member.client(20).get(call)
                self.assertEqual(answer.status, 200, answer)
                page = answer.json()
                found[name] = ([one.get("key") or one.get("id") for one in page[what]], page["stale"])
        return found

    def test_all_that_was_acknowledged_is_listed_by_every_node(self):
        clients = [m.client(20) for m in self.cluster.members.values()]
        keys, ids = [], []
        for i in range(24):  # over all partitions
            file = clients[i % 3].upload(png(8, 8, seed=i), f"{i}.png")
            self.assertEqual(file.status, 201, file)
            keys.append(file.json()["key"])
            for name, (listed, stale) in self.every(FILES, "files").items():
                self.assertEqual((sorted(listed), stale), (sorted(keys), False), name)
            request = clients[(i + 1) % 3].submit({"file": keys[-1], "notify": {"email": "ann@example.org"}})
            self.assertEqual(request.status, 202, request)
            ids.append(request.json()["id"])
            for name, (listed, stale) in self.every("/requests?limit=1000", "requests").items():
                self.assertEqual((sorted(listed), stale), (sorted(ids), False), name)
        # In pages as well.
        for client in clients:
            listed, cursor = [], ""
            while True:
                page = client.get(f"/requests?limit=5&cursor={cursor}").json()
                listed += [r["id"] for r in page["requests"]]
                cursor = page["next_cursor"]
                if cursor is None:
                    break
            self.assertEqual(listed, sorted(ids, reverse=True))

    def test_without_leaders_a_listing_says_that_it_may_be_old(self):
        file = self.cluster.members["n1"].client(20).upload(png(8, 8), "a.png")
        self.assertEqual(file.status, 201, file)
        until("n3 has applied it", lambda: self.copies("n3"))
        self.cluster.kill("n1", "n2")

        def listed():
            [(keys, stale)] = self.every(FILES, "files", but=("n1", "n2")).values()
            self.assertEqual(keys, [file.json()["key"]])
            return stale

        until("n3 knows that it leads nothing any more", listed)

    def copies(self, name):
        status = self.cluster.members[name].client(20).get("/cluster").json()
        return all(r["lag"] == 0 for p in status["partitions"] for r in p["replicas"] if r["node"] == name)


if __name__ == "__main__":
    unittest.main()
