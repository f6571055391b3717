"""The interface against its own description: every call of /openapi.json, every parameter and field of it on both
sides of each bound, every answer held against its schema. The node and the schema must agree on what is right."""

import copy
import hashlib
import http.client
import json
import pathlib
import tempfile
import unittest
import urllib.parse

from api import Document, examples, fits, samples
from support import NodeTest, multipart, png, until

MISSING = "01ARYZ6S41TSV4RRFFQ69G5FAV"
KEYS = ("upload", "process", "read", "admin")  # a key for each scope, of the same name
# What a schema cannot judge: whether there is such a file, mailbox or language, and whether webhooks are sent here.
ELSEWHERE = ("/file", "/preprocess/page", "/notify/email", "/notify/webhook", "/notify/language")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
ADDRESSES = ["nobody", "a@b@", "owner@example.org",
             "l" * 64 + "@" + ".".join(["d" * 63, "d" * 63, "d" * 61]), "l" * 65 + "@example.org"]
COLOURS = ["#abc", "#ABCD", "#aabbcc", "#aabbccd", "#aabbccdd", "#ggg", "transparent", "red", "aabbcc"]


class Answer:
    def __init__(self, answer):
        self.status, self.headers, self.body = answer.status, answer.headers, answer.read()

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


class DescribedNode(NodeTest):
    """A node, its own description, and calls whose answers are held against it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connection = http.client.HTTPConnection("127.0.0.1", cls.node.port, timeout=120)
        cls.addClassCleanup(cls.connection.close)
        cls.document = Document(cls.client.get("/openapi.json").body)
        cls.seen = set()

    def ask(self, method, path, body=None, headers=None, known=True):
        """Calls, and holds the answer against the description of that call."""
        self.connection.request(method, path, body=body, headers=headers or {})
        answer = Answer(self.connection.getresponse())
        if known:
            self.check(method, path.partition("?")[0], answer)
        return answer

    def operation(self, method, path):
        steps = path.split("/")
        for described, item in self.document.json["paths"].items():
            pattern = described.split("/")
            if len(pattern) == len(steps) and all(p[:1] == "{" or p == s for p, s in zip(pattern, steps)):
                if method.lower() in item:
                    return item[method.lower()]
        raise AssertionError(f"{method} {path} is not described")

    def check(self, method, path, answer):
        operation = self.operation(method, path)
        name = f"{operation['operationId']} {answer!r}"
        self.assertIn(str(answer.status), operation["responses"], name)
        self.seen.add((operation["operationId"], str(answer.status)))
        said = self.document.resolve(operation["responses"][str(answer.status)])
        as_file = operation["operationId"] != "getOpenapi" and not answer.headers.get("Content-Type", "").endswith("json")
        for header, one in said["headers"].items():
            value, one = answer.headers[header], self.document.resolve(one)
            if value is None and not one.get("required") and not as_file:
                continue
            self.assertIsNotNone(value, f"{name} lacks {header}")
            one = one["schema"]
            if one["type"] == "integer":
                value = int(value)
            self.document.validator(one).validate(value)
        if "content" not in said or method == "HEAD":
            self.assertEqual(answer.body, b"", name)
            return
        kind = answer.headers["Content-Type"].partition(";")[0]
        self.assertIn(kind, said["content"], name)
        if kind.endswith("json"):
            self.document.validator(said["content"][kind]["schema"]).validate(answer.json())


class Keys(DescribedNode):
    """Who may call what is what the description says."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        keys = pathlib.Path(folder.name, "keys")
        keys.write_text("".join(f'[[key]]\nname = "{name}"\nsha256 = "{hashlib.sha256(name.encode()).hexdigest()}"\n'
                                f'scopes = ["{name}"]\n' for name in KEYS))
        cls.settings = f'[security]\napi_keys_file = "{keys}"\npublic_read = []\n'
        super().setUpClass()

    def test_every_call_asks_for_the_key_that_is_described(self):
        there = {"bucket": "rtp-request-files", "key": MISSING + ".png", "attempt": MISSING, "output": "a.png", "id": MISSING,
                 "address": "nobody@example.org", "queue": "nobody", "message": "0-1", "actor": "n1.0", "partition": "1023",
                 "node": "nobody"}
        asked = 0
        for method, path, operation in self.document.calls():
            if operation["operationId"] == "watchCluster":
                continue  # it has no end; its own test is operator_test.py
            for name, value in there.items():
                path = path.replace("{" + name + "}", value)
            needs = next((one["bearer"][0] for one in operation["security"] if "bearer" in one), None)
            body = b"{}" if "requestBody" in operation else None
            for key in (None, "unknown", *KEYS):
                headers = {"Authorization": f"Bearer {key}"} if key else {}
                with self.subTest(call=operation["operationId"], key=key):
                    status = self.ask(method, path, body, headers).status
                    self.assertEqual(status == 401, key == "unknown" or (key is None and needs is not None), status)
                    self.assertEqual(status == 403, key in KEYS and needs is not None and key not in (needs, "admin"), status)
                    asked += needs is not None
        self.assertGreater(asked, 40)


