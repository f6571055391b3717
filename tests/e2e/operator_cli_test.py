"""The operators' commands, with and without --json, against the API of the node that they steer."""

import contextlib
import json
import os
import pty
import signal
import subprocess
import unittest

from client_flows_test import environment
from dead_letters import QUEUE, bury, failed, letters, settings, submit
from mail_test import Inbox, MailServer
from support import NodeTest, free_port, program, until


class Operators(NodeTest):
    settings = settings(free_port())

    def dip(self, *arguments, url=None, code=0, **more):
        run = subprocess.run([program(), *map(str, arguments)], capture_output=True, text=True, timeout=120,
                             env=environment(url or self.node.url), **{"stdin": subprocess.DEVNULL, **more})
        self.assertEqual(run.returncode, code, run)
        self.assertNotIn("\x1b", run.stdout + run.stderr)
        return run

    def json(self, *arguments, **more):
        return json.loads(self.dip(*arguments, "--json", **more).stdout)

    def on_terminal(self, typed, *arguments):
        """The exit code and what was seen of a command whose questions are answered."""
        pid, fd = pty.fork()
        if pid == 0:
            os.execve(program(), [program(), *map(str, arguments)], {**environment(self.node.url), "TERM": "xterm"})
        seen = b""
        with contextlib.suppress(OSError):
            answered = False
            while piece := os.read(fd, 65536):
                seen += piece
                if not answered and b"[y/N]" in seen:
                    answered = True
                    os.write(fd, typed.encode())
        os.close(fd)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen.decode()

    def rows(self, text):
        return [line.split() for line in text.splitlines()[1:]]

    def test_queues_and_topics(self):
        for name in ("queues", "topics"):
            told = self.json(name)
            self.assertEqual(sorted(told), [name, "unreachable"])
            table = self.rows(self.dip(name).stdout)
            self.assertEqual([row[0] for row in table], [q["name"] for q in told[name]])
        published = {row[0]: int(row[2]) for row in self.rows(self.dip("topics").stdout)}
        told = submit(self.client)
        self.client.finished(told)
        self.assertEqual(int(self.rows(self.dip("topics").stdout)[0][2]), published["rtp-request-topic"] + 1)

    def test_pause_and_resume(self):
        self.assertEqual(self.dip("pause", "rtp-request-queue").stdout, "rtp-request-queue\tpaused\n")
        told = submit(self.client)
        row = self.rows(self.dip("queues").stdout)[0]
        self.assertEqual((row[1], row[-1]), ("1", "paused"))
        self.assertEqual(self.json("resume", "rtp-request-queue"), {"name": "rtp-request-queue", "paused": False})
        self.assertEqual(self.client.finished(told)["status"], "processed")
        wrong = self.dip("pause", "nobody", code=1)
        self.assertEqual((wrong.stdout, wrong.stderr.count("\n")), ("", 1))
        self.assertIn("not_found", wrong.stderr)

    def test_dead_letters(self):
        self.assertEqual(self.dip("dead-letters", "rtp-request-queue").stdout, "no dead letters\n")
        for_good = bury(self.client, 3)
        text = self.dip("dead-letters", QUEUE).stdout
        groups, _, table = text.partition("\n\n")
        code = for_good[0]["error"]["code"]
        self.assertEqual([int(n) for n, c in self.rows(groups) if c == code], [len(letters(self.client))])
        for letter in for_good:
            self.assertTrue([r for r in self.rows(table) if r[:3] == [letter["id"], letter["request"], "email"]], text)
        self.assertEqual({m["id"] for m in self.json("dead-letters", QUEUE)["messages"]},
                         {m["id"] for m in letters(self.client)})
        self.assertEqual(len(self.json("dead-letters", QUEUE, "--limit", 2)["messages"]), 2)
        self.assertEqual(self.json("dead-letters", QUEUE, "--error", "too_many_pixels")["messages"], [])
        self.assertEqual(self.dip("dead-letters", QUEUE, "--error", "nonsense", code=1).stdout, "")

    def test_redriving(self):
        first, second = bury(self.client, 2)
        # Which ones is always said, and nobody is there to be asked.
        for wrong in ((), ("--all", first["id"]), ("--all", "--error", "io"), ("--error", "io", first["id"])):
            self.assertIn("which dead letters", self.dip("redrive", QUEUE, *wrong, "--yes", code=2).stderr)
        self.assertIn("--yes", self.dip("redrive", QUEUE, "--all", code=2).stderr)
        self.assertIn(first["id"], [m["id"] for m in letters(self.client)])
        run = self.dip("redrive", QUEUE, first["id"], "0-1", "--yes", code=1)
        self.assertEqual(run.stdout, "1 dead letter redriven\n")
        self.assertIn("0-1: ", run.stderr)
        until("the mail is given up again", lambda: [m for m in letters(self.client) if m["request"] == first["request"]
                                                     and m["dead_at"] > first["dead_at"]])
        self.assertEqual(self.json("redrive", QUEUE, "--error", "too_many_pixels", "--yes"), {"redriven": 0, "refused": []})
        told = self.json("redrive", QUEUE, second["id"], "--yes")
        self.assertEqual(told, {"redriven": 1, "refused": []})

    def test_redriving_asks(self):
        bury(self.client, 2)
        until("all are given up", lambda: len(letters(self.client)) == len({m["request"] for m in letters(self.client)}) > 1)
        count = len(letters(self.client))
        code, seen = self.on_terminal("n\r", "redrive", QUEUE, "--all")
        self.assertEqual(code, 1, seen)
        self.assertIn(f"Put {count} dead letters of {QUEUE} back to work? [y/N]", seen)
        self.assertIn("nothing was redriven", seen)
        self.assertEqual(len(letters(self.client)), count)
        error = letters(self.client)[0]["error"]["code"]
        code, seen = self.on_terminal("y\r", "redrive", QUEUE, "--error", error)
        self.assertEqual(code, 0, seen)
        self.assertIn(f"{count} dead letters with {error}", seen)
        self.assertIn(f"{count} dead letters redriven", seen)

    def test_discarding(self):
        first, second = bury(self.client, 2)
        self.dip("discard", QUEUE, first["id"], code=2)  # no reason
        run = self.dip("discard", QUEUE, first["id"], "--reason", "nobody waits for it")
        self.assertEqual(run.stdout, f"{first['id']}\tdiscarded\n")
        run = self.dip("discard", QUEUE, second["id"], "0-1", "--reason", "nobody", "--json", code=1)
        lines = [json.loads(line) for line in run.stdout.splitlines()]
        self.assertEqual(lines[0], {"id": second["id"], "queue": QUEUE, "status": "discarded"})
        self.assertIn("not_found", lines[1]["error"]["detail"])
        left = [m["id"] for m in letters(self.client)]
        self.assertFalse({first["id"], second["id"]} & set(left))
        audit = self.json("audit", "--limit", 3)["entries"]
        self.assertEqual([e["what"] for e in audit], [f"discard {QUEUE}"] * 3)
        self.assertEqual([e["reason"] for e in audit], ["nobody", "nobody", "nobody waits for it"])
        self.assertIn("nobody waits for it", self.dip("audit", "--limit", 3).stdout)

    def test_retrying(self):
        told = failed(self.client)
        self.assertEqual(self.dip("retry", told).stdout, f"{told}\truns again\n")
        until("it has failed again", lambda: self.client.get(f"/requests/{told}").json()["status"] == "failed")
        run = self.dip("retry", told, "01ARYZ6S41TSV4RRFFQ69G5FAV", "--json", code=1)
        lines = [json.loads(line) for line in run.stdout.splitlines()]
        self.assertEqual((lines[0]["id"], lines[0]["run"]), (told, 3))
        self.assertIn("error", lines[1])

    def test_actors(self):
        told = self.json("actors")
        self.assertEqual(told["total"], len(told["actors"]))
        text = self.dip("actors").stdout
        self.assertEqual(len(text.splitlines()), len(told["actors"]) + 1)
        self.assertRegex(text, r"(?m)^[│ ]*[├└]─ dispatcher +n1\.\d+ ")
        self.assertRegex(text, r"(?m)^[│ ]+[├└]─ rtp-request-queue/7 +n1\.\d+ +queue")
        some = self.json("actors", "--kind", "queue", "--node", "n1", "--state", "idle", "--sort", "name")["actors"]
        self.assertEqual({a["kind"] for a in some}, {"queue"})
        self.assertEqual([a["name"] for a in some], sorted(a["name"] for a in some))
        names = [r[0] for r in self.rows(self.dip("actors", "--kind", "queue", "--sort", "name").stdout)]
        self.assertEqual(names, sorted(names))
        self.assertEqual(self.dip("actors", "--kind", "nothing").stdout, "no actors\n")
        self.dip("actors", "--state", "asleep", code=1)

    def test_trace(self):
        told = submit(self.client)
        self.client.finished(told)
        hops = self.json("trace", told)["hops"]
        text = self.dip("trace", told).stdout
        self.assertTrue(text.startswith(f"{told}  processed, "))
        for hop in hops:
            self.assertRegex(text, rf"(?m)^{hop['what']} +")
        self.assertRegex(text, r"(?m)^preprocess +n1 +preprocessor/1 +1 .*[░█]")
        torn = failed(self.client)
        self.assertIn("invalid_image", self.dip("trace", torn).stdout)
        self.dip("trace", "01ARYZ6S41TSV4RRFFQ69G5FAV", code=1)

    def test_nobody_there(self):
        nowhere = f"http://127.0.0.1:{free_port()}"
        for command in (("queues",), ("actors",), ("audit",), ("dead-letters", QUEUE), ("redrive", QUEUE, "1-1", "--yes")):
            run = self.dip(*command, url=nowhere, code=3)
            self.assertEqual((run.stdout, run.stderr.count("\n")), ("", 1))


