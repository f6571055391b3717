"""Memory over a long run: flat from request 1,000 to 6,000, and an upload of the maximum size adds next to nothing.

Run by scripts/soak on the release build: figures of a sanitizer's build say nothing.
"""

import concurrent.futures
import os
import pathlib
import re
import unittest

from support import Node, png

FIRST = int(os.environ.get("DIP_SOAK_FIRST", "1000"))
LAST = int(os.environ.get("DIP_SOAK_LAST", "6000"))
MIB = 1024


def rss(pid, field="VmRSS"):
    """KiB."""
    return int(re.search(rf"{field}:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


class Memory(unittest.TestCase):
    def setUp(self):
        self.node = Node('[limits]\nupload = "64 MiB"\n')
        self.addCleanup(self.node.clean_up)
        self.node.start()

    def test_flat_over_thousands_of_requests(self):
        figures, client = {}, self.node.client

        def one(number):
            file = client.upload(png(160, 120, seed=number)).json()
            answer = client.submit({"file": file["key"], "operations": [{"op": "resize", "width": 80}]})
            self.assertEqual(answer.status, 202, answer)
            self.assertEqual(client.finished(answer.json()["id"])["status"], "processed")

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for begin in range(0, LAST, 500):
                list(pool.map(one, range(begin, begin + 500)))
                figures[begin + 500] = rss(self.node.process.pid)
                print(f"request {begin + 500}: {figures[begin + 500] / MIB:.1f} MiB", flush=True)
        base = figures[FIRST]
        for number, value in figures.items():
            if number >= FIRST:
                self.assertLessEqual(abs(value - base), base * 0.10, f"at request {number}: {value} KiB, was {base}")

    def test_an_upload_of_the_maximum_size(self):
        client, pid = self.node.client, self.node.process.pid
        for _ in range(20):
            self.assertEqual(client.upload(png(50, 50)).status, 201)
        body = png(200, 200, total=64 * 1024 * 1024)
        pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak starts anew
        before = rss(pid)
        self.assertEqual(client.upload(body).status, 201)
        peak = rss(pid, "VmHWM")
        print(f"{(peak - before) / MIB:.1f} MiB more at the peak", flush=True)
        self.assertLess(peak - before, 8 * MIB)


if __name__ == "__main__":
    unittest.main()
