"""Follows README's walk line by line, as a reader would who pastes its commands."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from support import ROOT, Node, image_facts, until


def blocks(title):
    """The shell blocks below a title of README."""
    text = (ROOT / "README.md").read_text()
    section = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.M | re.S).group(1)
    return re.findall(r"^```sh\n(.*?)^```", section, re.M | re.S)


def commands(block):
    """What stands between its comments; a quoted body may take several lines."""
    return [c for c in re.findall(r"^(?!#)(?:[^\n']|'[^']*')+", block, re.M) if c.strip()]


class Readme(unittest.TestCase):
    def setUp(self):
        self.node = Node()
        self.addCleanup(self.node.clean_up)
        self.node.start()
        self.folder = tempfile.TemporaryDirectory(prefix="dip-readme-")
        self.addCleanup(self.folder.cleanup)
        os.symlink(ROOT / "tests", pathlib.Path(self.folder.name, "tests"))
        os.symlink(self.node.data, pathlib.Path(self.folder.name, "dip-data"))

    def run_command(self, command, **ids):
        """A command with this node's port, and real ids where README shortens them."""
        command = command.replace("http://127.0.0.1:8080", self.node.url)
        for short, real in ids.items():
            command = re.sub(short.replace("_", "…"), real, command)
        self.assertNotIn("…", command)
        done = subprocess.run(["sh", "-ec", command], cwd=self.folder.name, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stderr}")
        return done.stdout

    def test_the_walk(self):
        walk, _, wrong = blocks("One image, line by line")  # docs/cli.md runs what the second one shows
        upload, submit, watch, fetch, mail = commands(walk)
        file = json.loads(self.run_command(upload))
        shown = set(re.findall(r'"(\w+)":', re.search(r"#    (\{\"bucket.*?\})\n", walk, re.S).group(1)))
        self.assertEqual(shown, set(file), "what README shows of the answer")

        request = json.loads(self.run_command(submit, **{"01K_.jpg": file["key"]}))
        self.assertEqual(set(request), {"id", "status", "status_url", "events_url"})
        record = json.loads(self.run_command(watch, **{"01K_": request["id"]}))
        self.assertEqual(record["status"], "processed", record)
        self.assertEqual([o["name"] for o in record["outputs"]], ["photo", "thumb"])

        key = record["outputs"][0]["url"].split("/")[-2]
        self.run_command(fetch, **{"01K_": key})
        self.assertEqual(image_facts(pathlib.Path(self.folder.name, "photo.webp").read_bytes())[:2], ("webp", 1200))
        until("the mail is there", self.node.mails)
        self.assertIn(".eml", self.run_command(mail))

        problem = json.loads(self.run_command(commands(wrong)[0], **{"01K_.jpg": file["key"]}))
        said = re.search(r'(\d+) … "code":"(\w+)" … (\S+)', wrong).groups()
        self.assertEqual((str(problem["status"]), problem["code"], problem["pointer"]), said)


if __name__ == "__main__":
    unittest.main()
