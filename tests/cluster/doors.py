"""The ports between nodes: who has no certificate of the cluster gets nothing there, and harms nobody."""

import contextlib
import os
import socket
import ssl
import subprocess

from cluster import Cluster
from scenario import WORK, Scenario

WAIT = 20.0  # for an answer that should not come; what is refused ends long before


class SecuredCluster(Cluster):
    secured = True


class Doors(Scenario):
    Cluster = SecuredCluster

    def client(self, folder=None, name="n1"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if folder:
            context.load_cert_chain(self.cluster.home / folder / f"{name}.pem", self.cluster.home / folder / f"{name}.key")
        return context

    def said(self, port, context, data=b"GET /objects/rtp-request-files/x HTTP/1.1\r\nHost: x\r\n\r\n"):
        """What the port sends to a client with these certificates; nothing when it lets nobody in."""
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=WAIT) as plain:
                with context.wrap_socket(plain) as line:
                    line.sendall(data)
                    return line.recv(4096)
        except TimeoutError:
            raise AssertionError(f"port {port} kept a stranger waiting for {WAIT:.0f} s") from None
        except OSError as problem:
            self.cluster.note(f"port {port}: {problem}")
            return b""

    def expired(self):
        """A certificate of the cluster's own authority, whose time is over."""
        tls, out = self.cluster.home / "tls", self.cluster.home / "expired"
        out.mkdir()
        (out / "database").touch()
        (out / "ca.conf").write_text(
            f"[ca]\ndefault_ca=d\n[d]\ndatabase={out}/database\nnew_certs_dir={out}\ndefault_md=sha256\npolicy=p\n"
            "rand_serial=yes\nx509_extensions=e\n[p]\ncommonName=supplied\n[e]\nextendedKeyUsage=serverAuth,clientAuth\n")

        def openssl(*arguments):
            subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=out)

        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "n1.key",
                "-out", "n1.csr", "-subj", "/CN=n1")
        for name, start, end in (("n1.pem", "20200101000000Z", "20200201000000Z"),
                                 ("valid.pem", "20200101000000Z", "20400201000000Z")):
            openssl("ca", "-batch", "-config", "ca.conf", "-cert", str(tls / "ca.pem"), "-keyfile", str(tls / "ca.key"),
                    "-in", "n1.csr", "-out", name, "-startdate", start, "-enddate", end, "-notext")
            (out / "database").write_text("")
        (out / "valid.key").symlink_to("n1.key")

    def strangers(self):
        self.cluster.init("other")
        self.expired()
        return {"no certificate": self.client(), "another authority": self.client("other"),
                "an expired certificate": self.client("expired")}

    def garbage(self, port):
        pieces = [os.urandom(4096), b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + os.urandom(64), b"\0" * 65536,
                  b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", b""]
        for piece in pieces:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=WAIT) as line:
                line.sendall(piece)
                line.shutdown(socket.SHUT_WR)
                while line.recv(4096):
                    pass

    def test_strangers_at_the_ports(self):
        def hurt(load):
            strangers = self.strangers()
            with contextlib.ExitStack() as stack:
                for member in self.cluster.members.values():
                    for port, kind in ((member.actors, "actors"), (member.objects, "objects")):
                        # Only then do the refusals say anything: the same with a good certificate is let in.
                        self.assertTrue(self.said(port, self.client("tls")), f"{kind} of {member.name} refuses a node")
                        self.assertTrue(self.said(port, self.client("expired", "valid")), "the test's own certificates are bad")
                        for who, context in strangers.items():
                            self.assertEqual(self.said(port, context), b"", f"{kind} of {member.name} lets in {who}")
                        self.garbage(port)
                        for _ in range(40):  # half open, as long as the load goes on
                            line = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=WAIT))
                            line.sendall(b"\x16\x03\x01\x02\x00\x01")
                        self.cluster.check_alive()
                        load.more(2)
                load.more(WORK)
                for member in self.cluster.members.values():
                    self.assertNotIn("the connection broke", member.log.read_text(), f"a stranger broke a link of {member.name}")
                # A node that comes back finds the others in spite of those.
                victim = self.pick_node()
                self.assertEqual(self.cluster.stop(victim), 0, self.cluster.tail(victim))
                self.cluster.start(victim)
                self.cluster.wait_ready()
                load.more(WORK)

        self.under_load(hurt)
