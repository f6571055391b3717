"""A cluster that is worked on while somebody looks at it with the console: gentle clients that keep what they were told, and
what can go wrong with it, each by a name that the browser's tests ask for."""

import collections
import contextlib
import http.client
import json
import os
import pathlib
import random
import signal
import sys
import threading
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "cluster"), str(ROOT / "tests" / "e2e")]
from machines import BrittleCluster  # noqa: E402
from mail_test import Inbox, MailServer  # noqa: E402
from support import DEADLINE, FINAL, children_of, png, until  # noqa: E402

NOBODY = "nobody@example.org"
# A piece of work fails for good at its first try, and one that hangs is called stuck after 2 x timeout + visibility.
SETTINGS = """
[cluster]
partitions = 8
[workers]
preprocessors = 1
processors = 2
timeout = "4s"
max_receives = 1
backoff_min = "50ms"
backoff_max = "500ms"
visibility = "4s"
[limits]
free_disk = "64 MiB"
[smtp]
url = "smtp://127.0.0.1:{port}"
tls = "none"
timeout = "5s"
retry_first = "2s"
retry_max = "10s"
retry_for = "1m"
"""
THOUGHT = 0.6  # seconds between two images of one client
RECIPES = [
    [{"op": "resize", "width": 120, "height": 90, "fit": "cover"}],
    [{"op": "resize", "width": 96}, {"op": "sharpen"}],
    [{"op": "grayscale"}, {"op": "rotate", "angle": 90}],
    [{"op": "blur", "sigma": 2}],
]
NAMES = ["harbour.png", "portrait.png", "product 0042.png", "sunset over the bay.png", "menu.png", "avatar.png"]


class WatchedCluster(BrittleCluster):
    secured = True


