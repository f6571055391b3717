"""dip top in a real terminal: keys are typed into tmux, the screen is read, and what was done is looked for in the API."""

import itertools
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from client_flows_test import environment
from dead_letters import QUEUE, bury, failed, letters, settings, submit
from support import ROOT, NodeTest, free_port, program, until

sys.path.insert(0, str(ROOT / "tests" / "cluster"))
from cluster import SETTINGS, Cluster  # noqa: E402

CONFIG = """set -s escape-time 0
set -g status off
"""
numbers = itertools.count()


class Terminal:
    """A tmux of its own, in which a command runs."""

    def __init__(self, command, url, more=(), columns=80, rows=24, term="tmux-256color"):
        self.home = tempfile.TemporaryDirectory(prefix="dip-e2e-top-")
        config = pathlib.Path(self.home.name) / "tmux.conf"
        config.write_text(CONFIG + f"set -g default-terminal {term}\n")
        self.tmux = ["tmux", "-u", "-f", str(config), "-S", f"{self.home.name}/{next(numbers)}"]
        kept = {k: v for k, v in environment(url).items() if k not in ("TMUX", "LANG", "LC_CTYPE")}
        # tmux does not always know how a command has ended.
        wrapped = ("sh", "-c", 'trap : INT; "$@"; echo $? > "$0"; sleep 600', f"{self.home.name}/status", *command)
        self.run("new-session", "-d", "-x", columns, "-y", rows, *wrapped,
                 env={**kept, "TERM": "xterm", "LC_ALL": "C.UTF-8", **dict(more)})

    def run(self, *arguments, **more):
        done = subprocess.run([*self.tmux, *map(str, arguments)], capture_output=True, text=True, timeout=60, **more)
        if done.returncode != 0:
            raise AssertionError(done)
        return done.stdout

    def screen(self):
        return self.run("capture-pane", "-p")

    def keys(self, *keys):
        """Names as tmux has them: Enter, Escape, Down, x."""
        self.run("send-keys", *keys)

    def type(self, text):
        self.run("send-keys", "-l", text)

    def shows(self, wanted, deadline=30.0):
        """Waits until the screen has it; the screen."""
        seen = ""

        def there():
            nonlocal seen
            seen = self.screen()
            return re.search(wanted, seen)

        try:
            until(wanted, there, deadline, every=0.05)
        except AssertionError as e:
            raise AssertionError(f"{e}\n{seen}") from None
        return seen

    def lacks(self, unwanted):
        until(f"{unwanted} is gone", lambda: not re.search(unwanted, self.screen()), 30.0, every=0.05)

    def resize(self, columns, rows):
        self.run("resize-window", "-x", columns, "-y", rows)

    def chosen(self):
        return next((line for line in self.screen().splitlines() if line.startswith(">")), "")

    def status(self):
        """The exit status, once it has ended."""
        file = pathlib.Path(self.home.name) / "status"
        until("it has ended", lambda: file.exists() and file.read_text().endswith("\n"), 60.0)
        return int(file.read_text())

    def close(self):
        subprocess.run([*self.tmux, "kill-server"], capture_output=True)
        self.home.cleanup()


class TopTest(NodeTest):
    def start(self, url, **how):
        terminal = Terminal([program(), "top"], url, **how)
        self.addCleanup(terminal.close)
        return terminal

    def open(self, **how):
        """What is typed before it draws is the shell's."""
        terminal = self.start(self.node.url, **how)
        terminal.shows("live, 127")
        return terminal


