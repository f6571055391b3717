"""The web console in a real browser, before three real nodes that clients work on. The browser's part is Playwright's
(http/console/tests/browser), run in the room where the console was built: CONSOLE_ROOM. Its screenshots stay in CONSOLE_SHOTS."""

import os
import pathlib
import subprocess
import time
import unittest

from control import Control
from watched import Works

ROOM = pathlib.Path(os.environ["CONSOLE_ROOM"])
SHOTS = pathlib.Path(os.environ["CONSOLE_SHOTS"])


class Console(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        SHOTS.mkdir(parents=True, exist_ok=True)
        cls.works = Works(SHOTS / "logs")
        cls.addClassCleanup(cls.works.clean_up)
        cls.works.cluster.start().wait_ready()
        cls.works.cluster.wait_led()
        cls.control = Control(cls.works)
        cls.addClassCleanup(cls.control.stop)

    def look(self, *specs):
        """Playwright, from the first node."""
        member, begun = self.works.cluster.members["n1"], time.monotonic()
        done = subprocess.run(["node_modules/.bin/playwright", "test", *specs], cwd=ROOM, env={
            **os.environ, "DIP_CONSOLE_URL": f"http://127.0.0.1:{member.port}/console/", "DIP_ADMIN_TOKEN": member.token,
            "DIP_CONSOLE_CONTROL": self.control.url, "DIP_CONSOLE_SHOTS": str(SHOTS), "FORCE_COLOR": "0"})
        print(f"{' '.join(specs)}: {time.monotonic() - begun:.0f} s", flush=True)
        self.works.cluster.check_alive()
        self.assertEqual(done.returncode, 0)
        self.assertEqual(self.works.problems, [])

    # By their names' order: what each leaves is what the next begins with.

    def test_1_nothing_has_happened_yet(self):
        self.look("cluster/empty")

    def test_2_every_view_under_load(self):
        self.works.load(4)
        self.look("views.spec.ts")

    def test_3_numbers(self):
        self.works.load(4)
        self.look("cluster/numbers")

    def test_4_actions(self):
        self.works.load(4)
        self.look("cluster/actions")

    def test_5_faults(self):
        self.works.load(4)
        self.look("cluster/faults")


if __name__ == "__main__":
    unittest.main()
