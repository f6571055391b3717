"""A cluster of real nodes that a test starts, kills, stops in their tracks and starts again.

What is done to it is written down with its time (`schedule`), and printed together with the seed that it was drawn from.
"""

import contextlib
import http.client
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
from support import Client, free_port, program, until  # noqa: E402

# A node that was killed takes its work with it: there must be room for many kills of one unlucky image, and its leases must
# not keep the others waiting for half a minute.
SETTINGS = """
[cluster]
partitions = 8
[workers]
preprocessors = 1
processors = 1
max_receives = 50
backoff_min = "50ms"
backoff_max = "500ms"
visibility = "5s"
[limits]
free_disk = "64 MiB"
"""
SECURED = """
[security]
tls_ca = "tls/ca.pem"
admin_token_file = "token"
"""
READY = 120.0
# For each node that it meets CAF keeps an actor that waits five minutes for an answer. When the node is cut off and the process
# ends before, those are never freed: no leak of ours, and nothing that a node which runs would keep.
ENVIRONMENT = {**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}


class Member:
    """A node of a cluster."""

    prefix = ()  # put before the program, to run it somewhere else
    program = None  # another than the tests' own
    host = "127.0.0.1"
    token = None  # the operator's
    environment = {}  # beside the test's own

    def __init__(self, name, home):
        self.name, self.port, self.actors, self.objects = name, free_port(), free_port(), free_port()
        self.log, self.data = home / f"{name}.log", home / name
        self.process, self.paused = None, False

    @property
    def lines(self):
        """Of cluster.conf."""
        return (f'[[node]]\nname = "{self.name}"\nhost = "{self.host}"\nhttp = {self.port}\n'
                f'actors = {self.actors}\nobjects = {self.objects}\ndata = "{self.data}"\n\n')

    @property
    def runs(self):
        return self.process is not None and not self.paused

    def client(self, timeout):
        return Client(self.port, timeout, self.host, {"Authorization": f"Bearer {self.token}"} if self.token else {})


