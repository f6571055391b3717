"""What is wrong is refused with its own word, on both sides of every limit, and leaves nothing behind."""

import contextlib
import http.client
import json
import socket
import struct
import unittest
import zlib

from support import SAMPLE, Node, NodeTest, multipart, png, png_chunk, until

UPLOAD = 1024 * 1024
PIXELS = 2_000_000
MISSING = "01J8Z3V5Q6W7X8Y9ZABCDEFG00"


class BadUploads(NodeTest):
    settings = f"[limits]\nupload = {UPLOAD}\npixels = {PIXELS}\npixels_total = {4 * PIXELS}\n"

    def setUp(self):
        self.before = self.node.files()

    def refused_upload(self, data, status, code, **how):
        """Refused, raw and as a form, and no file more than before."""
        for name in (None, "photo.jpg"):
            self.refused(self.client.upload(data, name, **how), status, code)
        self.assertEqual(self.node.files(), self.before, "a refused upload left a file behind")

    def test_what_is_no_image(self):
        for data in (b"hello, world\n" * 40, b"%!PS-Adobe-3.0\n", b"MZ" + bytes(600), b"<html><svg></svg></html>",
                     b"\0" * 5000, b"PK\x03\x04" + bytes(100)):
            self.refused_upload(data, 415, "unsupported_media")

    def test_an_empty_file(self):
        answer = self.client.upload(b"", "empty.jpg")
        self.refused(answer, 422, "invalid_image")
        self.refused(self.client.call("POST", "/files", b"", {"Content-Length": "0"}), 422, "invalid_image")
        self.assertEqual(self.node.files(), self.before)

    def test_a_head_and_nothing_else(self):
        for data in (b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\x24\0\0\0WEBPVP8 ",
                     SAMPLE.read_bytes()[:40]):
            self.refused_upload(data, 422, "invalid_image")

    def test_a_damaged_header(self):
        good = png(30, 20)
        self.refused_upload(good[:16] + b"\0\0\0\0\0\0\0\0" + good[24:], 422, "invalid_image")

    def test_the_content_says_what_it_is_and_not_the_name(self):
        answer = self.client.upload(png(20, 10), "holiday.jpg", "image/jpeg")
        self.assertEqual(answer.status, 201, answer)
        file = answer.json()
        self.assertEqual((file["format"], file["content_type"]), ("png", "image/png"))
        self.assertTrue(file["key"].endswith(".png"))

    def test_both_sides_of_the_size(self):
        exact = png(20, 20, total=UPLOAD)
        self.assertEqual(len(exact), UPLOAD)
        self.assertEqual(self.client.upload(exact).status, 201)
        self.assertEqual(self.client.upload(exact, "exact.png").status, 201)
        self.before = self.node.files()
        self.refused_upload(png(20, 20, total=UPLOAD + 1), 413, "too_large")

    def test_both_sides_of_the_size_when_it_is_not_announced(self):
        def pieces(data):
            return (data[i : i + 50_000] for i in range(0, len(data), 50_000))

        kind = {"Content-Type": "application/octet-stream", "Transfer-Encoding": "chunked"}
        answer = self.client.call("POST", "/files", pieces(png(20, 20, total=UPLOAD)), kind, chunked=True)
        self.assertEqual(answer.status, 201, answer)
        before = self.node.files()
        try:
            answer = self.client.call("POST", "/files", pieces(png(20, 20, total=3 * UPLOAD)), kind, chunked=True)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it hung up on what it would not take
        else:
            self.refused(answer, 413, "too_large")
        self.assertEqual(self.node.files(), before)

    def test_both_sides_of_the_pixels(self):
        self.assertEqual(self.client.upload(png(2000, 1000)).status, 201)
        self.before = self.node.files()
        self.refused_upload(png(2001, 1000), 422, "too_many_pixels")

    def test_bombs_are_seen_before_they_are_opened(self):
        ihdr = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 30000, 30000, 1, 0, 0, 0, 0))
        row = zlib.compress(bytes((30000 // 8 + 1) * 3000), 9)
        bomb = b"\x89PNG\r\n\x1a\n" + ihdr + png_chunk(b"IDAT", row) + png_chunk(b"IEND", b"")
        self.refused_upload(bomb, 422, "too_many_pixels")
        self.refused_upload(png(4, 4, claim=(40_000, 40_000)), 422, "too_many_pixels")

    def test_an_upload_that_breaks_off(self):
        body = png(20, 20, total=UPLOAD)
        for sent in (0, 10, 4096, 500_000, UPLOAD - 1):
            with socket.create_connection(("127.0.0.1", self.node.port), timeout=30) as s:
                s.sendall(b"POST /files HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n"
                          b"Content-Length: %d\r\n\r\n" % len(body) + body[:sent])
        until("the broken uploads are gone", lambda: self.node.files() == self.before)

    def test_a_form_without_its_file(self):
        kind, body = multipart([("picture", "a.png", "image/png", png(4, 4))])
        answer = self.client.call("POST", "/files", body, {"Content-Type": kind})
        self.refused(answer, 400, "bad_request")
        kind = {"Content-Type": "multipart/form-data"}
        self.refused(self.client.call("POST", "/files", body, kind), 400, "bad_request")
        self.assertEqual(self.node.files(), self.before)

    def test_names_that_would_leave_their_folder(self):
        for name in ("../../../etc/passwd.png", "..\\..\\x.png", "/etc/shadow", "a\tb.png", "." * 300, "%2e%2e%2f"):
            answer = self.client.upload(png(5, 5), name)
            self.assertEqual(answer.status, 201, answer)
            self.assertRegex(answer.json()["key"], r"^[0-9A-HJKMNP-TV-Z]{26}\.png$")
        outside = [p for p in self.node.home.rglob("*") if p.is_file() and self.node.data not in p.parents]
        self.assertEqual({p.name for p in outside}, {"cluster.conf", "node.log"})

    def test_an_image_that_breaks_while_it_is_decoded_fails_for_good(self):
        photo = SAMPLE.read_bytes()
        flipped = bytearray(png(400, 300))
        flipped[len(flipped) // 2] ^= 0xFF
        for data in (photo[: len(photo) // 2], photo[: len(photo) * 9 // 10], bytes(flipped)):
            answer = self.client.upload(data, "broken.jpg") if len(data) < UPLOAD else None
            self.assertEqual(answer.status, 201, answer)
            accepted = self.accepted({"file": answer.json()["key"], "notify": {"email": "owner@example.org"},
                                      "operations": [{"op": "resize", "width": 50}]})
            record = self.client.finished(accepted["id"])
            self.assertEqual(record["status"], "failed", record)
            self.assertEqual(record["error"]["code"], "invalid_image", record)
            self.assertTrue(record["error"]["detail"])
            self.assertIn(record["error"]["stage"], ("preprocess", "process"))
            told = until("the owner is told", lambda: [m for m in self.node.mails()
                                                       if accepted["id"].encode() in m.read_bytes()])
            self.assertEqual(len(told), 1)
        self.processed({"file": self.upload(png(9, 9))["key"]})


class BadRequests(NodeTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.file = cls.client.upload(png(60, 40)).json()["key"]

    def wrong(self, change, pointer, status=422, code="invalid_operation"):
        self.refused(self.client.submit({"file": self.file, **change}), status, code, pointer)

    def test_what_is_no_json_object(self):
        for body in ("", "{", "nonsense", "[]", "3", '"text"', "null", '{"file": "x"} more', "\xff\xfe"):
            self.refused(self.client.submit(body.encode("latin-1")), 400, "bad_request")
        deep = '{"file":' + "[" * 10_000 + "]" * 10_000 + "}"
        self.assertIn(self.client.submit(deep).status, (400, 422))

    def test_unknown_fields_are_named(self):
        self.wrong({"outptus": []}, "/outptus")
        self.wrong({"preprocess": {"max_widht": 5}}, "/preprocess/max_widht")
        self.wrong({"operations": [{"op": "flip"}, {"op": "resize", "width": 5, "hieght": 5}]}, "/operations/1/hieght")
        self.wrong({"outputs": [{"name": "a", "colour": 1}]}, "/outputs/0/colour")
        self.wrong({"notify": {"mail": "a@example.org"}}, "/notify/mail")

    def test_unknown_operations_formats_and_presets_are_named(self):
        self.wrong({"operations": [{"op": "flip"}, {"op": "enhance"}]}, "/operations/1/op")
        self.wrong({"operations": [{}]}, "/operations/0/op")
        self.wrong({"outputs": [{"name": "a", "format": "bmp"}]}, "/outputs/0/format")
        self.wrong({"preset": "nothing"}, "/preset")

    def test_wrong_types_are_named(self):
        self.wrong({"operations": {}}, "/operations")
        self.wrong({"operations": ["flip"]}, "/operations/0")
        self.wrong({"operations": [{"op": 7}]}, "/operations/0/op")
        self.wrong({"operations": [{"op": "resize", "width": "800"}]}, "/operations/0/width")
        self.wrong({"operations": [{"op": "resize", "width": 8.5}]}, "/operations/0/width")
        self.wrong({"outputs": [{"name": "a", "quality": True}]}, "/outputs/0/quality")
        self.wrong({"metadata": [1]}, "/metadata")
        self.wrong({"notify": "owner@example.org"}, "/notify")
        self.refused(self.client.submit({"file": 5}), 422, "invalid_operation", "/file")
        self.refused(self.client.submit({}), 422, "invalid_operation", "/file")

    def test_values_out_of_range_are_named(self):
        for width in (0, -1, 65536, 10**12):
            self.wrong({"operations": [{"op": "resize", "width": width}]}, "/operations/0/width")
        larger = {"op": "resize", "width": 8193, "height": 10, "fit": "fill", "enlarge": True}
        self.wrong({"operations": [larger]}, "/operations/0")
        self.assertEqual(self.client.submit({"file": self.file, "operations": [{**larger, "width": 8192}]}).status, 202)
        self.wrong({"operations": [{"op": "resize", "width": 5, "fit": "squeeze"}]}, "/operations/0/fit")
        for quality in (0, 101):
            self.wrong({"outputs": [{"name": "a", "format": "jpeg", "quality": quality}]}, "/outputs/0/quality")
        self.wrong({"outputs": []}, "/outputs")
        for name in ("", "a/b", "..", "A", "x" * 65, "a b"):
            self.wrong({"outputs": [{"name": name}]}, "/outputs/0/name")
        self.wrong({"outputs": [{"name": "a"}, {"name": "a"}]}, "/outputs/1/name")
        for address in ("nobody", "a@b\r\nBcc: c@example.org", "a b@example.org", "<a@example.org>", "@example.org"):
            self.wrong({"notify": {"email": address}}, "/notify/email")

    def test_what_cannot_be_done_on_this_image_is_named(self):
        self.wrong({"operations": [{"op": "crop", "x": 50, "y": 0, "width": 20, "height": 20}]}, "/operations/0")

    def test_both_sides_of_the_counts(self):
        def outputs(n):
            return {"outputs": [{"name": f"o{i}", "format": "jpeg"} for i in range(n)]}

        self.accepted({"file": self.file, "operations": [{"op": "flip"}] * 20})
        self.wrong({"operations": [{"op": "flip"}] * 21}, "/operations")
        self.accepted({"file": self.file, **outputs(16)})
        self.wrong(outputs(17), "/outputs")
        fits = {"m": "x" * (4096 - len('{"m":""}'))}
        self.accepted({"file": self.file, "metadata": fits})
        self.wrong({"metadata": {"m": fits["m"] + "x"}}, "/metadata")
        self.accepted({"file": self.file, "outputs": [{"name": "x" * 64}]})

    def test_both_sides_of_the_size_of_a_request(self):
        body = json.dumps({"file": self.file})
        self.assertEqual(self.client.submit(body + " " * (32 * 1024 - len(body))).status, 202)
        self.refused(self.client.submit(body + " " * (32 * 1024 + 1 - len(body))), 413, "too_large")

    def test_files_of_others_and_of_nobody(self):
        self.refused(self.client.submit({"file": "https://elsewhere.example.org/files/rtp-request-files/" + self.file}),
                     403, "forbidden")
        self.refused(self.client.submit({"file": MISSING + ".png"}), 404, "not_found")
        for name in ("../../etc/passwd", "/etc/passwd", "", "/files/rtp-request-files/../state", self.file + "/..",
                     "file:///etc/passwd", "\0", self.file.lower()):
            answer = self.client.submit({"file": name})
            self.assertIn(answer.status, (400, 403, 404, 422), answer)
            self.assertTrue(answer.code)

    def test_paths_that_would_leave_their_folder(self):
        for path in ("/files/rtp-request-files/../../../../etc/passwd", "/files/rtp-request-files/%2e%2e/%2e%2e/x",
                     "/files/rtp-request-files/..%2f..%2fstate%2fCURRENT", "/files/../state/CURRENT",
                     "/files/state/CURRENT", "/files/rtp-request-files/", "/files/rtp-request-files/%00",
                     "/files/rtp-request-files//etc/passwd", "/files/nonsense/" + self.file,
                     "/files/rtp-processed-files/" + self.file, "/files/rtp-request-files/" + "a" * 4000):
            answer = self.client.get(path)
            self.assertIn(answer.status, (400, 404), f"{path}: {answer}")

    def test_what_is_not_there(self):
        for path in ("/nothing", "/requests/" + MISSING, "/files/rtp-request-files/" + MISSING + ".png"):
            self.refused(self.client.get(path), 404, "not_found")
        for text in ("nonsense", "1", MISSING.lower(), "a" * 500, "%00"):
            self.assertIn(self.client.get("/requests/" + text).status, (400, 404))

    def test_methods_that_a_path_does_not_have(self):
        for method, path in (("PUT", "/files"), ("PATCH", "/files"), ("DELETE", "/process-file"),
                             ("GET", "/process-file"), ("POST", "/healthz"), ("PUT", "/requests/" + MISSING)):
            answer = self.client.call(method, path, b"" if method in ("PUT", "POST", "PATCH") else None)
            self.refused(answer, 405, "method_not_allowed")
            self.assertTrue(answer.headers["Allow"])

    def test_parameters_that_make_no_sense(self):
        for query in ("cursor=nonsense", "limit=0", "limit=-1", "limit=many", "limit=100000000", "status=lost",
                      "since=yesterday"):
            self.refused(self.client.get("/requests?" + query), 400, "bad_request")
        for wait in ("soon", "-1s", "5%20minutes", "99999999999999999999s"):
            record = self.accepted({"file": self.file})
            self.refused(self.client.get(f"/requests/{record['id']}?wait={wait}"), 400, "bad_request")

    def test_a_body_of_unknown_length(self):
        for path in (b"/files", b"/process-file"):
            got = self.client.raw(b"POST " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertIn(b" 411 ", got.split(b"\r\n")[0])
            self.assertIn(b"length_required", got)

    def test_nonsense_on_the_wire_harms_nobody(self):
        for data in (b"\0" * 100, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\0\x01\0",
                     b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 200_000 + b"\r\n\r\n",
                     b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 20_000 + b"\r\n",
                     b"POST /files HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
                     b"POST /files HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
                     b"POST /files HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                     b"POST /process-file HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=\r\n"
                     b"Content-Length: 4\r\n\r\n----"):
            first = self.client.raw(data).split(b"\r\n")[0]
            self.assertNotIn(b" 20", first[:13], data[:60])
        self.assertEqual(self.client.get("/readyz").status, 200)


class FullDisk(unittest.TestCase):
    def test_below_its_reserve_a_node_takes_nothing(self):
        node = Node('[limits]\nfree_disk = "1000 TiB"\n')
        self.addCleanup(node.clean_up)
        node.start(wait=False)

        def serves():
            with contextlib.suppress(OSError, http.client.HTTPException):
                return node.client.get("/healthz").status == 200
            return False

        until("the node serves", serves)
        for answer in (node.client.upload(png(5, 5)), node.client.upload(png(5, 5), "a.png")):
            self.assertEqual((answer.status, answer.code), (507, "disk_full"))
        self.assertEqual(node.files(), [])


class Predicted(NodeTest):
    """What a child is predicted not to be able to do is refused when it is asked for; what it can do is done."""

    settings = '[workers]\ntimeout = "5s"\n[limits]\nmemory = "512 MiB"\n'

    def test_time(self):
        file = self.upload(png(1200, 1000))["key"]
        blur = {"op": "blur", "sigma": 250}  # 51 units of 5 ns a pixel: 0.3 s
        refused = self.client.submit({"file": file, "operations": [blur] * 20})
        self.refused(refused, 422, "too_many_pixels")
        self.assertIn("workers.timeout", refused.json()["detail"])
        self.assertEqual(self.client.submit({"file": file, "operations": [blur] * 12}).status, 202)

    def test_memory(self):
        file = self.upload(png(4000, 3000))["key"]
        outputs = [{"format": "webp", "lossless": True}]
        refused = self.client.submit({"file": file, "outputs": outputs})
        self.refused(refused, 422, "too_many_pixels")
        self.assertIn("limits.memory", refused.json()["detail"])
        self.processed({"file": file, "operations": [{"op": "resize", "width": 300}], "outputs": outputs})


if __name__ == "__main__":
    unittest.main()
