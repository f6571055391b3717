"""Mail for real: an SMTP server takes, delays or refuses what the node sends; plain, STARTTLS, SMTPS, AUTH."""

import email
import email.policy
import pathlib
import shutil
import ssl
import subprocess
import tempfile
import unittest

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from support import Node, free_port, png, program, until

USER, PASSWORD = "dip", "correct horse battery staple"


class Inbox:
    """Takes messages; `answers` are given first, one for each message, and then it takes all."""

    def __init__(self, answers=()):
        self.answers, self.messages, self.tries, self.logins = list(answers), [], 0, []
        self.nobody, self.recipients, self.connections = None, 0, set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.recipients += 1
        if self.nobody and address.lower() == self.nobody:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.tries += 1
        self.connections.add(session.peer)
        if self.answers:
            return self.answers.pop(0)
        self.messages.append((envelope.mail_from, envelope.rcpt_tos, envelope.content, server.transport.get_extra_info("sslcontext") is not None))
        return "250 taken"


class MailServer(Controller):
    def __init__(self, inbox, starttls=None, implicit=None, auth=False):
        self.options = {"tls_context": starttls, "require_starttls": starttls is not None}
        if auth:
            self.options |= {"auth_required": True, "authenticator": self.check,
                             "auth_require_tls": starttls is not None}
        super().__init__(inbox, hostname="127.0.0.1", port=free_port(), ssl_context=implicit)

    def check(self, server, session, envelope, mechanism, data):
        given = (data.login.decode(), data.password.decode())
        self.handler.logins.append(given)
        return AuthResult(success=given == (USER, PASSWORD), handled=False)

    def factory(self):
        return SMTP(self.handler, **self.options)


