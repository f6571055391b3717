"""Mail through a real Postfix: one of its own in a scratch folder, which delivers into a maildir. Needs root."""

import email
import email.policy
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from support import Node, free_port, png, until

PROGRAMS = pathlib.Path("/usr/lib/postfix/sbin")

MAIN = """\
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
command_directory = /usr/sbin
daemon_directory = {programs}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {home}/log
maillog_file_prefixes = {home}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.test
mydestination =
local_recipient_maps =
virtual_mailbox_domains = example.org
virtual_mailbox_base = {home}/mail
virtual_mailbox_maps = inline:{{ owner@example.org=owner/ }}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
unknown_virtual_mailbox_reject_code = 550
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = reject_unlisted_recipient, permit
default_transport = error
"""

MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
error     unix  - - n - - error
retry     unix  - - n - - error
virtual   unix  - n n - - virtual
anvil     unix  - - n - 1 anvil
postlog   unix-dgram n - n - 1 postlogd
"""


def reason_to_skip():
    if not (PROGRAMS / "master").exists():
        return "Postfix is not installed: scripts/setup --postfix"
    if os.getuid() != 0:
        return "Postfix starts as root only"
    return None


class Postfix:
    def __init__(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="dip-e2e-postfix-"))
        self.port = free_port()
        self.home.chmod(0o755)
        owner = pathlib.Path("/etc/passwd").read_text()
        uid, gid = next(line.split(":")[2:4] for line in owner.splitlines() if line.startswith("postfix:"))
        self.etc = self.home / "etc"
        for name in ("etc", "queue", "data", "mail"):
            (self.home / name).mkdir()
        for name in ("data", "mail"):
            os.chown(self.home / name, int(uid), int(gid))
        (self.etc / "main.cf").write_text(MAIN.format(home=self.home, programs=PROGRAMS, uid=uid, gid=gid))
        (self.etc / "master.cf").write_text(MASTER.format(port=self.port))
        self.command("start")

    def command(self, word):
        run = subprocess.run(["postfix", "-c", str(self.etc), word], capture_output=True, text=True)
        if run.returncode != 0:
            raise AssertionError(f"postfix {word}: {run.stdout}{run.stderr}{self.tail()}")

    def tail(self):
        log = self.home / "log"
        return "\n".join(log.read_text(errors="replace").splitlines()[-20:]) if log.exists() else ""

    def mails(self):
        folder = self.home / "mail" / "owner" / "new"
        return [p.read_bytes() for p in folder.iterdir()] if folder.exists() else []

    def clean_up(self):
        subprocess.run(["postfix", "-c", str(self.etc), "stop"], capture_output=True)
        shutil.rmtree(self.home, ignore_errors=True)


@unittest.skipIf(reason_to_skip(), reason_to_skip())
class ThroughPostfix(unittest.TestCase):
    def test_good_addresses_get_mail_and_others_are_suppressed(self):
        postfix = Postfix()
        self.addCleanup(postfix.clean_up)
        node = Node(f'[smtp]\nurl = "smtp://127.0.0.1:{postfix.port}"\ntls = "none"\nfrom = "DIP <dip@mail.test>"\n')
        self.addCleanup(node.clean_up)
        node.start()

        def submit(address):
            file = node.client.upload(png(50, 50), "Köln 世界.png").json()
            return node.client.submit({"file": file["key"], "notify": {"email": address}}).json()["id"]

        def settled(request_id):
            return until(f"the mail is settled\n{node.tail()}\n{postfix.tail()}", lambda: (
                r := node.client.get(f"/requests/{request_id}").json())["notification"]["email"] in ("sent", "failed") and r)

        good = [submit("owner@example.org") for _ in range(3)]
        for request_id in good:
            self.assertEqual(settled(request_id)["notification"]["email"], "sent")
        until(f"all have arrived\n{postfix.tail()}", lambda: len(postfix.mails()) == 3)
        messages = [email.message_from_bytes(m, policy=email.policy.default) for m in postfix.mails()]
        self.assertEqual({m["Subject"] for m in messages}, {"Köln 世界.png is ready"})
        self.assertEqual({m["Message-ID"] for m in messages}, {f"<{i}@mail.test>" for i in good})
        for message in messages:
            self.assertEqual(message.defects, [])
            self.assertEqual(message["Return-Path"], "<dip@mail.test>")

        # Postfix says 550 5.1.1 of whom it does not know, and 554 5.7.1 of whom it does not relay to.
        unknown, elsewhere = settled(submit("nobody@example.org")), settled(submit("owner@example.net"))
        self.assertIn("5.1.1", unknown["notification"]["email_detail"])
        self.assertIn("5.7.1", elsewhere["notification"]["email_detail"])
        listed = node.client.get("/suppressions").json()["suppressions"]
        self.assertEqual([row["address"] for row in listed], ["nobody@example.org"])
        self.assertEqual(node.stop(), 0, node.tail())


if __name__ == "__main__":
    unittest.main()
