"""The client at length: many files, kills in the middle, a node that goes and comes, terminals."""

import json
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import tempfile
import threading
import unittest

from support import SAMPLE, Node, NodeTest, free_port, image_facts, png, program, until


def environment(url, **more):
    kept = {k: v for k, v in os.environ.items() if not k.startswith("DIP_") and k != "NO_COLOR"}
    return {**kept, "DIP_URL": url, **more}


class Flow(NodeTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="dip-e2e-cli-")
        self.addCleanup(folder.cleanup)
        self.home = pathlib.Path(folder.name)

    def dip(self, *arguments, url=None, **more):
        return subprocess.run([program(), *map(str, arguments)], capture_output=True, cwd=self.home, timeout=300,
                              env=environment(url or self.node.url), **more)

    def start(self, *arguments):
        process = subprocess.Popen([program(), *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   cwd=self.home, env=environment(self.node.url), text=True)

        def clean():
            if process.poll() is None:
                process.kill()
            process.communicate()

        self.addCleanup(clean)
        return process

    def photos(self, count, folder="photos", size=200):
        for i in range(count):
            path = self.home / folder / f"album{i % 3}" / f"photo{i:02}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(png(size + i, size, seed=i))

    def uploads(self):
        return {f["key"] for f in self.client.get("/files?bucket=rtp-request-files&limit=1000").json()["files"]}

    def requests(self):
        return {r["id"] for r in self.client.get("/requests?limit=1000").json()["requests"]}

    def results(self, folder="web"):
        return sorted(p for p in (self.home / folder).rglob("*") if p.is_file() and not p.name.startswith("."))


class Directories(Flow):
    def test_twenty_images(self):
        self.photos(20)
        (self.home / "photos" / "notes.txt").write_text("no image")
        run = self.dip("process", "photos", "--op", "resize:width=50", "--format", "webp", "--out", "web", "--json")
        self.assertEqual(run.returncode, 0, run)
        self.assertNotIn(b"\x1b", run.stderr)
        lines = [json.loads(line) for line in run.stdout.splitlines()]
        self.assertEqual(sorted(line["input"] for line in lines),
                         sorted(str(p.relative_to(self.home)) for p in (self.home / "photos").rglob("*.*")))
        self.assertEqual(len(self.results()), 20)
        for result in self.results():
            self.assertEqual(image_facts(result.read_bytes())[:2], ("webp", 50))
            self.assertTrue((self.home / "photos" / result.relative_to(self.home / "web")).with_suffix(".png").exists())
        self.assertFalse((self.home / "web" / ".dip-resume").exists())

    def test_killed_in_the_middle_and_started_again(self):
        self.photos(20, size=400)
        command = ("process", "photos", "--op", "blur:sigma=2", "--out", "web", "--parallel", "3")
        uploads, requests = self.uploads(), self.requests()
        for enough in (3, 9):
            run = self.start(*command)
            until("some results are there", lambda: len(self.results()) >= enough or run.poll() is not None)
            run.kill()
            run.wait()
        self.assertTrue((self.home / "web" / ".dip-resume").exists(), "the run was done before it could be killed")
        before = {p: (p.stat().st_ino, p.stat().st_mtime_ns) for p in self.results()}
        run = self.dip(*command)
        self.assertEqual(run.returncode, 0, run)
        self.assertEqual(len(run.stdout.splitlines()), 20, run)
        self.assertEqual(len(self.results()), 20)
        for path, identity in before.items():
            self.assertEqual((path.stat().st_ino, path.stat().st_mtime_ns), identity, f"{path} was made again")
        self.assertEqual(len(self.requests() - requests), 20, "a file was processed twice")
        self.assertEqual(len(self.uploads() - uploads), 20, "a file was kept twice")
        self.assertEqual([p.name for p in (self.home / "web").iterdir() if p.name.startswith(".")], [])

    def test_interrupted_and_started_again(self):
        self.photos(12, size=400)
        command = ("process", "photos", "--op", "blur:sigma=2", "--out", "web", "--parallel", "2")
        requests = self.requests()
        run = self.start(*command)
        until("some results are there", lambda: len(self.results()) >= 2 or run.poll() is not None)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate()
        self.assertEqual(run.returncode, 130, (out, err))
        self.assertEqual(err, "dip: interrupted; the same command goes on from here\n")
        self.assertEqual(self.dip(*command).returncode, 0)
        self.assertEqual(len(self.requests() - requests), 12)

    def test_uploads_are_not_sent_twice(self):
        self.photos(20)
        before = self.uploads()
        run = self.start("upload", "photos", "--resume", "photos.state", "--parallel", "1")
        for _ in range(5):
            run.stdout.readline()
        run.kill()
        run.communicate()
        done = sum('"done"' in line for line in (self.home / "photos.state").read_text().splitlines())
        run = self.dip("upload", "photos", "--resume", "photos.state")
        self.assertEqual((run.returncode, len(run.stdout.splitlines())), (0, 20), run)
        # What was under way when it was killed is all that can have been sent again.
        self.assertLessEqual(len(self.uploads() - before), 21)
        self.assertGreaterEqual(done, 4)
        again = self.dip("upload", "photos", "--resume", "photos.state")
        self.assertEqual(sorted(again.stdout.splitlines()), sorted(run.stdout.splitlines()))

    def test_pipes(self):
        run = self.dip("process", "-", "--op", "resize:width=64", "--format", "webp", "--out", "-",
                       input=SAMPLE.read_bytes())
        self.assertEqual(run.returncode, 0, run)
        self.assertEqual(image_facts(run.stdout)[:2], ("webp", 64))

    def test_one_file_by_name(self):
        self.assertEqual(self.dip("process", SAMPLE, "--op", "resize:width=64", "--out", "s.webp").returncode, 0)
        self.assertEqual(image_facts((self.home / "s.webp").read_bytes())[:2], ("webp", 64))

    def test_info_and_cancel(self):
        key = self.upload(png(40, 30))["key"]
        run = self.dip("info", key, "--json")
        self.assertEqual((json.loads(run.stdout)["width"], json.loads(run.stdout)["height"]), (40, 30), run)
        record = self.processed({"file": key})
        self.assertIn(b"pixels    40", self.dip("info", record["outputs"][0]["url"]).stdout)
        run = self.dip("cancel", record["id"])
        self.assertEqual(run.returncode, 1)
        self.assertIn(b"(conflict)", run.stderr)
        self.assertIn(record["id"].encode(), self.dip("requests", "--since", "1h", "--status", "processed").stdout)
        self.assertNotIn(record["id"].encode(), self.dip("requests", "--since", "2099-01-01T00:00:00Z").stdout)


class Operations(Flow):
    def test_every_operation_by_op(self):
        mark = self.upload(png(20, 20, alpha=True))["key"]
        needed = {"resize": "width=20", "crop": "x=1,y=1,width=20,height=20", "extend": "top=3,background=#fff",
                  "rotate": "angle=30,background=#0000ff88", "tint": "color=#ff8800", "modulate": "brightness=1.1,hue=90",
                  "contrast": "amount=2", "gamma": "gamma=2", "clahe": "width=8,height=8", "blur": "sigma=1.5",
                  "median": "size=3", "pixelate": "size=4", "threshold": "level=128", "vignette": "strength=0.5",
                  "round": "radius=5", "flatten": "background=#fff", "text": 'text="a, b: c",size=12,position=north',
                  "watermark": f"file={mark},position=southeast,scale=0.2"}
        words = re.search(r"_dip_words '(resize [^']*)'", self.dip("completion", "bash", text=True).stdout)[1].split()
        self.assertGreaterEqual(len(words), 28)
        (self.home / "a.png").write_bytes(png(60, 50))
        for word in words:
            op = f"{word}:{needed[word]}" if word in needed else word
            with self.subTest(op=op):
                run = self.dip("process", "a.png", "--op", op, "--wait")
                self.assertEqual(run.returncode, 0, run)


class Watching(unittest.TestCase):
    def test_through_restarts_of_the_node(self):
        node = Node("[workers]\nprocessors = 1\npreprocessors = 1\n")
        self.addCleanup(node.clean_up)
        node.start()
        big = node.client.upload(png(4000, 3000)).json()["key"]
        slow = {"file": big, "operations": [{"op": "median", "size": 9}] * 3}
        ids = [node.client.submit(slow).json()["id"] for _ in range(3)]
        watch = subprocess.Popen([program(), "watch", ids[-1], "--json"], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True, env=environment(node.url))
        first = json.loads(watch.stdout.readline())
        self.assertEqual((first["id"], first["status"]), ("0", "accepted"))
        node.kill()
        node.start()
        lines = []
        reader = threading.Thread(target=lambda: lines.extend(json.loads(line) for line in watch.stdout))
        reader.start()
        until("the stream goes on after the kill", lambda: lines or watch.poll() is not None)
        node.stop()
        node.start()
        reader.join()
        error = watch.stderr.read()
        self.assertEqual(watch.wait(), 0, error)
        events = [first, *lines]
        self.assertEqual([e["id"] for e in events], [str(i) for i in range(len(events))], "an event twice, or none")
        self.assertEqual(events[-1]["status"], "processed")
        watch.stdout.close()
        watch.stderr.close()

    def test_a_batch_goes_on_over_a_restart(self):
        with tempfile.TemporaryDirectory(prefix="dip-e2e-cli-") as home:
            home = pathlib.Path(home)
            for i in range(12):
                (home / f"p{i}.png").write_bytes(png(500 + i, 400, seed=i))
            node = Node()
            self.addCleanup(node.clean_up)
            node.start()
            nobody = f"127.0.0.1:{free_port()}"
            run = subprocess.Popen([program(), "process", ".", "--op", "blur:sigma=3", "--out", "out"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=home,
                                   env=environment(f"{nobody},{node.url}"))
            self.assertTrue(run.stdout.readline())
            node.kill()
            node.start()
            out, err = run.communicate()
            self.assertEqual((run.returncode, err), (0, ""), out)
            self.assertEqual(len([p for p in (home / "out").iterdir() if p.suffix == ".png"]), 12)
            self.assertEqual(len(node.client.get("/requests?limit=100").json()["requests"]), 12)


class Terminals(Flow):
    def on_terminal(self, *arguments, columns=80, **more):
        """All that a terminal of that width is sent, and the exit code."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.home)
            os.execve(program(), [program(), *map(str, arguments)],
                      environment(self.node.url, TERM="xterm-256color", **more))
        import fcntl
        import struct
        import termios

        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        got = b""
        while True:
            select.select([terminal], [], [])
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                break
            if not piece:
                break
            got += piece
        os.close(terminal)
        return got.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def test_bars_and_colours(self):
        self.photos(12, size=600)
        command = ("process", "photos", "--op", "blur:sigma=6", "--out", "web", "--force")
        text, code = self.on_terminal(*command)
        self.assertEqual(code, 0, text)
        self.assertIn("/12", text)
        self.assertIn("━", text)
        self.assertIn("\x1b[32m", text)
        text, code = self.on_terminal(*command, NO_COLOR="1", columns=40)
        self.assertEqual(code, 0, text)
        self.assertNotRegex(text, "\x1b\\[[0-9;]*m")
        for line in re.split("\r?\n", re.sub("\x1b\\[[0-9;]*[A-Za-z]", "", text)):
            self.assertLessEqual(len(line.strip("\r")), 40, line)

    def test_an_image_is_not_written_to_a_terminal(self):
        self.photos(1)
        text, code = self.on_terminal("process", "photos", "--out", "-")
        self.assertEqual(code, 2)
        self.assertIn("standard output is a terminal", text)


if __name__ == "__main__":
    unittest.main()