class Top(TopTest):
    settings = settings(free_port())

    def test_the_views(self):
        told = submit(self.client, "holiday.png")
        self.client.finished(told)
        torn = failed(self.client)
        top = self.open()
        seen = top.shows("live, 127.0.0.1")
        for word in ("DIP", "rtp-request-topic", "→ rtp-preprocess-ok-queue", "→ notify", "requests now", "last minute", "IMAGES/S"):
            self.assertIn(word, seen)
        top.shows(r"(?m)^> ?n1 +up +0/\d")
        top.keys("2")
        top.shows(r"(?m)^> ?rtp-request-queue +0 +0")
        top.keys("Tab")
        top.shows("Dead letters")
        top.keys("4")
        top.shows(r"(?m)^> ?node +")
        top.shows("├─ partition/0")
        top.type("/rtp-notifier-queue/3")
        top.shows(r"(?m)^> ?rtp-notifier-queue/3")
        top.keys("Enter", "Enter")
        top.shows(r"kind +queue on n1")
        top.keys("5")
        top.shows("holiday.png")
        top.type("/torn")
        top.lacks("holiday.png")
        top.keys("Enter", "Enter")
        top.shows("invalid_image: ")
        top.keys("Enter")
        top.shows(rf"trace of {torn}(.|\n)*accepted(.|\n)*preprocess +n1 +preprocessor/1 +1")
        top.keys("Escape", "Escape", "Escape")
        top.shows("holiday.png")
        top.keys("?")
        top.shows("mark one dead letter")
        top.keys("q")
        self.assertEqual(top.status(), 0)

    def test_a_dead_letter_is_redriven_and_another_discarded(self):
        first, second = bury(self.client, 2)
        top = self.open()
        top.shows(r"Dead letters \([1-9]")
        top.keys("3")
        top.type(f"/{first['request']}")
        top.keys("Enter")
        top.shows(rf"(?m)^> ?email +{first['id']} ")
        top.keys("Enter")
        top.shows(rf"request +{first['request']}")
        top.keys("r")
        top.shows(f"Put dead letter {first['id']} of {QUEUE}")
        top.keys("n")
        top.shows("nothing was done")
        self.assertIn(first["id"], [m["id"] for m in letters(self.client)])
        top.keys("r", "y")
        top.shows("1 dead letter redriven")
        until("it is tried, and given up again", lambda: [m for m in letters(self.client) if m["request"] == first["request"]
                                                          and m["dead_at"] > first["dead_at"]])
        top.keys("Escape", "Escape")
        top.type(f"/{second['request']}")
        top.keys("Enter")
        top.shows(rf"(?m)^> ?email +{second['id']} ")
        top.keys("d")
        top.shows("for good. Why\\?")
        top.keys("Enter")
        top.shows("without a reason")
        top.type("nobody waits for it")
        top.keys("Enter")
        top.shows(r"(?m)^ discarded$")
        self.assertNotIn(second["id"], [m["id"] for m in letters(self.client)])
        self.assertEqual(self.client.get("/audit?limit=1").json()["entries"][0]["reason"], "nobody waits for it")

    def test_a_queue_is_paused_and_resumed(self):
        top = self.open()
        top.keys("2")
        top.shows(r"(?m)^> ?rtp-request-queue")
        top.keys("p")
        top.shows(r"Pause rtp-request-queue\? Workers take nothing more out of it")
        top.keys("y")
        top.shows("rtp-request-queue is paused")
        self.assertTrue(self.client.get("/queues").json()["queues"][0]["paused"])
        told = submit(self.client)
        top.shows(r"(?m)^> ?rtp-request-queue +1 +0 .*paused")
        top.keys("Enter")
        top.shows(r"(?m)^> ?\d-\d+ +preprocess +visible")
        top.keys("Enter", "Enter")
        top.shows(f"request {told}")
        top.keys("Escape", "Escape", "p")
        top.shows(r"Resume rtp-request-queue, with 1 message waiting\?")
        top.keys("y")
        top.shows("is resumed")
        self.assertEqual(self.client.finished(told)["status"], "processed")

    def test_an_actor_is_restarted_and_a_request_run_again(self):
        torn = failed(self.client)
        old = self.client.get("/actors?q=rtp-preprocess-ok-queue/5").json()["actors"][0]
        top = self.open()
        top.keys("4")
        top.type("/rtp-preprocess-ok-queue/5")
        top.shows(r"(?m)^> ?rtp-preprocess-ok-queue/5")
        top.keys("Enter", "R")
        top.shows(rf"Restart actor rtp-preprocess-ok-queue/5 \({old['id']}\)")
        top.keys("y")
        top.shows("is restarted")
        until("it is made again", lambda: [a for a in self.client.get("/actors?q=rtp-preprocess-ok-queue/5").json()["actors"]
                                           if a["id"] != old["id"] and a["restarts"] == 1])
        top.keys("5")
        top.type(f"/{torn}")
        top.keys("Enter")
        top.shows("error +invalid_image")
        top.keys("t")
        top.shows("run again")
        top.keys("y")
        top.shows("the request runs again")
        until("its next run", lambda: self.client.get(f"/requests/{torn}").json()["run"] == 2)

    def test_sizes(self):
        top = self.open()
        top.resize(40, 12)
        seen = top.shows(r"(?m)^ 1 Overview")
        self.assertIn("preprocess", seen)
        self.assertLessEqual(max(len(line) for line in seen.splitlines()), 40)
        top.resize(39, 12)
        top.shows("too small: 39 by 12")
        top.resize(200, 50)
        top.shows("Dead letters(.|\n)*live, 127")
        top.keys("q")
        self.assertEqual(top.status(), 0)

    def test_plain_terminals(self):
        for env, term in (({"NO_COLOR": "1"}, "tmux-256color"), ({}, "vt100"), ({"LC_ALL": "C"}, "xterm")):
            top = self.open(more=env, term=term)
            seen = top.shows("live, 127")
            if "LC_ALL" in env:
                self.assertTrue(seen.isascii(), seen)
                self.assertIn("> rtp-request-queue", seen)
            coloured = top.run("capture-pane", "-p", "-e")
            if env.get("NO_COLOR") or term == "vt100":
                self.assertNotRegex(coloured, r"\x1b\[[0-9;]*(3[0-7]|4[0-7])m")
            top.keys("q")
            self.assertEqual(top.status(), 0)

    def test_interrupted(self):
        top = self.open()
        top.keys("C-c")
        self.assertEqual(top.status(), 130)

    def test_without_a_terminal_or_a_node(self):
        run = subprocess.run([program(), "top"], capture_output=True, text=True, env=environment(self.node.url), stdin=subprocess.DEVNULL)
        self.assertEqual((run.returncode, run.stdout, run.stderr.count("\n")), (2, "", 1))
        self.assertIn("terminal", run.stderr)
        nowhere = self.start(f"http://127.0.0.1:{free_port()}", columns=200)
        self.assertEqual(nowhere.status(), 3)
        self.assertIn("no node answers", nowhere.screen())
        dumb = self.start(self.node.url, term="dumb", columns=200)
        self.assertEqual(dumb.status(), 2)
        self.assertIn("the terminal dumb", dumb.screen())

    def test_a_node_that_is_gone_comes_back(self):
        top = self.open()
        self.node.kill()
        top.shows(r"no node answers since \d\d:\d\d:\d\d UTC")
        self.assertIn("rtp-request-queue", top.screen())
        self.node.start()
        top.shows("live, 127")