class Cluster:
    Member = Member
    secured = False  # nodes know each other by certificates, and operators by a token

    def __init__(self, nodes=3, settings=SETTINGS):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="dip-cluster-"))
        self.config = self.home / "cluster.conf"
        self.begun, self.schedule = time.monotonic(), []
        self.members = {name: self.Member(name, self.home) for name in (f"n{i}" for i in range(1, nodes + 1))}
        self.config.write_text("".join(m.lines for m in self.members.values()) + settings + (SECURED if self.secured else ""))
        if self.secured:
            self.secure()

    def secure(self):
        token = secrets.token_hex(16)
        (self.home / "token").write_text(token)
        (self.home / "token").chmod(0o600)
        for member in self.members.values():
            member.token = token
        self.init("tls")

    def init(self, folder):
        """`dip cluster init`, as an operator types it."""
        subprocess.run([program(), "cluster", "init", "--config", str(self.config), "--out", str(self.home / folder)],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.home)

    # ── what is done to it ──

    def note(self, what):
        self.schedule.append(f"{time.monotonic() - self.begun:8.3f} {what}")

    def start(self, *names):
        for name in names or self.members:
            member = self.members[name]
            assert member.process is None, f"{name} runs already"
            self.note(f"start {name}")
            with member.log.open("ab") as log:
                command = [*member.prefix, member.program or program(), "serve", "--config", str(self.config), "--node", name]
                member.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.home, env={**ENVIRONMENT, **member.environment})
        return self

    def kill(self, *names):
        """SIGKILL, to all of them before one of them is waited for."""
        for name in names:
            self.note(f"kill {name}")
            self.members[name].process.kill()
        for name in names:
            member = self.members[name]
            member.process.wait()
            member.process, member.paused = None, False

    def stop(self, name, deadline=READY):
        """SIGTERM; its exit status."""
        self.note(f"stop {name}")
        member = self.members[name]
        member.process.send_signal(signal.SIGTERM)
        status = member.process.wait(deadline)
        member.process = None
        return status

    def pause(self, name):
        self.note(f"pause {name}")
        self.members[name].process.send_signal(signal.SIGSTOP)
        self.members[name].paused = True

    def resume(self, name):
        self.note(f"resume {name}")
        self.members[name].process.send_signal(signal.SIGCONT)
        self.members[name].paused = False

    # ── what is seen of it ──

    def is_ready(self, name):
        member = self.members[name]
        if member.process.poll() is not None:
            raise AssertionError(f"{name} ended by itself with {member.process.returncode}:\n{self.tail(name)}")
        with contextlib.suppress(OSError, http.client.HTTPException):
            return member.client(5).get("/readyz").status == 200
        return False

    def wait_ready(self, *names):
        for name in names or [n for n, m in self.members.items() if m.runs]:
            until(f"{name} is ready\n{self.tail(name)}", lambda name=name: self.is_ready(name), READY, 0.1)
            self.note(f"{name} is ready")

    def check_alive(self):
        """No node may end that nobody has ended."""
        for name, member in self.members.items():
            if member.process is not None and member.process.poll() is not None:
                raise AssertionError(f"{name} ended by itself with {member.process.returncode}:\n{self.tail(name)}")

    def leaders(self):
        """{partition: the node that says of itself that it leads it, or None}; empty when no node answers."""
        found = {}
        for name, member in self.members.items():
            if not member.runs:
                continue
            with contextlib.suppress(OSError, http.client.HTTPException):
                answer = member.client(5).get("/cluster")
                if answer.status != 200:
                    continue
                for partition in answer.json()["partitions"]:
                    number = partition["partition"]
                    found[number] = name if partition["leader"] == name else found.get(number)
        return found

    def same_state(self, at_once=True):
        """Until all copies of each partition have applied the same and hold the same; of all partitions at once, which never is
        under load. Two that have applied the same and differ have taken different ways, and will for ever."""
        client, seen = next(m for m in self.members.values() if m.runs).client(60), [None]
        same_once = set()

        def same():
            seen[0] = {}
            for partition in client.get("/cluster?hashes=true").json()["partitions"]:
                states = {}
                for replica in partition["replicas"]:
                    states.setdefault(replica["applied"], set()).add(replica["hash"])
                for applied, hashes in states.items():
                    if applied is not None and len(hashes) > 1:
                        raise AssertionError(f"partition {partition['partition']}: copies differ after {applied}: {partition}")
                seen[0][partition["partition"]] = partition["replicas"]
                if len(states) == 1 and None not in states:
                    same_once.add(partition["partition"])
                elif at_once:
                    return False
            return same_once == set(seen[0])

        try:
            until("all copies have applied the same", same, READY, 0.2)
        except AssertionError as late:
            raise AssertionError(f"{late}\n{seen[0]}") from None

    def wait_led(self):
        """Until every partition is led by a node that runs: by which."""
        begun, seen = time.monotonic(), [None]

        def led():
            seen[0] = self.leaders()
            return seen[0] and all(seen[0].values())

        try:
            until("every partition is led", led, READY, 0.05)
        except AssertionError:
            raise AssertionError(f"not every partition is led: {seen[0]}") from None
        self.note(f"every partition is led, after {time.monotonic() - begun:.2f} s")
        return seen[0]

    def tail(self, name, lines=30):
        log = self.members[name].log
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""

    # ── its end ──

    def keep_logs(self, where):
        where.mkdir(parents=True, exist_ok=True)
        for file in (self.config, *(m.log for m in self.members.values())):
            if file.exists():
                shutil.copy(file, where)
        (where / "schedule").write_text("\n".join(self.schedule) + "\n")

    def clean_up(self):
        for member in self.members.values():
            if member.process is not None:
                member.process.kill()
                member.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)