class Mail(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp(prefix="dip-e2e-mail-"))
        cls.addClassCleanup(shutil.rmtree, cls.home, ignore_errors=True)
        cls.certificate, key = cls.home / "cert.pem", cls.home / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-keyout", str(key), "-out", str(cls.certificate)], check=True, capture_output=True)
        cls.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        cls.tls.load_cert_chain(cls.certificate, key)
        (cls.home / "password").write_text(PASSWORD + "\n")
        (cls.home / "password").chmod(0o600)

    def serve(self, inbox, **how):
        server = MailServer(inbox, **how)
        server.start()
        self.addCleanup(server.stop)
        return server

    def send(self, settings, address="owner@example.org", **request):
        """Starts a node with [smtp] settings, and has it process an image for an owner. The node and the record's id."""
        node = Node(f"[smtp]\n{settings}\nfrom = \"DIP <dip@example.net>\"\n"
                    'retry_first = "100ms"\nretry_max = "200ms"\nretry_for = "1h"\n')
        self.addCleanup(node.clean_up)
        node.start()
        file = node.client.upload(png(50, 50), "cat.png").json()
        answer = node.client.submit({"file": file["key"], "notify": {"email": address}, **request})
        self.assertEqual(answer.status, 202, answer)
        record = node.client.finished(answer.json()["id"])
        self.assertEqual(record["status"], "processed", record)
        return node, record["id"]

    def state(self, node, request_id, wanted):
        until(f"the notification is {wanted}\n{node.tail()}",
              lambda: node.client.get(f"/requests/{request_id}").json()["notification"]["email"] == wanted)
        # Whatever became of the mail: the request stays processed.
        self.assertEqual(node.client.get(f"/requests/{request_id}").json()["status"], "processed")
        self.assertEqual(node.mails(), [], "mail for a server was put into the outbox")

    def check_message(self, inbox, request_id, encrypted):
        self.assertEqual(len(inbox.messages), 1)
        sender, recipients, content, was_encrypted = inbox.messages[0]
        self.assertEqual((sender, recipients, was_encrypted), ("dip@example.net", ["owner@example.org"], encrypted))
        message = email.message_from_bytes(content, policy=email.policy.default)
        self.assertEqual(message.defects, [])
        self.assertEqual(message["From"].addresses[0].addr_spec, "dip@example.net")
        self.assertEqual(message["To"], "owner@example.org")
        self.assertIn("cat.png", message["Subject"])
        self.assertIn(request_id, message["Message-ID"])
        self.assertEqual(message["Auto-Submitted"], "auto-generated")
        self.assertIn("/files/rtp-processed-files/", message.get_body(("plain",)).get_content())
        self.assertIn("/files/rtp-processed-files/", message.get_body(("html",)).get_content())
        for line in content.split(b"\r\n"):
            self.assertLessEqual(len(line), 998)

    def test_plain(self):
        inbox = Inbox()
        server = self.serve(inbox)
        node, request_id = self.send(f'url = "smtp://127.0.0.1:{server.port}"\ntls = "none"')
        self.state(node, request_id, "sent")
        self.check_message(inbox, request_id, encrypted=False)
        self.assertEqual(node.stop(), 0, node.tail())

    def test_starttls_and_auth(self):
        inbox = Inbox()
        server = self.serve(inbox, starttls=self.tls, auth=True)
        node, request_id = self.send(
            f'url = "smtp://localhost:{server.port}"\ntls = "starttls"\nca_file = "{self.certificate}"\n'
            f'user = "{USER}"\npassword_file = "{self.home / "password"}"')
        self.state(node, request_id, "sent")
        self.check_message(inbox, request_id, encrypted=True)
        self.assertEqual(inbox.logins, [(USER, PASSWORD)])
        self.assertNotIn(PASSWORD, node.log.read_text())

    def test_smtps(self):
        inbox = Inbox()
        server = self.serve(inbox, implicit=self.tls)
        node, request_id = self.send(f'url = "smtps://localhost:{server.port}"\nca_file = "{self.certificate}"')
        self.state(node, request_id, "sent")
        self.check_message(inbox, request_id, encrypted=True)

    def test_a_certificate_that_nobody_vouches_for_gets_no_mail(self):
        inbox = Inbox()
        server = self.serve(inbox, starttls=self.tls)
        node, request_id = self.send(f'url = "smtp://localhost:{server.port}"\ntls = "starttls"')
        record = until("it was tried", lambda: (r := node.client.get(f"/requests/{request_id}").json())
                       and r["attempts"].get("notify", 0) >= 2 and r)
        self.assertEqual(record["notification"]["email"], "pending")
        self.assertEqual(inbox.messages, [])

    def test_a_fault_that_passes_is_tried_again(self):
        inbox = Inbox(["451 busy", "421 going away", "450 later"])
        server = self.serve(inbox)
        node, request_id = self.send(f'url = "smtp://127.0.0.1:{server.port}"\ntls = "none"')
        self.state(node, request_id, "sent")
        self.check_message(inbox, request_id, encrypted=False)
        self.assertEqual(inbox.tries, 4)

    def test_a_server_that_is_not_there_yet_is_tried_again(self):
        inbox = Inbox()
        server = MailServer(inbox)
        node, request_id = self.send(f'url = "smtp://127.0.0.1:{server.port}"\ntls = "none"')
        until("it was tried in vain",
              lambda: node.client.get(f"/requests/{request_id}").json()["attempts"].get("notify", 0) >= 2)
        server.start()
        self.addCleanup(server.stop)
        self.state(node, request_id, "sent")
        self.check_message(inbox, request_id, encrypted=False)

    def test_a_refusal_for_good_is_final_and_the_request_stays_processed(self):
        inbox = Inbox(["550 no such user"])
        server = self.serve(inbox)
        node, request_id = self.send(f'url = "smtp://127.0.0.1:{server.port}"\ntls = "none"')
        self.state(node, request_id, "failed")
        self.assertEqual((inbox.tries, inbox.messages), (1, []))

    def again(self, node, request_id):
        return node.client.call("POST", f"/requests/{request_id}/resend")

    def submit(self, node, address, **request):
        file = node.client.upload(png(50, 50), "cat.png").json()
        answer = node.client.submit({"file": file["key"], "notify": {"email": address}, **request})
        self.assertEqual(answer.status, 202, answer)
        return answer.json()["id"]

    def test_an_address_that_failed_for_good_is_left_alone_until_it_is_cleared(self):
        inbox = Inbox()
        inbox.nobody = "nobody@example.org"
        server = self.serve(inbox)
        node, first = self.send(f'url = "smtp://127.0.0.1:{server.port}"\ntls = "none"', "Nobody@example.org")
        self.state(node, first, "failed")
        listed = node.client.get("/suppressions").json()["suppressions"]
        self.assertEqual([(s["address"], s["request"]) for s in listed], [("nobody@example.org", first)])
        self.assertIn("550 5.1.1", listed[0]["detail"])
        inbox.nobody = None
        # It is in the log: no crash forgets it.
        node.kill()
        node.start()
        second = self.submit(node, "nobody@EXAMPLE.org")
        self.state(node, second, "failed")
        record = node.client.get(f"/requests/{second}").json()
        self.assertIn("550 5.1.1", record["notification"]["email_detail"])
        self.assertEqual((inbox.recipients, inbox.messages), (1, []))
        self.assertEqual(node.client.call("DELETE", "/suppressions/Nobody%40example.org").status, 204)
        self.assertEqual(node.client.call("DELETE", "/suppressions/nobody@example.org").status, 404)
        self.assertEqual(node.client.get("/suppressions").json()["suppressions"], [])
        self.assertEqual(self.again(node, second).status, 202)
        self.state(node, second, "sent")
        self.assertEqual(len(inbox.messages), 1)

    def test_a_result_is_mailed_again_under_the_same_message_id(self):
        inbox = Inbox()
        server = self.serve(inbox)
        node, request_id = self.send(f'url = "smtp://127.0.0.1:{server.port}"\ntls = "none"')
        self.state(node, request_id, "sent")
        self.assertEqual(self.again(node, request_id).status, 202)
        until("it came again", lambda: len(inbox.messages) == 2)
        self.state(node, request_id, "sent")
        first, second = (email.message_from_bytes(m[2], policy=email.policy.default) for m in inbox.messages)
        self.assertEqual(first["Message-ID"], second["Message-ID"])
        self.assertEqual(self.again(node, "01JABCDEFGHJKMNPQRSTVWXYZ0").status, 404)
        quiet = node.client.submit({"file": node.client.upload(png(9, 9), "q.png").json()["key"]}).json()["id"]
        node.client.finished(quiet)
        self.assertEqual(self.again(node, quiet).status, 409)

    def test_many_mails_need_few_connections(self):
        inbox = Inbox()
        server = self.serve(inbox)
        node, first = self.send(f'url = "smtp://127.0.0.1:{server.port}"\ntls = "none"')
        ids = [first] + [self.submit(node, f"owner{n}@example{n}.org") for n in range(30)]
        for request_id in ids:
            self.state(node, request_id, "sent")
        self.assertEqual(len(inbox.messages), 31)
        self.assertLessEqual(len(inbox.connections), 8)  # as many as there are notifiers

    def test_words_and_language_are_the_operators(self):
        templates = self.home / "templates"
        (templates / "fr").mkdir(parents=True)
        for name, text in {"subject.txt": "{{file_name}} est prêt", "body.txt": "Voilà {{#outputs}}{{url}}{{/outputs}}\n",
                           "body.html": "<p>{{file_name}}</p>", "failure.txt": "Non."}.items():
            (templates / "fr" / name).write_text(text)
        inbox = Inbox()
        server = self.serve(inbox)
        node, first = self.send(f'url = "smtp://127.0.0.1:{server.port}"\ntls = "none"\nlanguage = "de"\n'
                                f'templates = "{templates}"')
        self.state(node, first, "sent")
        second = self.submit(node, "owner@example.org", notify={"email": "owner@example.org", "language": "fr"})
        self.state(node, second, "sent")
        got = [email.message_from_bytes(m[2], policy=email.policy.default) for m in inbox.messages]
        self.assertEqual([m["Subject"] for m in got], ["cat.png ist fertig", "cat.png est prêt"])
        self.assertIn("/files/rtp-processed-files/", got[1].get_body(("plain",)).get_content())
        file = node.client.upload(png(50, 50), "cat.png").json()
        answer = node.client.submit({"file": file["key"], "notify": {"email": "a@b", "language": "it"}})
        self.assertEqual((answer.status, answer.json()["pointer"]), (422, "/notify/language"), answer)
        self.assertIn("de, en, fr", answer.json()["detail"])

    def test_a_broken_template_is_told_with_its_line(self):
        templates = self.home / "broken"
        (templates / "en").mkdir(parents=True)
        (templates / "en" / "body.txt").write_text("one\ntwo\n{{#outputs}}{{name}}\n")
        node = Node(f'[smtp]\ntemplates = "{templates}"\n')
        self.addCleanup(node.clean_up)
        node.start(wait=False)
        self.assertEqual(node.process.wait(60), 1)
        node.process = None
        said = f'{templates}/en/body.txt:3: Unclosed section "outputs"'
        self.assertIn(said, node.tail())
        check = subprocess.run([program(), "check-config", str(node.config)], capture_output=True, text=True)
        self.assertEqual((check.returncode, check.stderr), (1, said + "\n"))

    def test_mail_that_waits_survives_kill_9(self):
        inbox = Inbox()
        server = MailServer(inbox)
        node, request_id = self.send(f'url = "smtp://127.0.0.1:{server.port}"\ntls = "none"')
        node.kill()
        server.start()
        self.addCleanup(server.stop)
        node.start()
        self.state(node, request_id, "sent")
        self.check_message(inbox, request_id, encrypted=False)


if __name__ == "__main__":
    unittest.main()
