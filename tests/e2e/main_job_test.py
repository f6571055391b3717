"""The main job: a photo goes up, is processed, its results come down, and its owner is told."""

import base64
import email
import email.policy
import hashlib
import json
import unittest

from support import SAMPLE, WATERMARK, NodeTest, image_facts, multipart, png, until


class MainJob(NodeTest):
    def test_a_photo_goes_up_is_processed_and_comes_down(self):
        photo = SAMPLE.read_bytes()
        answer = self.client.upload(photo, "meadow at dusk.jpg", "image/jpeg")
        self.assertEqual(answer.status, 201, answer)
        file = answer.json()
        self.assertEqual(answer.headers["Location"].split("/files/")[1], file["url"].split("/files/")[1])
        self.assertEqual(file["bucket"], "rtp-request-files")
        self.assertRegex(file["key"], r"^[0-9A-HJKMNP-TV-Z]{26}\.jpg$")
        self.assertTrue(file["url"].startswith(self.node.url + "/files/rtp-request-files/"), file["url"])
        self.assertEqual(file["size"], len(photo))
        self.assertEqual(file["sha256"], hashlib.sha256(photo).hexdigest())
        self.assertEqual((file["format"], file["content_type"]), ("jpeg", "image/jpeg"))
        self.assertEqual(sorted((file["width"], file["height"])), [900, 1600])
        self.assertEqual((file["pages"], file["has_alpha"]), (1, False))

        mark = self.upload(WATERMARK.read_bytes(), "watermark.png")
        accepted = self.accepted(
            {
                "file": file["url"],
                "operations": [
                    {"op": "resize", "width": 1200},
                    {"op": "sharpen"},
                    {"op": "watermark", "file": mark["key"], "position": "southeast", "opacity": 0.7},
                    {"op": "text", "text": "seeding", "position": "southwest", "color": "#ffffff"},
                ],
                "outputs": [
                    {"name": "large", "format": "webp", "quality": 82},
                    {"name": "small", "format": "jpeg", "operations": [{"op": "resize", "width": 320}]},
                ],
                "notify": {"email": "owner@example.org"},
                "metadata": {"album": "dusk", "n": 7},
            }
        )
        self.assertIn(accepted["status"], ("accepted", "preprocessing", "preprocessed", "processing", "processed"))
        self.assertIn(accepted["id"], accepted["status_url"])
        self.assertIn(accepted["id"], accepted["events_url"])
        record = self.client.finished(accepted["id"])
        self.assertEqual(record["status"], "processed", record)
        self.assertEqual(record["metadata"], {"album": "dusk", "n": 7})
        # Upright, though the photo is stored lying on its side: the orientation was obeyed.
        facts = {o["name"]: (o["format"], o["width"], o["height"]) for o in record["outputs"]}
        self.assertEqual(facts, {"large": ("webp", 1200, 675), "small": ("jpeg", 320, 180)})
        for output in record["outputs"]:
            self.assertIn("/files/rtp-processed-files/", output["url"])
            answer = self.check_output(output)
            self.assertNotIn(b"Exif", answer.body[:4096])
            kept_as = f'meadow at dusk-{output["name"]}.{"jpg" if output["format"] == "jpeg" else output["format"]}'
            self.assertIn(f'filename="{kept_as}"', answer.headers["Content-Disposition"])

        steps = [event["status"] for event in record["timeline"]]
        self.assertEqual(steps, ["accepted", "preprocessing", "preprocessed", "processing", "processed"])
        for event in record["timeline"]:
            self.assertRegex(event["at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

        self.check_mail(record)

    def check_mail(self, record):
        def delivered():
            now = self.client.get(f"/requests/{record['id']}").json()["notification"]["email"]
            self.assertIn(now, ("pending", "sent"))
            return now == "sent"

        until("the mail is sent", delivered)
        mails = [m for m in self.node.mails() if record["id"].encode() in m.read_bytes()]
        self.assertEqual(len(mails), 1)
        message = email.message_from_bytes(mails[0].read_bytes(), policy=email.policy.default)
        self.assertEqual(message.defects, [])
        self.assertEqual(message["To"], "owner@example.org")
        self.assertEqual(message["Auto-Submitted"], "auto-generated")
        self.assertIn(record["id"], message["Message-ID"])
        self.assertIn("meadow at dusk.jpg", message["Subject"])
        text = message.get_body(("plain",)).get_content()
        html = message.get_body(("html",)).get_content()
        for output in record["outputs"]:
            self.assertIn(output["url"], text)
            self.assertIn(output["url"], html)
        pictures = [part for part in message.walk() if part.get_content_type() == "image/jpeg"]
        self.assertEqual(len(pictures), 1, "one inline preview")
        preview = pictures[0].get_payload(decode=True)
        self.assertLessEqual(len(preview), 20 * 1024)
        kind, width, height = image_facts(preview)
        self.assertEqual(kind, "jpeg")
        self.assertLessEqual(max(width, height), 240)
        self.assertIn("cid:" + pictures[0]["Content-ID"].strip("<>"), html)

    def test_only_the_file_is_required(self):
        file = self.upload(png(33, 21, alpha=True))
        self.assertTrue(file["has_alpha"])
        record = self.processed({"file": file["key"]})
        self.assertEqual([(o["format"], o["width"], o["height"]) for o in record["outputs"]], [("png", 33, 21)])
        self.assertEqual((record["notification"]["email"], record["notification"]["webhook"]), ("none", "none"))
        saved_as = self.client.get(record["outputs"][0]["url"]).headers["Content-Disposition"]
        self.assertEqual(saved_as, 'inline; filename="photo.png"')

    def test_a_file_is_named_by_key_path_or_url(self):
        file = self.upload(png(16, 16))
        path = "/files/rtp-request-files/" + file["key"]
        for name in (file["key"], path, self.node.url + path):
            self.processed({"file": name})

    def test_the_public_url_serves_as_a_web_server_does(self):
        data = png(64, 48, seed=3)
        file = self.upload(data)
        whole = self.client.get(file["url"])
        self.assertEqual((whole.status, whole.body), (200, data))
        self.assertEqual(whole.headers["Content-Type"], "image/png")
        self.assertEqual(whole.headers["X-Content-Type-Options"], "nosniff")
        self.assertIn("immutable", whole.headers["Cache-Control"])
        self.assertTrue(whole.headers["Last-Modified"].endswith(" GMT"))
        tag = whole.headers["ETag"]
        self.assertRegex(tag, r'^"[^"]+"$')

        self.assertEqual(self.client.get(file["url"], If_None_Match=tag).status, 304)
        self.assertEqual(self.client.get(file["url"], If_None_Match=f'"other", {tag}').status, 304)
        self.assertEqual(self.client.get(file["url"], If_None_Match='"other"').status, 200)

        part = self.client.get(file["url"], Range="bytes=10-19")
        self.assertEqual((part.status, part.body), (206, data[10:20]))
        self.assertEqual(part.headers["Content-Range"], f"bytes 10-19/{len(data)}")
        self.assertEqual(self.client.get(file["url"], Range="bytes=-5").body, data[-5:])
        self.assertEqual(self.client.get(file["url"], Range="bytes=20-").body, data[20:])
        beyond = self.client.get(file["url"], Range=f"bytes={len(data)}-")
        self.refused(beyond, 416, "bad_range")

        head = self.client.call("HEAD", file["url"])
        self.assertEqual((head.status, head.body), (200, b""))
        self.assertEqual((head.headers["Content-Length"], head.headers["ETag"]), (str(len(data)), tag))

        facts = self.client.get(file["url"] + "?info").json()
        self.assertEqual((facts["colour_space"], facts["depth"], facts["damage"], facts["delays"]), ("srgb", 8, None, []))
        self.assertRegex(facts["dominant_colour"], "^#[0-9a-f]{6}$")
        self.assertGreater(len(base64.b64decode(facts["thumbhash"], validate=True)), 16)
        self.assertEqual({k: facts[k] for k in ("key", "size", "sha256", "width", "height")},
                         {k: file[k] for k in ("key", "size", "sha256", "width", "height")})

    def test_the_same_idempotency_key_gives_the_same_request(self):
        request = {"file": self.upload(png(20, 20))["key"], "operations": [{"op": "flip"}]}
        first = self.accepted(request, Idempotency_Key="order-1")
        again = self.accepted(request, Idempotency_Key="order-1")
        self.assertEqual(first["id"], again["id"])
        other = self.client.submit({**request, "operations": []}, Idempotency_Key="order-1")
        self.refused(other, 422, "idempotency_mismatch")
        self.assertNotEqual(self.accepted(request, Idempotency_Key="order-2")["id"], first["id"])

    def test_listings_are_newest_first_and_page(self):
        ids = [self.accepted({"file": self.upload(png(8, 8, seed=i))["key"]})["id"] for i in range(5)]
        for request_id in ids:
            self.client.finished(request_id)
        seen, cursor = [], ""
        while True:
            answer = self.client.get("/requests?limit=2" + (f"&cursor={cursor}" if cursor else ""))
            self.assertEqual(answer.status, 200, answer)
            page = answer.json()
            rows = page["requests"]
            self.assertLessEqual(len(rows), 2)
            seen += [row["id"] for row in rows]
            cursor = page.get("next_cursor") or page.get("cursor")
            if not cursor:
                break
        self.assertEqual(len(seen), len(set(seen)), "a request was listed twice")
        self.assertEqual([i for i in seen if i in ids], ids[::-1])

    def test_a_file_is_deleted_once_and_for_all(self):
        file = self.upload(png(10, 10))
        self.assertEqual(self.client.call("DELETE", file["url"]).status, 204)
        self.refused(self.client.get(file["url"]), 404, "not_found")
        self.refused(self.client.submit({"file": file["key"]}), 404, "not_found")

    def test_what_is_final_cannot_be_cancelled(self):
        record = self.processed({"file": self.upload(png(12, 12))["key"]})
        self.refused(self.client.call("DELETE", "/requests/" + record["id"]), 409, "conflict")

    def test_health_and_figures_are_there(self):
        self.assertEqual(self.client.get("/healthz").status, 200)
        figures = self.client.get("/metrics")
        self.assertEqual(figures.status, 200)
        self.assertTrue(figures.headers["Content-Type"].startswith("text/plain"))
        self.assertIn(b"# TYPE dip_", figures.body)

    def test_the_request_id_of_a_call_comes_back(self):
        self.assertEqual(self.client.get("/healthz", X_Request_Id="abc-123").headers["X-Request-Id"], "abc-123")
        self.assertTrue(self.client.get("/healthz").headers["X-Request-Id"])


if __name__ == "__main__":
    unittest.main()
