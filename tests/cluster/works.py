"""Workers stand still, their processes die, their node goes with what it had half done: nothing waits for ever, or counts twice."""

import contextlib
import os
import signal
import threading

from cluster import READY
from load import User, without_origin
from scenario import WORK, Scenario
from support import children_of, png, until

LARGE = '{"file":"%s","operations":[{"op":"blur","sigma":40},{"op":"rotate","angle":33}],"outputs":[{"name":"a","format":"png"}]}'


class Works(Scenario):
    mails_again = True

    def slow_request(self, load):
        """One that takes a while in each stage; (its id, who calls)."""
        user = User(self.cluster, load.ledger, f"{self.choices.random()}", threading.Event())
        key = user.call("POST", "/files", png(3000, 2000, seed=self.choices.randrange(1 << 30)), {"Content-Type": "image/png"},
                        (201,)).json()["key"]
        headers = {"Content-Type": "application/json"}
        return user.call("POST", "/process-file", LARGE % key, headers, (202,)).json()["id"], user

    def reach(self, user, request, status):
        """Until it has come so far: the record."""

        def seen():
            record = user.call("GET", f"/requests/{request}").json()
            return record if any(e["status"] == status for e in record["timeline"]) else None

        return until(f"{request} is {status}", seen, READY, 0.01)

    def processed_once(self, user, request):
        record = until(f"{request} is final",
                       lambda: (r := user.call("GET", f"/requests/{request}?wait=2s").json())["status"] in
                       ("processed", "failed", "cancelled") and r, READY)
        self.assertEqual(record["status"], "processed", record)
        self.assertEqual([e["status"] for e in record["timeline"]].count("processed"), 1, record)
        output = record["outputs"][0]
        for member in (m for m in self.cluster.members.values() if m.runs):
            body = member.client(30).get("/files/" + output["url"].partition("/files/")[2]).body
            self.assertEqual(len(body), output["size"])
        return record

    @staticmethod
    def node_of(record, status):
        return [e["node"] for e in record["timeline"] if e["status"] == status][-1]

    def test_worker_beyond_its_lease(self):
        """Its node stands still with an image in hand, longer than the lease; what it makes of it afterwards is not taken."""

        def hurt(load):
            for status in ("preprocessing", "processing"):
                request, user = self.slow_request(load)
                victim = self.node_of(self.reach(user, request, status), status)
                self.cluster.pause(victim)
                self.cluster.note(f"{request} is {status} there")
                record = self.processed_once(user, request)
                self.cluster.note(f"{request} is processed, by {self.node_of(record, 'processed')}")
                self.cluster.resume(victim)
                load.more(WORK)
                self.cluster.wait_ready()
                later = user.call("GET", f"/requests/{request}").json()
                for part in ("timeline", "outputs"):
                    self.assertEqual(without_origin(later[part]), without_origin(record[part]), "a late result was taken")

        self.under_load(hurt)

    def test_kill_the_codecs(self):
        def hurt(load):
            killed = 0
            for _ in range(25):
                name = self.pick_node()
                for child in children_of(self.cluster.members[name].process.pid):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(child, signal.SIGKILL)
                        killed += 1
                load.more(1)
            self.cluster.note(f"{killed} processes of dip-codec were killed")
            self.assertGreater(killed, 25)

        self.under_load(hurt)

    def test_node_gone_between_the_stages(self):
        """The preprocessed file goes with the node that made it: the stage is made again."""

        def hurt(load):
            for _ in range(2):
                request, user = self.slow_request(load)
                victim = self.node_of(self.reach(user, request, "preprocessed"), "preprocessed")
                self.cluster.kill(victim)
                self.cluster.note(f"{request} was preprocessed there")
                self.processed_once(user, request)
                load.more(WORK)
                self.cluster.start(victim)
                self.cluster.wait_ready()

        self.under_load(hurt)
