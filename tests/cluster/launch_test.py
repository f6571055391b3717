"""`dip cluster`: the supervisor and its nodes, this machine's and those behind ssh; and a node of the real dip.

Most nodes here are tests/cluster/fake_dip.py, which [launch] program names: what is tested is who starts, watches and ends
them. The supervisor and the commands are the real ones.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from support import Client, free_port, png, program, until  # noqa: E402

FAKE = pathlib.Path(__file__).with_name("fake_dip.py")


def alive(pid):
    with contextlib.suppress(OSError):
        text = pathlib.Path("/proc", str(pid), "stat").read_text()
        return text.rpartition(")")[2].split()[0] not in "ZX"
    return False


class Place:
    """A directory with a cluster.conf, and the commands typed there."""

    def __init__(self, test, names=("n1", "n2", "n3"), settings="", fake=True, node_lines=None, extra_env=None):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="dip-launch-")).resolve()
        self.names, self.ports = names, {name: free_port() for name in names}
        self.environment = {**os.environ, "DIP_PROGRAM": program(), **(extra_env or {})}
        self.config = self.home / "cluster.conf"
        text = ""
        for name in names:
            text += f'[[node]]\nname = "{name}"\nhttp = {self.ports[name]}\nactors = {free_port()}\n'
            text += (node_lines or {}).get(name, "")
        text += "\n[launch]\n" + (f'program = "{FAKE}"\n' if fake else "") + settings
        self.config.write_text(text)
        self.program = program()
        test.addCleanup(self.clean_up)

    def clean_up(self):
        with contextlib.suppress(subprocess.TimeoutExpired):
            for node in self.names:  # deaf ones
                (self.home / f"{node}.mode").unlink(missing_ok=True)
            if not self.finish():
                self.dip("down")
        shutil.rmtree(self.home, ignore_errors=True)

    def finish(self):
        """Ends a supervisor whose nodes do not listen; whether there was none."""
        deaf = [n["pid"] for n in self.state().get("nodes", []) if n["pid"] and alive(n["pid"])]
        return not deaf

    def dip(self, *words, timeout=150):
        return subprocess.run([self.program, "cluster", *words], capture_output=True, text=True, cwd=self.home,
                              timeout=timeout, env=self.environment)

    def up(self, *words):
        return self.dip("up", "--timeout", "30", *words)

    def status(self):
        run = self.dip("status", "--json")
        return {node["name"]: node for node in json.loads(run.stdout)["nodes"]}

    def pids(self):
        return {name: node["pid"] for name, node in self.status().items()}

    def state(self):
        with contextlib.suppress(OSError, ValueError):
            return json.loads((self.home / "dip-run" / "state.json").read_text())
        return {}

    def supervisor(self):
        return int((self.home / "dip-run" / "supervisor.pid").read_text().split()[0])

    def log(self, name):
        return (self.home / "dip-run" / "logs" / f"{name}.log").read_text()

    def mode(self, name, mode):
        (self.home / f"{name}.mode").write_text(mode)


class Launch(unittest.TestCase):
    maxDiff = None

    def ran(self, run, status=0):
        self.assertEqual(run.returncode, status, run.stdout + run.stderr)
        return run

    def up(self, place):
        run = self.ran(place.up())
        self.assertEqual(run.stderr, "")
        return run


class Local(Launch):
    def test_up_starts_all_and_says_where(self):
        place = Place(self)
        said = self.up(place).stdout.splitlines()
        self.assertEqual(said[0].split(), ["NODE", "ADDRESS", "ACTORS", "PID", "STATE"])
        for line, name in zip(said[1:4], place.names):
            cells = line.split()
            self.assertEqual((cells[0], cells[1], cells[4]), (name, f"http://127.0.0.1:{place.ports[name]}", "ready"))
            self.assertTrue(alive(int(cells[3])))
            self.assertIn(f"{name} is here, in {place.home}", place.log(name))
        self.assertEqual(said[-1], f"http://127.0.0.1:{place.ports['n1']}/console/")
        self.ran(place.dip("status"))

    def test_a_second_up_starts_what_is_missing(self):
        place = Place(self, names=("n1", "n2"))
        self.up(place)
        before = place.pids()
        self.up(place)
        self.assertEqual(place.pids(), before)
        # A node more in cluster.conf.
        port = free_port()
        place.config.write_text(f'[[node]]\nname = "n3"\nhttp = {port}\nactors = {free_port()}\n{place.config.read_text()}')
        self.ran(place.dip("status"), 1)
        self.up(place)
        after = place.pids()
        self.assertEqual({n: after[n] for n in before}, before)
        self.assertTrue(alive(after["n3"]))
        self.assertEqual(len({alive(p) for p in after.values()}), 1)

    def test_two_ups_at_once_are_one_supervisor(self):
        place = Place(self)
        runs = []
        threads = [threading.Thread(target=lambda: runs.append(place.up())) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for run in runs:
            self.ran(run)
        started = [line for line in (place.home / "dip-run" / "supervisor.log").read_text().splitlines()
                   if " started " in line]
        self.assertEqual(len(started), 3, started)

    def test_a_node_that_dies_is_started_again(self):
        place = Place(self)
        self.up(place)
        before = place.pids()
        os.kill(before["n2"], signal.SIGKILL)
        node = until("n2 is there again", lambda: (n := place.status()["n2"])["state"] == "ready" and
                     n["pid"] != before["n2"] and n)
        self.assertEqual((node["failures"], node["last_end"]), (1, "was ended by SIGKILL"))
        after = place.pids()
        self.assertEqual({n: after[n] for n in ("n1", "n3")}, {n: before[n] for n in ("n1", "n3")})

    def test_a_node_that_cannot_start_is_named_with_its_last_words(self):
        place = Place(self)
        place.mode("n2", "refuse")
        run = self.ran(place.up(), 1)
        said = run.stderr.splitlines()
        self.assertIn("n2 is restarting: it ended with 1", said[0])
        self.assertEqual(said[-1], f"  dip: port {place.ports['n2']} is taken")
        self.assertEqual({n: v["state"] for n, v in place.status().items()},
                         {"n1": "ready", "n2": "restarting", "n3": "ready"})
        # What was wrong is right now: `up` does not wait for the delay to be over.
        (place.home / "n2.mode").unlink()
        self.up(place)

    def test_a_node_that_is_never_ready_costs_the_time_that_was_given(self):
        place = Place(self)
        place.mode("n3", "slow")
        run = self.ran(place.dip("up", "--timeout", "2"), 1)
        self.assertIn("n3 is not ready: no majority can be reached", run.stderr)

    def test_restart(self):
        place = Place(self)
        self.up(place)
        before = place.pids()
        self.ran(place.dip("restart", "n2"))
        after = place.pids()
        self.assertNotEqual(after["n2"], before["n2"])
        self.assertEqual({n: after[n] for n in ("n1", "n3")}, {n: before[n] for n in ("n1", "n3")})
        self.assertIn("n2 stopped", place.log("n2"))
        self.assertIn(place.status()["n2"]["failures"], (0, 1))  # 1 where it had not yet run for a second
        run = self.ran(place.dip("restart", "n9"), 2)
        self.assertIn('no node "n9"; there are n1, n2, n3', run.stderr)

    def test_upgrade_goes_over_to_the_new_program(self):
        place = Place(self)
        place.program = str(place.home / "dip")
        shutil.copy(program(), place.program)
        self.up(place)
        before, supervisor = place.pids(), place.supervisor()
        old = os.stat(f"/proc/{supervisor}/exe").st_ino
        shutil.copy(program(), place.home / "dip.new")
        os.replace(place.home / "dip.new", place.program)
        self.ran(place.dip("upgrade"))
        after = place.pids()
        self.assertFalse(set(before.values()) & set(after.values()))
        self.assertEqual(place.supervisor(), supervisor)
        self.assertNotEqual(os.stat(f"/proc/{supervisor}/exe").st_ino, old)
        self.assertEqual(sum(place.log(n).count("is here") for n in place.names), 6)

    def test_upgrade_stops_at_the_first_that_does_not_come_back(self):
        place = Place(self)
        self.up(place)
        before = place.pids()
        place.mode("n2", "refuse")
        run = self.ran(place.dip("upgrade", "--timeout", "3"), 1)
        self.assertIn("n2 is restarting", run.stderr)
        after = place.pids()
        self.assertNotEqual(after["n1"], before["n1"])
        self.assertEqual(after["n3"], before["n3"])
        run = self.ran(place.dip("upgrade", "--timeout", "3"), 1)
        self.assertIn("n1 is not restarted: first all nodes must be ready", run.stderr)
        self.assertEqual(place.pids()["n1"], after["n1"])

    def test_nodes_go_on_without_their_supervisor_and_are_taken_over(self):
        place = Place(self)
        self.up(place)
        before = place.pids()
        os.kill(place.supervisor(), signal.SIGKILL)
        until("the supervisor is gone", lambda: not alive(place.supervisor()))
        run = self.ran(place.dip("status"), 1)
        self.assertIn("ready (without a supervisor)", run.stdout)
        self.assertIn("dip cluster up", self.ran(place.dip("restart", "n1"), 1).stderr)
        self.up(place)
        self.assertEqual(place.pids(), before)
        os.kill(before["n3"], signal.SIGKILL)  # no child of this supervisor
        until("n3 is there again", lambda: (n := place.status()["n3"])["state"] == "ready" and n["pid"] != before["n3"])
        # And `down` without one.
        pids = place.pids()
        os.kill(place.supervisor(), signal.SIGKILL)
        until("the supervisor is gone", lambda: not alive(place.supervisor()))
        self.ran(place.dip("down"))
        self.assertFalse([p for p in pids.values() if alive(p)])

    def test_down(self):
        place = Place(self)
        self.up(place)
        pids, supervisor = place.pids(), place.supervisor()
        self.ran(place.dip("down"))
        self.assertFalse([p for p in [*pids.values(), supervisor] if alive(p)])
        for name in place.names:
            self.assertIn(f"{name} stopped", place.log(name))
        run = self.ran(place.dip("status"), 1)
        self.assertEqual(run.stdout.count("stopped"), 3)
        self.ran(place.dip("down"))
        self.up(place)

    def test_in_the_foreground(self):
        place = Place(self)
        with (place.home / "said").open("wb") as said:
            supervisor = subprocess.Popen([place.program, "cluster", "up", "--foreground"], cwd=place.home, stdout=said,
                                          stderr=said, env=place.environment)
        self.addCleanup(supervisor.wait)
        until("all are ready", lambda: place.dip("status").returncode == 0)
        self.assertEqual(place.supervisor(), supervisor.pid)
        run = self.ran(place.dip("up", "--foreground"), 1)
        self.assertIn("is running already", run.stderr)
        supervisor.send_signal(signal.SIGHUP)
        until("SIGHUP went on", lambda: all("heard SIGHUP" in place.log(n) for n in place.names))
        supervisor.send_signal(signal.SIGINT)
        self.assertEqual(supervisor.wait(60), 0)
        self.assertIn("all nodes are stopped", (place.home / "said").read_text())

    def test_who_does_not_stop_is_ended_by_force(self):
        place = Place(self)
        place.mode("n2", "deaf")
        self.up(place)
        pids = place.pids()
        supervisor = place.supervisor()
        os.kill(supervisor, signal.SIGINT)
        until("the others have stopped", lambda: not alive(pids["n1"]) and not alive(pids["n3"]))
        self.assertTrue(alive(pids["n2"]) and alive(supervisor))
        os.kill(supervisor, signal.SIGINT)  # the second time is meant
        until("all are gone", lambda: not alive(pids["n2"]) and not alive(supervisor))

    def test_logs_are_bounded(self):
        place = Place(self, settings='log_size = "64 KiB"\n')
        place.mode("n1", "loud")
        self.up(place)
        log = place.home / "dip-run" / "logs" / "n1.log"
        until("the log was put aside", lambda: log.with_name("n1.log.1").exists() and log.stat().st_size < 65536)
        said = self.ran(place.dip("logs", "n2", "-n", "1")).stdout
        self.assertEqual(said, f"n2 is here, in {place.home}\n")

    def test_logs_are_followed(self):
        place = Place(self)
        self.up(place)
        follow = subprocess.Popen([place.program, "cluster", "logs", "n1", "-f"], stdout=subprocess.PIPE, text=True,
                                  cwd=place.home, env=place.environment)
        self.addCleanup(follow.wait)
        self.addCleanup(follow.kill)
        self.assertIn("n1 is here", follow.stdout.readline())
        os.kill(place.pids()["n1"], signal.SIGHUP)
        self.assertEqual(follow.stdout.readline(), "n1 heard SIGHUP\n")
        follow.stdout.close()

    def test_what_is_refused(self):
        place = Place(self, node_lines={"n1": 'host = "192.0.2.1"\n'})
        run = self.ran(place.up(), 1)
        self.assertIn("dip cluster init", run.stderr)
        self.assertFalse((place.home / "dip-run" / "supervisor.log").exists())
        place.config.write_text("[[node]]\nnam = 1\n")
        run = self.ran(place.up(), 1)
        self.assertIn("cluster.conf:1:1: a [[node]] needs a name", run.stderr)
        self.assertEqual(len(run.stderr.splitlines()), 1)
        place.config.unlink()
        self.assertIn("cluster.conf cannot be read", self.ran(place.up(), 1).stderr)

    def test_two_files_in_one_directory(self):
        place = Place(self)
        self.up(place)
        other = place.home / "other.conf"
        other.write_text(place.config.read_text())
        run = self.ran(place.up("--config", "other.conf"), 1)
        self.assertIn("[launch] directory", run.stderr)
        self.ran(place.dip("status"))


SSH = """#!/bin/sh
# Instead of ssh: runs the command here, as a machine that is called so would.
while [ "$1" != -- ]; do shift; done
echo "$2" >>"$DIP_TEST_SSH_LOG"
case $2 in
  gone) echo "ssh: connect to host gone port 22: No route to host" >&2; exit 255 ;;
