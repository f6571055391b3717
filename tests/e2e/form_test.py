"""Upload and request in one form."""

import json
import unittest

from support import NodeTest, multipart, png


class Form(NodeTest):
    def form(self, image, request, **headers):
        kind, body = multipart([("file", "cat.png", "image/png", image), ("request", None, None, json.dumps(request).encode())])
        return self.client.call("POST", "/process-file", body,
                                {"Content-Type": kind, **{k.replace("_", "-"): v for k, v in headers.items()}})

    def test_one_call_does_the_main_job(self):
        answer = self.form(png(60, 40), {"outputs": [{"name": "a", "format": "webp"}]})
        self.assertEqual(answer.status, 202, answer)
        record = self.client.finished(answer.json()["id"])
        self.assertEqual((record["status"], record["file_name"]), ("processed", "cat.png"), record)
        self.check_output(record["outputs"][0])

    def test_a_replay_is_the_same_request_and_drops_its_bytes(self):
        first = self.form(png(61, 40), {"metadata": {"n": 1}}, Idempotency_Key="once")
        self.assertEqual(first.status, 202, first)
        self.client.finished(first.json()["id"])
        listed = len(self.client.get("/files").json()["files"])
        again = self.form(png(61, 40), {"metadata": {"n": 1}}, Idempotency_Key="once")
        self.assertEqual((again.status, again.json()["id"]), (202, first.json()["id"]))
        self.refused(self.form(png(62, 40), {"metadata": {"n": 1}}, Idempotency_Key="once"), 422, "idempotency_mismatch")
        self.assertEqual(len(self.client.get("/files").json()["files"]), listed)

    def test_what_is_refused_leaves_nothing(self):
        before = self.node.files()
        self.refused(self.form(png(20, 20), {"colour": 1}), 422, "invalid_operation", "/colour")
        self.assertEqual(self.client.get("/files").status, 200)
        self.assertEqual(self.node.files(), before)


if __name__ == "__main__":
    unittest.main()
