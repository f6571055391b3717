"""A node that cannot start says why in one line; a node that is told to stop loses nothing."""

import contextlib
import hashlib
import http.client
import os
import socket
import subprocess
import threading
import unittest

from support import Node, complete, free_port, png, program, refusal, until


class Refusals(unittest.TestCase):
    def refused(self, node, *words):
        """Ends by itself, not with 0, and says it in one line with these words."""
        said = refusal(self, node)
        for word in words:
            self.assertIn(word, said)

    def node(self, settings=""):
        node = Node(settings)
        self.addCleanup(node.clean_up)
        return node

    def test_an_unknown_key_with_its_line(self):
        node = self.node("[limits]\nuplaod = 5\n")
        line = node.config.read_text().splitlines().index("uplaod = 5") + 1
        self.refused(node, "uplaod", str(line))
        self.assertFalse(node.data.exists(), "a node that did not start made its directory")

    def test_a_value_of_the_wrong_type_with_its_line(self):
        node = self.node('[limits]\nupload = "many"\n')
        line = node.config.read_text().splitlines().index('upload = "many"') + 1
        self.refused(node, "upload", str(line))

    def test_what_is_no_toml_with_its_line(self):
        node = self.node("[limits\n")
        line = node.config.read_text().splitlines().index("[limits") + 1
        self.refused(node, str(line))

    def test_a_file_that_is_not_there(self):
        node = self.node()
        node.config.unlink()
        self.refused(node, "cluster.conf")

    def test_a_directory_in_the_place_of_the_file(self):
        node = self.node()
        node.config.unlink()
        node.config.mkdir()
        self.refused(node, f"{node.config} cannot be read: Is a directory")
        checked = subprocess.run([program(), "check-config", str(node.config)], capture_output=True, text=True)
        self.assertEqual((checked.returncode, checked.stdout), (1, ""), checked)

    def of_two(self, host):
        """The node n1 of a cluster whose n2 is at `host`, and is not there."""
        node = self.node()
        mine = node.config.read_text().replace('name = "n1"', f'name = "n1"\nactors = {free_port()}', 1)
        node.config.write_text(mine + f'[[node]]\nname = "n2"\nhost = "{host}"\nhttp = {free_port()}\nactors = {free_port()}\n')
        return node

    def test_a_cluster_beyond_loopback_without_certificates(self):
        self.refused(self.of_two("192.0.2.7"), "192.0.2.7", "certificates")

    def test_the_first_start_of_a_cluster_waits_for_all_nodes(self):
        node = self.of_two("127.0.0.1").start(wait=False)

        def waits():
            with contextlib.suppress(OSError, http.client.HTTPException):
                answer = node.client.get("/readyz")
                return answer.status == 503 and "needs all nodes" in answer.body.decode()

        until("it says that it waits", waits)
        self.assertEqual(node.client.upload(png(8, 8)).status, 503)
        node.process.terminate()
        self.assertEqual(node.process.wait(60), 0)

    def test_a_busy_port(self):
        node = self.node()
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", node.port))
            taken.listen()
            self.refused(node, str(node.port))

    def test_a_directory_that_cannot_be_written(self):
        node = self.node()
        if os.getuid() == 0:  # modes do not bind root: a place where nobody can make anything
            node.config.write_text(node.config.read_text().replace(str(node.data), "/proc/dip-data"))
            self.refused(node, "/proc/dip-data")
        else:
            node.data.mkdir(mode=0o555)
            self.refused(node, str(node.data))

    def test_a_file_where_the_directory_should_be(self):
        node = self.node()
        node.data.write_text("not a directory")
        self.refused(node, str(node.data))
        self.assertEqual(node.data.read_text(), "not a directory")

    def test_a_second_node_on_the_same_data(self):
        first, second = self.node(), self.node()
        first.start()
        second.config.write_text(second.config.read_text().replace(str(second.data), str(first.data)))
        self.refused(second, str(first.data))
        self.assertEqual(first.client.upload(png(5, 5)).status, 201, "the first one was disturbed")
        self.assertEqual(first.stop(), 0, first.tail())

    def test_check_config_says_the_same(self):
        node = self.node("[limits]\nuplaod = 5\n")
        run = subprocess.run([program(), "check-config", str(node.config)], capture_output=True, text=True)
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("uplaod", run.stderr + run.stdout)
        node.config.write_text(node.config.read_text().replace("uplaod = 5", "upload = 5000000"))
        run = subprocess.run([program(), "check-config", str(node.config)], capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run)


class Drain(unittest.TestCase):
    def test_sigterm_with_work_running_loses_nothing(self):
        node = Node()
        self.addCleanup(node.clean_up)
        node.start()
        files, requests, stop = {}, [], threading.Event()

        def work():
            turn = 0
            while not stop.is_set():
                turn += 1
                data = png(600, 400, seed=turn)
                try:
                    answer = node.client.upload(data)
                    if answer.status != 201:
                        self.assertEqual((answer.status, answer.code), (503, "draining"))
                        return
                    files[answer.json()["url"]] = hashlib.sha256(data).hexdigest()
                    answer = node.client.submit({"file": answer.json()["key"],
                                                 "operations": [{"op": "resize", "width": 900}, {"op": "sharpen"}],
                                                 "outputs": [{"name": "a", "format": "webp"}]})
                    if answer.status != 202:
                        self.assertEqual((answer.status, answer.code), (503, "draining"))
                        return
                    requests.append(answer.json()["id"])
                except (OSError, http.client.HTTPException):
                    return  # it listens no more

        worker = threading.Thread(target=work)
        worker.start()
        try:
            until("there is work", lambda: len(requests) >= 10)
            self.assertEqual(node.stop(), 0, node.tail())
        finally:
            stop.set()
            worker.join()
        node.start()
        for url, digest in files.items():
            self.assertEqual(hashlib.sha256(node.client.get(url).body).hexdigest(), digest)
        for request_id in requests:
            record = node.client.finished(request_id)
            self.assertEqual(record["status"], "processed", record)
            self.assertTrue(complete(node.client.get(record["outputs"][0]["url"]).body))
        self.assertEqual(node.stop(), 0, node.tail())

    def test_an_idle_node_stops_and_starts_again(self):
        node = Node()
        self.addCleanup(node.clean_up)
        for _ in range(3):
            node.start()
            children = node.children()
            self.assertTrue(children, "no dip-codec was started ahead")
            self.assertEqual(node.stop(), 0, node.tail())
            until("its children are gone", lambda: not any(os.path.exists(f"/proc/{c}/exe") for c in children))

    def test_killed_it_leaves_no_children(self):
        node = Node()
        self.addCleanup(node.clean_up)
        node.start()
        children = node.children()
        node.kill()
        until("its children are gone", lambda: not any(os.path.exists(f"/proc/{c}/exe") for c in children))


if __name__ == "__main__":
    unittest.main()