esac
cd / && exec sh -c "$3"
"""


class OverSsh(Launch):
    def place(self, n3="far"):
        tools = pathlib.Path(tempfile.mkdtemp(prefix="dip-launch-ssh-"))
        self.addCleanup(shutil.rmtree, tools, True)
        self.calls = tools / "calls"
        (tools / "ssh").write_text(SSH)
        (tools / "ssh").chmod(stat.S_IRWXU)
        place = Place(self, settings=f'config = "{tools}/far/cluster.conf"\n',
                      node_lines={"n2": 'ssh = "far"\n', "n3": f'ssh = "{n3}"\n'},
                      extra_env={"PATH": f"{tools}:{os.environ['PATH']}", "DIP_TEST_SSH_LOG": str(self.calls)})
        self.far = tools / "far"
        self.far.mkdir()
        shutil.copy(place.config, self.far)
        self.addCleanup(place.dip, "down")
        return place

    def test_nodes_behind_ssh(self):
        place = self.place()
        self.up(place)
        nodes = place.status()
        self.assertEqual({n: (v["state"], v["machine"]) for n, v in nodes.items()},
                         {"n1": ("ready", ""), "n2": ("ready", "far"), "n3": ("ready", "far")})
        self.assertEqual(nodes["n3"]["log"], f"{self.far}/dip-run/logs/n3.log")
        before = place.pids()
        self.ran(place.dip("restart", "n3"))
        self.assertNotEqual(place.pids()["n3"], before["n3"])
        self.ran(place.dip("upgrade"))
        self.assertFalse(set(place.pids().values()) & set(before.values()))
        self.assertIn(f"n2 is here, in {self.far}", self.ran(place.dip("logs", "n2")).stdout)
        pids = place.pids()
        self.ran(place.dip("down"))
        self.assertFalse([p for p in pids.values() if alive(p)])
        self.assertEqual(set(self.calls.read_text().split()), {"far"})

    def test_what_goes_wrong_there_is_told_here(self):
        place = self.place()
        (self.far / "n2.mode").write_text("refuse")
        run = self.ran(place.up(), 1)
        self.assertIn("far: n2 is restarting: it ended with 1", run.stderr)
        self.assertIn(f"  dip: port {place.ports['n2']} is taken", run.stderr)
        self.assertEqual({n: v["state"] for n, v in place.status().items()},
                         {"n1": "ready", "n2": "restarting", "n3": "ready"})

    def test_a_machine_that_cannot_be_reached(self):
        place = self.place(n3="gone")
        run = self.ran(place.up(), 1)
        self.assertIn("gone: ssh: connect to host gone port 22: No route to host", run.stderr)
        self.assertEqual({n: v["state"] for n, v in place.status().items()},
                         {"n1": "ready", "n2": "ready", "n3": "unreachable"})
        self.ran(place.dip("restart", "n3"), 3)


class Real(Launch):
    def test_one_node_of_the_real_program(self):
        place = Place(self, names=("n1",), fake=False)
        run = self.up(place)
        self.assertEqual(run.stdout.splitlines()[-1], f"http://127.0.0.1:{place.ports['n1']}/console/")
        client = Client(place.ports["n1"])
        data = png(30, 20)
        answer = client.upload(data)
        self.assertEqual(answer.status, 201, answer)
        self.ran(place.dip("restart", "n1"))
        self.assertEqual(client.get(answer.json()["url"]).body, data)
        os.kill(place.pids()["n1"], signal.SIGKILL)
        until("it is there again", lambda: place.dip("status").returncode == 0)
        self.assertEqual(client.get(answer.json()["url"]).body, data)
        self.ran(place.dip("down"))
        self.assertIn("stopped", place.log("n1"))


if __name__ == "__main__":
    unittest.main()