class Described(DescribedNode):
    settings = '[limits]\noperations = 6\noutputs = 3\n[[preset.avatar.operations]]\nop = "flip"\n'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = cls.client.upload(png(8, 8), "cat.png").json()["key"]

    # ── the request's JSON ──────────────────────────────────────────────────────────────────────────────────────────

    def submit(self, request):
        return self.ask("POST", "/process-file", json.dumps(request), {"Content-Type": "application/json"})

    def verdict(self, request, pointer):
        """The node takes what the schema takes; what it does not take it names by `pointer`. True when it was taken.

        A request may be right as far as a schema can tell, and still ask for what cannot be done on this image: that
        is told at the step or the output as a whole. And `file` may name no file."""
        schema = self.document.resolve({"$ref": "#/components/schemas/ProcessRequest"})
        right = self.document.validator(schema).is_valid(request)
        answer = self.submit(request)
        note = f"{pointer} in {json.dumps(request)[:600]}: {answer}"
        if answer.status == 202:
            self.assertTrue(right, f"taken, which the schema refuses: {note}")
            self.taken += 1
            return True
        said = answer.json()
        if right:
            self.assertIn(said["code"], ("invalid_operation", "not_found", "forbidden"), note)
            elsewhere = pointer.startswith(said.get("pointer", "") + "/") and said.get("pointer", "").count("/") > 1
            self.assertTrue(elsewhere or pointer in ELSEWHERE, f"refused, which the schema takes: {note}")
            self.assertEqual(said["code"] == "invalid_operation", pointer != "/file", note)
        else:
            self.assertEqual((answer.status, said["code"]), (422, "invalid_operation"), note)
        if pointer != "/file" and not right:
            self.assertEqual(said.get("pointer", ""), pointer, note)
        return False

    def each(self, schema, pointer, put, least=1, more=()):
        """Tries samples of a field; `put` makes a request of one."""
        self.taken = 0
        for value in samples(self.document.resolve(schema), more):
            with self.subTest(field=pointer, value=value):
                self.verdict(put(value), pointer)
        self.assertGreaterEqual(self.taken, least, f"no sample of {pointer} was taken")

    def request(self, **fields):
        return {"file": self.key, **fields}

    def operation_schemas(self):
        schemas = self.document.json["components"]["schemas"]
        for name, target in schemas["Operation"]["discriminator"]["mapping"].items():
            yield name, self.document.resolve({"$ref": target})

    def minimal(self, name, schema):
        """A step with what it needs and no more, that fits an image of 8 by 8."""
        step = {"op": name}
        for field in schema["required"][1:] + [one["anyOf"][0]["required"][0] for one in schema.get("allOf", [])]:
            of = self.document.resolve(schema["properties"][field])
            if of["type"] in ("integer", "number"):
                step[field] = max(of["minimum"], 4)
            elif field == "file":
                step[field] = self.key
            else:
                step[field] = "#abc" if "pattern" in of and fits(of["pattern"], "#abc") and field != "text" else "a"
        return step

    def test_every_parameter_of_every_operation(self):
        for name, schema in self.operation_schemas():
            base = self.minimal(name, schema)
            with self.subTest(op=name):
                self.assertEqual(self.submit(self.request(operations=[base])).status, 202, base)
            for field, of in schema["properties"].items():
                if field == "op":
                    continue
                more = [self.key, MISSING.lower() + ".png"] if field == "file" else COLOURS
                self.each(of, f"/operations/0/{field}", lambda v: self.request(operations=[{**base, field: v}]), more=more)

    def test_what_an_operation_lacks_or_does_not_have(self):
        self.taken = 0
        for name, schema in self.operation_schemas():
            base = self.minimal(name, schema)
            for field in schema["required"]:
                with self.subTest(op=name, lacks=field):
                    step = {k: v for k, v in base.items() if k != field}
                    self.verdict(self.request(operations=[{"op": "flip"}, step]), f"/operations/1/{field}")
            if "allOf" in schema:
                with self.subTest(op=name, lacks="one of"):
                    self.verdict(self.request(operations=[{"op": name}]), "/operations/0")
            with self.subTest(op=name, unknown="no~such/field"):
                self.verdict(self.request(operations=[{**base, "no~such/field": 1}]), "/operations/0/no~0such~1field")
        self.assertEqual(self.taken, 0)

    def test_every_field_of_an_output(self):
        properties = self.document.json["components"]["schemas"]["Output"]["properties"]
        for field, of in properties.items():
            if field in ("operations", "name"):
                continue
            base = {"format": "webp"} if field != "progressive" else {"format": "jpeg"}
            self.each(of, f"/outputs/0/{field}", lambda v: self.request(outputs=[{**base, field: v}]))
        self.each(properties["name"], "/outputs/0/name", lambda v: self.request(outputs=[{"name": v}]), more=["a_-9", "a.b"])
        self.taken = 0
        self.verdict(self.request(outputs=[{"name": "a"}, {"colour": 1}]), "/outputs/1/colour")

    def test_every_format_has_the_options_that_are_described(self):
        self.taken = 0
        output = self.document.json["components"]["schemas"]["Output"]
        wanted = {"quality": (1, 100), "max_bytes": (100_000,), "effort": (0, 6), "lossless": (True, False),
                  "progressive": (True, False)}
        self.assertEqual(set(output["properties"]) - set(wanted), {"name", "format", "metadata", "operations"})
        for kind in output["properties"]["format"]["enum"]:
            for field, values in wanted.items():
                for value in values:
                    with self.subTest(format=kind, field=field, value=value):
                        self.verdict(self.request(outputs=[{"format": kind, field: value}]), f"/outputs/0/{field}")
        self.assertGreater(self.taken, 20)
        self.verdict(self.request(outputs=[{"format": "webp", "max_bytes": 5, "lossless": True}]), "/outputs/0/max_bytes")

    def test_every_field_of_a_request(self):
        properties = self.document.json["components"]["schemas"]["ProcessRequest"]["properties"]
        self.each(properties["file"], "/file", lambda v: {"file": v},
                  more=[self.key, f"{self.node.url}/files/rtp-request-files/{self.key}", "https://example.org/a.png"])
        self.each(properties["preset"], "/preset", lambda v: self.request(preset=v))
        self.each(properties["metadata"], "/metadata", lambda v: self.request(metadata=v),
                  more=[{"m": "x" * (properties["metadata"]["x-max-bytes"] - len('{"m":""}') + n)} for n in (0, 1)])
        for part in ("preprocess", "notify"):
            of = self.document.resolve(properties[part])
            for field, one in of["properties"].items():
                self.each(one, f"/{part}/{field}", lambda v: self.request(**{part: {field: v}}),
                          least=field != "webhook", more=[*ADDRESSES, "en"])
            self.taken = 0
            self.verdict(self.request(**{part: {"colour": 1}}), f"/{part}/colour")
        for field in ("preprocess", "notify", "operations", "outputs"):
            self.taken = 0
            for value in (None, 5, "x", True, {"a": 1}, [1]):
                with self.subTest(field=field, value=value):
                    deeper = {dict: "/a", list: "/0"}.get(type(value), "")
                    is_list = "items" in self.document.resolve(properties[field])
                    self.verdict(self.request(**{field: value}),
                                 f"/{field}{deeper if isinstance(value, list) == is_list else ''}")
            self.assertEqual(self.taken, 0)
        self.verdict(self.request(colour=1), "/colour")
        self.verdict({}, "/file")

    def test_both_sides_of_every_count(self):
        schema = self.document.json["components"]["schemas"]["ProcessRequest"]
        steps, outputs = (schema["properties"][f]["maxItems"] for f in ("operations", "outputs"))
        self.assertEqual((steps, outputs), (6, 3), "the description does not follow the configuration")
        self.taken = 0
        for n in (0, steps, steps + 1):
            self.verdict(self.request(operations=[{"op": "flip"}] * n), "/operations")
        for n in (0, 1, outputs, outputs + 1):
            self.verdict(self.request(outputs=[{"name": f"o{i}"} for i in range(n)]), "/outputs")
        self.verdict(self.request(outputs=[{"operations": [{"op": "flip"}] * (steps + 1)}]), "/outputs/0/operations")
        self.assertEqual(self.taken, 4)
        body, most = json.dumps(self.request()), schema["x-max-bytes"]
        for size, status in ((most, 202), (most + 1, 413)):
            answer = self.ask("POST", "/process-file", body + " " * (size - len(body)))
            self.assertEqual(answer.status, status, answer)

    def test_what_is_no_object_is_no_request(self):
        for body in ("", "[]", "null", "5", '"x"', "{"):
            answer = self.ask("POST", "/process-file", body, {"Content-Length": str(len(body))})
            self.assertEqual((answer.status, answer.json()["code"]), (400, "bad_request"), body)

    def test_webhooks_are_taken_where_there_is_a_secret(self):
        answer = self.submit(self.request(notify={"webhook": "https://example.org/hook"}))
        self.assertEqual((answer.status, answer.json()["pointer"]), (422, "/notify/webhook"))

    # ── parameters ──────────────────────────────────────────────────────────────────────────────────────────────────

    def texts(self, schema):
        for value in samples(schema):
            if isinstance(value, bool) or value is None or isinstance(value, (list, dict)):
                continue
            yield value if isinstance(value, str) else json.dumps(value)

    def allowed(self, schema, text):
        value = text
        if schema["type"] == "integer":
            if not fits("[0-9]+", text):
                return False
            value = int(text)
        if isinstance(value, str) and "pattern" in schema and not fits(schema["pattern"], value):
            return False
        return self.document.validator(schema).is_valid(value)

    def target(self, path):
        """The path with what is there in the place of its parameters."""
        for name, value in self.there_at(path).items():
            path = path.replace("{" + name + "}", value)
        return path

    def there_at(self, path):
        return {**self.there, "bucket": "rtp-processed-files"} if "{attempt}" in path else self.there

    def prepare(self):
        record = self.client.finished(self.submit(self.request()).json()["id"])
        self.there = {"bucket": "rtp-request-files", "key": self.key, "id": record["id"], "address": "nobody@example.org",
                      "queue": "rtp-request-queue", "message": "0-1", "partition": "0", "node": "n1",
                      "actor": self.ask("GET", "/actors?limit=1").json()["actors"][0]["id"]}
        output = record["outputs"][0]["url"].split("/")
        self.there |= {"attempt": output[-2], "output": output[-1]}

    def test_every_parameter_in_the_query(self):
        self.prepare()
        for method, path, operation in self.document.calls():
            if method not in ("GET", "POST"):
                continue
            place = self.target(path)
            for one in self.document.parameters(operation, "query"):
                schema = self.document.resolve(one["schema"])
                if set(schema) <= {"type"} or method == "POST":
                    continue
                for text in self.texts(schema):
                    if text == "" or operation["operationId"] == "watchCluster":
                        continue  # a parameter without a value; what that means is each one's own
                    with self.subTest(call=operation["operationId"], parameter=one["name"], value=text):
                        answer = self.ask(method, f"{place}?{one['name']}={quoted(text)}")
                        self.assertEqual(answer.status, 200 if self.allowed(schema, text) else 400, answer)
        for path in ("/files", "/requests"):
            self.assertEqual(self.ask("GET", path + "?cursor=nonsense").status, 400)
            self.assertEqual(self.ask("GET", path + "?colour=1").status, 400)
            self.assertEqual(self.ask("GET", path + "?limit=1&limit=2").status, 400)

    def test_every_parameter_in_the_path(self):
        self.prepare()
        for method, path, operation in self.document.calls():
            if method != "GET":
                continue
            for one in self.document.parameters(operation, "path"):
                schema = self.document.resolve(one["schema"])
                for text in (*self.texts(schema), MISSING, MISSING + ".png", "%00"):
                    if text in ("", ".", ".."):
                        continue
                    with self.subTest(call=operation["operationId"], parameter=one["name"], value=text):
                        place = self.target(path.replace("{" + one["name"] + "}", quoted(text)))
                        answer = self.ask(method, place)
                        found = text == self.there_at(path)[one["name"]] or one["name"] == "queue" and self.allowed(schema, text)
                        self.assertIn(answer.status, (200,) if found else (400, 404), answer)

    def test_every_header(self):
        body, kind = json.dumps(self.request()), {"Content-Type": "application/json"}
        record = self.submit(self.request()).json()["id"]
        self.client.finished(record)
        for operation_id, name, method, path, sent in (
                ("processFile", "Idempotency-Key", "POST", "/process-file", body),
                ("watchRequest", "Last-Event-ID", "GET", f"/requests/{record}/events", None),
                ("getHealth", "X-Request-Id", "GET", "/healthz", None)):
            of = next(p for p in self.document.parameters(self.document.call(operation_id)[2], "header") if p["name"] == name)
            for text in self.texts(of["schema"]):
                if not text.isascii() or text != text.strip() or any(c < " " or c == "\x7f" for c in text):
                    continue  # no header can carry it; what the gate does then is its own test's
                allowed = self.allowed(of["schema"], text)
                with self.subTest(header=name, value=text):
                    answer = self.ask(method, path, sent, {**(kind if sent else {}), name: text})
                    if name == "X-Request-Id":
                        self.assertEqual(answer.headers[name] == text, allowed, answer)
                    elif text or name == "Idempotency-Key":
                        self.assertEqual(answer.status < 300, allowed, answer)

    # ── calls ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def test_every_answer_that_is_described_as_good_is_given(self):
        self.prepare()
        t = self.there
        upload = f"/files/rtp-request-files/{t['key']}"
        output = f"/files/rtp-processed-files/{t['attempt']}/{t['output']}"
        kind, form = multipart([("file", "cat.png", "image/png", png(8, 8)), ("request", None, None, b"{}")])
        self.assertEqual(self.ask("POST", "/process-file", form, {"Content-Type": kind}).status, 202)
        for body, headers in ((png(5, 5), {"Content-Type": "image/png"}), (form, {"Content-Type": kind})):
            self.assertEqual(self.ask("POST", "/files", body, headers).status, 201)
        for path in (upload, output):
            for method in ("GET", "HEAD"):
                tag = self.ask(method, path).headers["ETag"]
                self.assertEqual(self.ask(method, path, headers={"Range": "bytes=0-3"}).status, 206)
                self.assertEqual(self.ask(method, path, headers={"If-None-Match": tag}).status, 304)
                self.assertEqual(self.ask(method, path, headers={"Range": "bytes=999999-"}).status, 416)
                self.assertEqual(self.ask(method, path, headers={"If-Match": '"another"'}).status, 412)
            self.assertEqual(self.ask("GET", path + "?info").json()["format"], "png")
        for path in ("/files", "/requests", "/healthz", "/readyz", "/metrics", f"/requests/{t['id']}"):
            self.assertEqual(self.ask("GET", path).status, 200, path)
        self.assertEqual(self.ask("DELETE", f"/requests/{t['id']}").status, 409)
        self.assertEqual(self.ask("DELETE", f"/requests/{MISSING}").status, 404)
        self.assertEqual(self.ask("GET", f"/requests/{t['id']}/events").status, 200)
        self.assertEqual(self.ask("GET", f"/requests/{t['id']}/events", headers={"Last-Event-ID": "99"}).status, 204)
        tag = self.ask("GET", "/openapi.json").headers["ETag"]
        self.assertEqual(self.ask("GET", "/openapi.json", headers={"If-None-Match": tag}).status, 304)
        again = {"Content-Type": "application/json", "Idempotency-Key": "once"}
        self.assertEqual(self.ask("POST", "/process-file", json.dumps(self.request()), again).status, 202)
        answer = self.ask("POST", "/process-file", json.dumps(self.request(metadata={})), again)
        self.assertEqual((answer.status, answer.json()["code"]), (422, "idempotency_mismatch"))
        self.assertEqual(self.ask("POST", "/files", b"no image", {"Content-Type": "image/png"}).status, 415)
        told = self.submit(self.request(notify={"email": "owner@example.org"})).json()["id"]
        until("the owner is told", lambda: self.ask("GET", f"/requests/{told}").json()["notification"]["email"] == "sent")
        self.assertEqual(self.ask("POST", f"/requests/{told}/resend").status, 202)
        self.assertEqual(self.ask("GET", "/suppressions").status, 200)
        for path in ("/cluster", "/topics", "/queues", "/actors", f"/actors/{t['actor']}", "/actors?state=dead", "/audit",
                     f"/requests/{t['id']}/trace", f"/queues/{t['queue']}/messages", f"/queues/{t['queue']}/dead-letters"):
            self.assertEqual(self.ask("GET", path).status, 200, path)
        for word in ("pause", "resume"):
            self.assertEqual(self.ask("POST", f"/queues/{t['queue']}/{word}").status, 200)
        self.assertEqual(self.ask("POST", f"/queues/{t['queue']}/redrive", "{}").status, 200)
        self.assertEqual(self.ask("POST", f"/queues/{t['queue']}/redrive", '{"ids": []}').status, 422)
        self.assertEqual(self.ask("DELETE", f"/queues/{t['queue']}/dead-letters/0-1?reason=x").status, 404)
        self.assertEqual(self.ask("POST", f"/requests/{t['id']}/retry").status, 409)
        queue = next(a["id"] for a in self.ask("GET", "/actors?kind=queue").json()["actors"])
        self.assertEqual(self.ask("POST", f"/actors/{queue}/restart").status, 202)
        self.assertEqual(self.ask("POST", "/cluster/partitions/0/leader", '{"node": "n1"}').status, 409)
        self.assertEqual(self.ask("DELETE", "/suppressions/nobody@example.org").status, 404)
        self.cancel_one()
        for path in (output, f"/files/rtp-request-files/{self.ask('POST', '/files', png(6, 6)).json()['key']}"):
            self.assertEqual(self.ask("DELETE", path, headers={"If-Match": '"another"'}).status, 412, path)
            self.assertEqual(self.ask("DELETE", path).status, 204, path)
            self.assertEqual(self.ask("DELETE", path).status, 404, path)
        good = {(o["operationId"], s) for _, _, o in self.document.calls() for s in o["responses"] if s[0] in "23"}
        # The notifications' own test has a mail server that refuses somebody for good; a cluster's own test loses nodes for good.
        # What would keep this node from going on, what has no end, and what needs a dead letter or other nodes, are those of
        # operator_test.py.
        elsewhere = {("clearSuppression", "204"), ("giveUpLostNodes", "204"), ("recoverPartition", "204"), ("watchCluster", "200"),
                     ("drainNode", "202"), ("moveLeader", "202"), ("retryRequest", "202"), ("discardDeadLetter", "204")}
        self.assertEqual(good - self.seen, elsewhere)

    def cancel_one(self):
        """Some request is still waiting when it is cancelled, if many were asked for before it."""
        for _ in range(50):
            many = [self.submit(self.request(operations=[{"op": "blur"}] * 5)).json()["id"] for _ in range(20)]
            if self.ask("DELETE", f"/requests/{many[-1]}").status == 204:
                return
        self.fail("every request was faster than its cancellation")

    def test_methods_that_are_not_described_are_refused(self):
        self.prepare()
        for path, item in self.document.json["paths"].items():
            described = {m.upper() for m in item} | ({"HEAD"} if "get" in item else set())
            place = self.target(path)
            for method in METHODS:
                if method in described:
                    continue
                with self.subTest(path=path, method=method):
                    answer = self.ask(method, place, known=False)
                    self.assertEqual(answer.status, 405, answer)
                    self.assertEqual(set(answer.headers["Allow"].split(", ")), described | {"OPTIONS"})

    # ── the document ────────────────────────────────────────────────────────────────────────────────────────────────

    def test_every_example_is_valid(self):
        found = 0
        for where, schema, example in examples(self.document.json):
            with self.subTest(example=where):
                self.document.validator(schema).validate(example)
                found += 1
        self.assertGreater(found, 40)

    def test_a_wrong_example_is_found(self):
        broken = copy.deepcopy(self.document.json["components"]["schemas"]["UploadedFile"])
        self.assertFalse(self.document.validator(broken).is_valid({"bucket": "elsewhere"}))

    def test_every_schema_is_one(self):
        for name, schema in self.document.json["components"]["schemas"].items():
            with self.subTest(schema=name):
                self.document.validator(schema).check_schema(schema)


def quoted(text):
    return urllib.parse.quote(text, safe="")


if __name__ == "__main__":
    unittest.main()
