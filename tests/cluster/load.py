"""Clients that work on a cluster while it is hurt, what it has promised to them, and whether it has kept that."""

import email
import hashlib
import http.client
import pathlib
import random
import sys
import threading
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from support import FINAL, complete, image_facts, png  # noqa: E402

CALL = 5.0       # seconds that one call may take before the next node is asked
PATIENCE = 90.0  # seconds after which a client that got nowhere says so
THOUGHT = 0.05   # seconds between two images of one client: what was promised is to be checked in the end
FINISH = 180.0   # seconds for what was accepted to become final once all is well again


class Broken(Exception):
    """A promise that was not kept, or an answer that must not be."""


class Ledger:
    def __init__(self):
        self.lock = threading.Lock()
        self.files = {}     # path: sha256
        self.requests = {}  # id: (width, height) that its output must have
        self.seen = {}      # id: the longest timeline that anybody has read
        self.faults, self.retries, self.slowest = [], 0, 0.0

    def count(self):
        with self.lock:
            return len(self.files) + len(self.requests)

    def fault(self, text):
        with self.lock:
            self.faults.append(text)


class User:
    """Calls as a careful client does: what is answered with 503, 507 or 429, or not at all, is asked again, of another node."""

    def __init__(self, cluster, ledger, seed, stop):
        self.cluster, self.ledger, self.stop = cluster, ledger, stop
        self.choices = random.Random(seed)
        self.mine = []

    def call(self, method, path, body=None, headers=None, good=(200,)):
        """The first answer that is none of these; Broken when its status is not `good`."""
        begun = time.monotonic()
        names = list(self.cluster.members)
        self.choices.shuffle(names)
        turn, last = 0, "nothing"
        while time.monotonic() - begun < PATIENCE:
            name = names[turn % len(names)]
            turn += 1
            try:
                answer = self.cluster.members[name].client(CALL).call(method, path, body, headers)
            except (OSError, http.client.HTTPException) as problem:
                last = f"{name}: {type(problem).__name__} {problem}"
                self.again(0.05)
                continue
            if answer.status in (429, 503, 507):
                last = f"{name}: {answer.status} {answer.code}"
                self.again(min(float(answer.headers.get("Retry-After", "1")), 1.0))
                continue
            if method == "GET" and path.startswith("/requests/") and answer.status == 200 and answer.json()["stale"]:
                last = f"{name}: stale"
                self.again(0.2)
                continue
            if answer.status not in good:
                raise Broken(f"{method} {path} of {name} after {turn} tries: {answer}")
            with self.ledger.lock:
                self.ledger.slowest = max(self.ledger.slowest, time.monotonic() - begun)
            return answer
        raise Broken(f"{method} {path} got nowhere in {PATIENCE:.0f} s; at last {last}")

    def again(self, pause):
        with self.ledger.lock:
            self.ledger.retries += 1
        time.sleep(pause)

    def work(self):
        number = 0
        while not self.stop.wait(THOUGHT):
            number += 1
            try:
                self.one_image(number)
            except Broken as problem:
                self.cluster.note(f"BROKEN {problem}")
                self.ledger.fault(str(problem))
                return

    def one_image(self, number):
        width, height = self.choices.randint(8, 200), self.choices.randint(8, 200)
        data = png(width, height, seed=self.choices.randrange(1 << 30))
        digest = hashlib.sha256(data).hexdigest()
        file = self.call("POST", "/files", data, {"Content-Type": "image/png"}, (201,)).json()
        path = f"/files/{file['bucket']}/{file['key']}"
        with self.ledger.lock:
            self.ledger.files[path] = digest
        if file["sha256"] != digest:
            raise Broken(f"{path} was acknowledged with another hash")
        # What was acknowledged is seen by the next read, of any node.
        if hashlib.sha256(self.call("GET", path).body).hexdigest() != digest:
            raise Broken(f"{path} has other bytes right after its upload")
        body = ('{"file":"%s","operations":[{"op":"rotate","angle":90}],"outputs":[{"name":"a","format":"%s"}],'
                '"notify":{"email":"owner@example.org"}}'
                % (file["key"], self.choices.choice(["jpeg", "png", "webp"])))
        key = str(uuid.UUID(int=self.choices.getrandbits(128)))
        request = self.call("POST", "/process-file", body,
                            {"Content-Type": "application/json", "Idempotency-Key": key}, (202,)).json()["id"]
        with self.ledger.lock:
            self.ledger.requests[request] = (height, width)
        self.mine.append(request)
        self.read_status(request)
        self.read_status(self.choices.choice(self.mine))
        # The same key again, as after an answer that was lost.
        if self.choices.random() < 0.2:
            second = self.call("POST", "/process-file", body,
                               {"Content-Type": "application/json", "Idempotency-Key": key}, (200, 202)).json()["id"]
            if second != request:
                raise Broken(f"one Idempotency-Key has two requests: {request} and {second}")


    def read_status(self, request):
        """What any node says of it is no older than what anybody had read before the question."""
        with self.ledger.lock:
            before = self.ledger.seen.get(request, [])
        record = self.call("GET", f"/requests/{request}").json()
        if record["id"] != request or record["status"] in ("failed", "cancelled"):
            raise Broken(f"{request} cannot have become this: {record}")
        check_history(request, before, record["timeline"])
        with self.ledger.lock:
            if len(record["timeline"]) > len(self.ledger.seen.get(request, [])):
                self.ledger.seen[request] = record["timeline"]


