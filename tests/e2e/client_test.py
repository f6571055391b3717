"""The commands that a person types."""

import contextlib
import fcntl
import json
import os
import pathlib
import pty
import struct
import subprocess
import tempfile
import termios
import unittest

import pyte

from support import SAMPLE, NodeTest, free_port, image_facts, png, program


class Commands(NodeTest):
    def dip(self, *arguments, url=None):
        environment = {**os.environ, "DIP_URL": url or self.node.url}
        return subprocess.run([program(), *map(str, arguments)], capture_output=True, text=True, env=environment,
                              cwd=self.node.home, timeout=300)

    def image(self, name, data):
        path = self.node.home / name
        path.write_bytes(data)
        return path

    def test_process_waits_and_fetches(self):
        out = self.node.home / "out"
        run = self.dip("process", SAMPLE, "--op", "resize:width=400,height=300,fit=cover", "--op", "sharpen",
                       "--format", "webp", "--wait", "--out", out)
        self.assertEqual(run.returncode, 0, run)
        found = list(out.iterdir())
        self.assertEqual(len(found), 1, found)
        self.assertEqual(image_facts(found[0].read_bytes()), ("webp", 400, 300))

    def test_json_is_json(self):
        run = self.dip("process", self.image("a.png", png(30, 30)), self.image("b.png", png(31, 31)), "--wait", "--json")
        self.assertEqual(run.returncode, 0, run)
        try:
            records = json.loads(run.stdout)
        except json.JSONDecodeError:
            records = [json.loads(line) for line in run.stdout.splitlines()]
        self.assertIn("processed", json.dumps(records))

    def test_upload_status_and_requests(self):
        run = self.dip("upload", self.image("c.png", png(20, 20)))
        self.assertEqual(run.returncode, 0, run)
        self.assertIn(self.node.url + "/files/rtp-request-files/", run.stdout)
        record = self.processed({"file": self.upload(png(6, 6))["key"]})
        run = self.dip("status", record["id"], "--json")
        self.assertEqual((run.returncode, json.loads(run.stdout)["status"]), (0, "processed"), run)
        self.assertIn("processed", self.dip("status", record["id"]).stdout)
        self.assertIn(record["id"], self.dip("requests").stdout)

    def test_exit_statuses(self):
        self.assertEqual(self.dip("upload", self.image("bad.png", b"not an image")).returncode, 1)
        self.assertEqual(self.dip("status", "01J8Z3V5Q6W7X8Y9ZABCDEFG00").returncode, 1)
        broken = self.image("cut.jpg", SAMPLE.read_bytes()[:60_000])
        self.assertEqual(self.dip("process", broken, "--op", "flip", "--wait").returncode, 1)
        self.assertEqual(self.dip("process").returncode, 2)
        self.assertEqual(self.dip("nonsense").returncode, 2)
        self.assertEqual(self.dip("process", self.image("d.png", png(5, 5)), "--nonsense").returncode, 2)
        nobody = self.dip("requests", url=f"http://127.0.0.1:{free_port()}")
        self.assertEqual(nobody.returncode, 3)
        self.assertEqual(len(nobody.stderr.strip().splitlines()), 1, nobody.stderr)
        self.assertEqual(nobody.stdout, "")

    def test_a_file_that_is_not_there_is_named(self):
        run = self.dip("upload", pathlib.Path("missing.png"))
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("missing.png", run.stderr)


class Terminal(NodeTest):
    """What a person sees: the commands on a terminal of 80 columns."""

    def on_terminal(self, *arguments, **environment):
        """All that was written to it, and the exit status."""
        leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        client = subprocess.Popen([program(), *map(str, arguments)], stdin=follower, stdout=follower, stderr=follower,
                                  cwd=self.home.name, close_fds=True,
                                  env={**os.environ, "DIP_URL": self.node.url, "TERM": "xterm-256color", **environment})
        os.close(follower)
        seen = b""
        with contextlib.suppress(OSError):  # how a terminal says that nobody is at the other end any more
            while piece := os.read(leader, 65536):
                seen += piece
        os.close(leader)
        return seen.decode(), client.wait(60)

    def setUp(self):
        self.home = tempfile.TemporaryDirectory(prefix="dip-e2e-")
        self.addCleanup(self.home.cleanup)
        for n in range(6):
            pathlib.Path(self.home.name, f"photo-{n}.png").write_bytes(png(900, 700, seed=n))

    def test_bars_are_drawn_and_taken_away(self):
        seen, status = self.on_terminal("process", ".", "--op", "blur:sigma=8", "--format", "webp", "--out", "web")
        self.assertEqual(status, 0, seen)
        self.assertRegex(seen, "[█━▓#]", "a bar")
        self.assertIn("\x1b[", seen)
        left = self.what_stays(seen)
        self.assertNotRegex("\n".join(left), "[█━▓#]", "nothing of the bars stays")
        for n in range(6):
            self.assertTrue(any(f"photo-{n}" in line for line in left), left)

    def test_without_colours_there_are_none(self):
        seen, status = self.on_terminal("requests", NO_COLOR="1")
        self.assertEqual(status, 0, seen)
        self.assertNotRegex(seen, "\x1b\\[[0-9;]*m")

    def test_into_a_pipe_go_results_alone(self):
        done = subprocess.run([program(), "upload", "."], cwd=self.home.name, capture_output=True, text=True,
                              env={**os.environ, "DIP_URL": self.node.url})
        self.assertEqual((done.returncode, "\x1b" in done.stdout + done.stderr), (0, False), done)
        self.assertEqual(len(done.stdout.splitlines()), 6)

    @staticmethod
    def what_stays(seen):
        """The lines that are on the screen in the end."""
        screen = pyte.Screen(80, 24)
        pyte.Stream(screen).feed(seen)
        return [line.rstrip() for line in screen.display if line.strip()]


if __name__ == "__main__":
    unittest.main()