class SwitchedOff(TopTest):
    settings = settings(free_port(), "[console]\ndestructive = false\n")

    def test_what_is_refused_is_said(self):
        top = self.open()
        top.keys("2")
        top.shows(r"(?m)^> ?rtp-request-queue")
        top.keys("p", "y")
        top.shows(r"switched off in cluster.conf \(forbidden\)")
        self.assertFalse(self.client.get("/queues").json()["queues"][0]["paused"])


class Three(unittest.TestCase):
    def test_another_node_is_asked_when_one_is_gone(self):
        cluster = Cluster(3, SETTINGS)
        self.addCleanup(cluster.clean_up)
        cluster.start().wait_ready()
        cluster.wait_led()
        ports = [m.port for m in cluster.members.values()]
        top = Terminal([program(), "top", *(a for p in ports for a in ("--url", f"127.0.0.1:{p}"))], "")
        self.addCleanup(top.close)
        top.shows(f"live, 127.0.0.1:{ports[0]}")
        top.shows(r"n3 +up")
        cluster.kill("n1")
        top.shows(rf"live, 127.0.0.1:({ports[1]}|{ports[2]})")
        top.shows(r"n1 +down")
        # What asks before it acts does so on a node that is there.
        top.keys("2")
        top.shows(r"(?m)^> ?rtp-request-queue")
        top.keys("p", "y")
        top.shows("rtp-request-queue is paused")
        paused = cluster.members["n2"].client(60).get("/queues").json()["queues"][0]["paused"]
        self.assertTrue(paused)


if __name__ == "__main__":
    unittest.main()