class Mended(NodeTest):
    """What is redriven is done."""

    port = free_port()
    settings = settings(port)

    def test_a_mail_goes_out_at_last(self):
        letter = bury(self.client)[0]
        server = MailServer(inbox := Inbox())
        # The port that the node has always tried.
        server.port = self.port
        server.start()
        self.addCleanup(server.stop)
        run = subprocess.run([program(), "redrive", QUEUE, "--all", "--yes"], env=environment(self.node.url), timeout=120)
        self.assertEqual(run.returncode, 0)
        until("it is sent", lambda: self.client.get(f"/requests/{letter['request']}").json()["notification"]["email"] == "sent")
        self.assertEqual(len(inbox.messages), 1)
        self.assertEqual(letters(self.client), [])


class Check(NodeTest):
    """Each threshold on both sides of what there is."""

    settings = settings(free_port())

    def check(self, *arguments, url=None):
        run = subprocess.run([program(), "check", *map(str, arguments)], capture_output=True, text=True, timeout=120,
                             env=environment(url or self.node.url))
        return run.returncode, run.stdout.partition("\n")[0], run.stderr

    def measures(self):
        run = subprocess.run([program(), "check", "--json"], capture_output=True, text=True, env=environment(self.node.url))
        return {m["name"]: m for m in json.loads(run.stdout)["measures"]}

    def test_thresholds(self):
        code, line, said = self.check()
        self.assertEqual((code, said), (0, ""), line)
        self.assertTrue(line.startswith("DIP OK: "), line)
        count = len(bury(self.client, 2))
        self.assertEqual(self.measures()["dead"]["value"], count)
        for limits, wanted, word in ((f"{count + 1}", 0, "OK"), (f"{count}", 1, "WARNING"), (f"1:{count + 1}", 1, "WARNING"),
                                     (f"1:{count}", 2, "CRITICAL"), (f":{count}", 2, "CRITICAL"), ("off", 0, "OK")):
            code, line, _ = self.check("--dead", limits)
            self.assertEqual((code, line.partition(":")[0]), (wanted, f"DIP {word}"), (limits, line))
        self.assertIn(f"{count} dead letters: {QUEUE} {count}", self.check("--dead", "1:1")[1])
        # Messages that wait, in a queue that is paused.
        self.assertEqual(self.client.call("POST", "/queues/rtp-request-queue/pause").status, 200)
        told = [submit(self.client) for _ in range(3)]
        for limits, wanted in (("4", 0), ("3", 1), ("3:4", 1), ("2:3", 2)):
            self.assertEqual(self.check("--dead", "off", "--waiting", limits)[0], wanted, limits)
        until("one waits for a second", lambda: self.measures()["oldest"]["value"] >= 1)
        self.assertEqual(self.check("--dead", "off", "--oldest", "1")[0], 1)
        self.assertEqual(self.check("--dead", "off", "--oldest", "0.5:1")[0], 2)
        self.assertEqual(self.check("--dead", "off", "--oldest", "86400")[0], 0)
        self.assertIn("rtp-request-queue, which is paused", self.check("--dead", "off", "--oldest", "1")[1])
        self.assertEqual(self.client.call("POST", "/queues/rtp-request-queue/resume").status, 200)
        for one in told:
            self.client.finished(one)
        free = self.measures()["disk-free"]["value"]
        for limits, wanted in ((f"{free / 2}", 0), (f"{free * 2}", 1), (f"{free * 4}:{free * 2}", 2)):
            self.assertEqual(self.check("--dead", "off", "--disk-free", limits)[0], wanted, limits)
        for name, value in (("stuck", 0), ("nodes-down", 0), ("leaderless", 0), ("lag", 0)):
            self.assertEqual(self.measures()[name]["value"], value)
            self.assertEqual(self.check("--dead", "off", f"--{name}", "1:1")[0], 0, name)
            self.assertEqual(self.check("--dead", "off", f"--{name}", "0")[0], 1, name)
            self.assertEqual(self.check("--dead", "off", f"--{name}", ":0")[0], 2, name)

    def test_what_cannot_be_known(self):
        code, line, _ = self.check(url=f"http://127.0.0.1:{free_port()}")
        self.assertEqual(code, 3)
        self.assertTrue(line.startswith("DIP UNKNOWN: no node answers at "), line)
        for wrong in (("--dead", "some"), ("--dead", "5:1"), ("--disk-free", "1:5"), ("--lag", "-1")):
            code, line, _ = self.check(*wrong)
            self.assertEqual(code, 3, line)
            self.assertIn(wrong[0], line)
        code, _, said = self.check("--deadly", "1")
        self.assertEqual((code, said.count("\n")), (3, 1))

    def test_a_node_that_hangs_is_not_waited_for(self):
        os.kill(self.node.process.pid, signal.SIGSTOP)
        try:
            self.assertEqual(self.check("--retry-for", 0)[0], 3)
        finally:
            os.kill(self.node.process.pid, signal.SIGCONT)


if __name__ == "__main__":
    unittest.main()