def check_history(request, before, now):
    """A timeline only grows, at its end."""
    if now[:len(before)] != before:
        raise Broken(f"{request}: {now} was read after {before}")


class Load:
    """Several users at once, until `end`."""

    def __init__(self, cluster, seed, users=4):
        self.cluster, self.ledger, self.stop = cluster, Ledger(), threading.Event()
        self.users = [User(cluster, self.ledger, f"{seed}-{n}", self.stop) for n in range(users)]
        self.threads = [threading.Thread(target=user.work) for user in self.users]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self.stop.set()
        for thread in self.threads:
            if thread.is_alive():
                thread.join()

    def more(self, count, deadline=PATIENCE):
        """Waits until so much more was acknowledged."""
        goal, end = self.ledger.count() + count, time.monotonic() + deadline
        while self.ledger.count() < goal:
            self.check()
            if time.monotonic() > end:
                raise AssertionError(f"only {self.ledger.count()} of {goal} were acknowledged in {deadline:.0f} s")
            time.sleep(0.02)

    def check(self):
        self.cluster.check_alive()
        if self.ledger.faults:
            raise AssertionError("\n".join(self.ledger.faults))


def check_promises(cluster, ledger):
    """All that was acknowledged, asked of every node. To be called when all of them are ready. Returns what is wrong."""
    reader = User(cluster, ledger, "reader", threading.Event())
    wrong = []
    records = {}
    for request in ledger.requests:
        try:
            records[request] = final_record(reader, request)
            check_history(request, ledger.seen.get(request, []), records[request]["timeline"])
        except Broken as problem:
            wrong.append(str(problem))
    for name, member in cluster.members.items():
        client = member.client(30)

        def get(path, client=client, name=name):
            answer = client.get(path)
            if answer.status != 200:
                raise Broken(f"{path} of {name}: {answer}")
            return answer

        def check(what, client=client):
            try:
                what()
            except Broken as problem:
                wrong.append(str(problem))
            except (OSError, http.client.HTTPException) as problem:
                wrong.append(f"{name} does not answer: {problem}")

        for path, digest in ledger.files.items():
            check(lambda: check_file(get, name, path, digest))
        for request, record in records.items():
            check(lambda: check_request(get, name, request, record, ledger.requests[request]))
    return wrong


def check_mails(cluster, ledger, again):
    """Every request has its mail in a node's outbox, and no second one: `again`, none but with the same Message-ID."""
    reader = User(cluster, ledger, "reader", threading.Event())
    wrong, found = [], {}
    for request in ledger.requests:
        end = time.monotonic() + FINISH
        while (state := reader.call("GET", f"/requests/{request}").json()["notification"]["email"]) != "sent":
            if state != "pending" or time.monotonic() > end:
                wrong.append(f"{request}: its notification is {state}")
                break
            time.sleep(0.1)
    for member in cluster.members.values():
        for file in sorted((member.data / "outbox").glob("*.eml")):
            mail = email.message_from_bytes(file.read_bytes())
            found.setdefault(mail["Message-ID"], []).append(file)
    for request in ledger.requests:
        mine = [i for i in found if request.lower() in i.lower()]
        copies = sum(len(found[i]) for i in mine)
        if len(mine) != 1 or (copies > 1 and not again):
            wrong.append(f"{request}: {copies} mails, Message-IDs {mine}")
    return wrong


def final_record(reader, request):
    end = time.monotonic() + FINISH
    while True:
        record = reader.call("GET", f"/requests/{request}?wait=2s").json()
        if record["status"] in FINAL:
            return record
        if time.monotonic() > end:
            raise Broken(f"{request} is not final after {FINISH:.0f} s: {record}")


def check_file(get, name, path, digest):
    if hashlib.sha256(get(path).body).hexdigest() != digest:
        raise Broken(f"{path} has other bytes on {name}")


def check_request(get, name, request, record, size):
    if record["status"] != "processed":
        raise Broken(f"{request} ended {record['status']}: {record}")
    finals = [e for e in record["timeline"] if e["status"] in FINAL]
    if len(finals) != 1:
        raise Broken(f"{request} is final {len(finals)} times: {record}")
    seen = get(f"/requests/{request}").json()
    for part in ("status", "timeline", "outputs"):
        # The link may name the node that was asked.
        if without_origin(seen[part]) != without_origin(record[part]):
            raise Broken(f"{request}: {part} differs on {name}: {seen[part]} and {record[part]}")
    if [o["name"] for o in record["outputs"]] != ["a"]:
        raise Broken(f"{request} has other outputs than it was asked for: {record}")
    output = record["outputs"][0]
    body = get("/files/" + output["url"].partition("/files/")[2]).body
    if len(body) != output["size"] or image_facts(body) != (output["format"], *size) or not complete(body):
        raise Broken(f"{request}: its output on {name} is not what it should be: {len(body)} bytes, {output}")


def without_origin(part):
    if isinstance(part, list):
        return [without_origin(p) for p in part]
    if isinstance(part, dict):
        return {k: v.partition("/files/")[2] if k == "url" else v for k, v in part.items()}
    return part