class Works:
    def __init__(self, home):
        self.inbox = Inbox()
        self.inbox.nobody = NOBODY
        self.mail = MailServer(self.inbox)
        self.mail.start()
        self.cluster = WatchedCluster(3, SETTINGS.replace("{port}", str(self.mail.port)))
        self.home, self.lock, self.choices = home, threading.Lock(), random.Random(7)
        self.accepted, self.uploads = collections.OrderedDict(), 0  # id: {at, took_ms, status}
        self.threads, self.stopping, self.problems, self.thought, self.shunned = [], threading.Event(), [], THOUGHT, set()

    @property
    def operator(self):
        return {"Authorization": f"Bearer {self.cluster.members['n1'].token}"}

    # ── clients ──

    def call(self, method, path, body=None, headers=None, good=(200,), wait=10):
        """Of any node that answers; whoever is refused for now, or gets no answer, asks the next."""
        end, last = time.monotonic() + DEADLINE, None
        while time.monotonic() < end:
            names = [n for n, m in self.cluster.members.items() if m.runs and n not in self.shunned]
            for name in self.choices.sample(names, len(names)):
                try:
                    last = self.cluster.members[name].client(wait).call(method, path, body, headers)
                except (OSError, http.client.HTTPException) as problem:
                    last = problem
                    continue
                if last.status in good:
                    return last
                if last.status not in (429, 503, 507):
                    raise AssertionError(f"{method} {path} of {name}: {last}")
            time.sleep(0.1)
        raise AssertionError(f"{method} {path} got nowhere: {last}")

    def upload(self, width=160, height=120, seed=None, name=None):
        seed = self.choices.randrange(1 << 20) if seed is None else seed
        name = name or self.choices.choice(NAMES)
        data = png(width, height, seed=seed)
        file = self.call("POST", "/files?name=" + name.replace(" ", "%20"), data, {"Content-Type": "application/octet-stream"}, (201,))
        with self.lock:
            self.uploads += 1
        return file.json()["key"]

    def submit(self, key, email="owner@example.org", operations=None):
        """The id: once, also when the answer was lost and it is asked again."""
        body = {"file": key, "operations": operations or self.choices.choice(RECIPES), "outputs": [{"name": "web", "format": "webp"}]}
        if email:
            body["notify"] = {"email": email}
        begun = time.time()
        told = self.call("POST", "/process-file", json.dumps(body),
                         {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}, (202, 200)).json()["id"]
        with self.lock:
            self.accepted[told] = {"at": begun, "took_ms": None, "status": None}
        return told

    def finish(self, told):
        def final():
            record = self.call("GET", f"/requests/{told}?wait=5s", wait=30).json()
            return record["status"] in FINAL and record

        record = until(f"{told} is final", final)
        with self.lock:
            mine = self.accepted[told]
            mine.update(took_ms=round((time.time() - mine["at"]) * 1000), status=record["status"])
        return record

    def client(self):
        while not self.stopping.wait(self.thought):
            try:
                email = "owner@example.org" if self.choices.random() < 0.4 else None
                self.finish(self.submit(self.upload(), email))
            except Exception as problem:  # noqa: BLE001: told at the end of the test, whatever it is
                self.problems.append(repr(problem))

    def load(self, clients, thought=THOUGHT):
        """So many at once from now on; those of before have finished what they had."""
        self.stopping.set()
        for t in self.threads:
            t.join()
        self.stopping, self.thought = threading.Event(), thought
        self.threads = [threading.Thread(target=self.client, daemon=True) for _ in range(clients)]
        for t in self.threads:
            t.start()

    @contextlib.contextmanager
    def quiet(self):
        clients, thought = len(self.threads), self.thought
        self.load(0)
        try:
            yield
        finally:
            self.load(clients, thought)

    def done(self):
        with self.lock:
            return {"uploads": self.uploads, "problems": list(self.problems), "clients": len(self.threads),
                    "accepted": [{"id": k, **v} for k, v in self.accepted.items()]}

    # ── what goes wrong ──

    def codecs(self):
        """Processes that work on images: the children of the nodes' zygotes."""
        for member in self.cluster.members.values():
            if not member.runs:
                continue
            for pid in children_of(member.process.pid):
                with contextlib.suppress(OSError):
                    if int(pathlib.Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[1]) != member.process.pid:
                        yield pid

    def signal_codecs(self, what):
        for pid in self.codecs():
            with contextlib.suppress(OSError):
                os.kill(pid, what)

    def warm(self):
        """Until the slots have processes that stand ready."""
        key = self.upload()
        for told in [self.submit(key, None) for _ in range(8)]:
            self.finish(told)

    def bury(self, count, how="crash"):
        """So many requests that fail in their first stage, and are dead letters then: their codec is killed, or hangs."""
        failed = []
        with self.quiet():
            key = self.upload(1200, 900, name="broken.png")
            while len(failed) < count:
                self.warm()
                # Those that stand still cannot be faster than what happens to them.
                self.signal_codecs(signal.SIGSTOP)
                batch = [self.submit(key, None, [{"op": "blur", "sigma": 9}]) for _ in range(min(3, count - len(failed)))]

                def settled():
                    now = [self.call("GET", f"/requests/{told}").json()["status"] for told in batch]
                    # One got a process that is new: it is no victim, and nobody else is until it has gone.
                    if any(s in ("preprocessed", "processing") for s in now):
                        self.signal_codecs(signal.SIGCONT)
                    elif how == "crash" and "preprocessing" in now:
                        self.signal_codecs(signal.SIGKILL)
                    return all(s in FINAL for s in now)

                until("they have failed", settled)
                self.signal_codecs(signal.SIGCONT)
                failed += [told for told in batch if self.finish(told)["status"] == "failed"]
        return failed

    # ── what the browser's tests ask for ──

    def do_load(self, clients, thought=THOUGHT):
        self.load(clients, thought)

    def do_submit(self, count, email=None):
        key = self.upload()
        return {"ids": [self.submit(key, email) for _ in range(count)]}

    def do_finish(self, ids):
        return {"records": [self.finish(i) for i in ids]}

    def do_bury(self, count, how="crash"):
        return {"ids": self.bury(count, how)}

    def do_calm(self):
        """A test that failed is not to take the next with it."""
        for name, member in self.cluster.members.items():
            if member.faults.exists() and member.faults.read_text():
                self.do_machine(name)
            if member.paused:
                self.do_resume(name)
            if member.process is None:
                self.do_start(name)
        for queue in ("rtp-request-queue", "rtp-preprocess-ok-queue", "rtp-notifier-queue"):
            self.call("POST", f"/queues/{queue}/resume", headers=self.operator)

    def do_kill(self, node):
        self.cluster.kill(node)

    def do_start(self, node):
        self.cluster.start(node)
        self.cluster.wait_ready(node)

    def do_restart(self, node):
        self.cluster.stop(node)
        self.do_start(node)

    def do_pause(self, node):
        self.cluster.pause(node)

    def do_resume(self, node):
        self.cluster.resume(node)

    def do_machine(self, node, **faults):
        """It leads nothing by then, and is not asked: what its disk does is not to hold all up."""
        others = [n for n in self.cluster.members if n != node]
        for partition, leader in self.cluster.leaders().items() if faults else ():
            if leader == node:
                self.call("POST", f"/cluster/partitions/{partition}/leader", json.dumps({"node": others[partition % 2]}),
                          {**self.operator, "Content-Type": "application/json"}, (202,))
        if faults:
            until(f"{node} leads nothing", lambda: (l := self.cluster.leaders()) and node not in l.values() and all(l.values()))
        self.shunned = {node} if faults else set()
        self.cluster.fault(node, **faults)

    def do_mailbox(self, nobody):
        self.inbox.nobody = nobody

    def clean_up(self):
        self.stopping.set()
        self.cluster.keep_logs(self.home)
        self.cluster.clean_up()
        self.mail.stop()
