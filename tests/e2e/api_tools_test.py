"""What others make of the API's description: the linter, a generated TypeScript client, and docs/api.md."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from support import ROOT, SAMPLE, NodeTest, program

TOOLS = pathlib.Path(os.environ.get("DIP_API_TOOLS", "/usr/local/lib/dip/api-tools"))


def described():
    """The document as `dip openapi` prints it, without a node."""
    return subprocess.run([program(), "openapi"], check=True, capture_output=True, text=True).stdout


class Workshop:
    """A folder with the sources of tests/api, where node finds what scripts/setup installed. Nothing is fetched."""

    def __init__(self):
        if not (TOOLS / "node_modules").is_dir():
            sys.exit(f"there is no {TOOLS}/node_modules: run scripts/setup")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dip-api-"))
        for file in (ROOT / "tests" / "api").iterdir():
            if file.suffix in (".mjs", ".ts", ".yaml") or file.name in ("package.json", "tsconfig.json"):
                shutil.copy(file, self.folder)
        (self.folder / "node_modules").symlink_to(TOOLS / "node_modules")

    def run(self, *words, stdout=subprocess.PIPE):
        return subprocess.run(["node", *map(str, words)], cwd=self.folder, stdout=stdout, stderr=subprocess.STDOUT, text=True)

    def lint(self, document):
        (self.folder / "openapi.json").write_text(json.dumps(document))
        return self.run("lint.mjs", "openapi.json")

    def clean_up(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Document(unittest.TestCase):
    def setUp(self):
        self.workshop = Workshop()
        self.addCleanup(self.workshop.clean_up)

    def test_the_linter_has_nothing_to_say(self):
        done = self.workshop.lint(json.loads(described()))
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_the_linter_would_say_it(self):
        broken = json.loads(described())
        broken["paths"]["/healthz"]["get"]["responses"]["200"]["content"]["application/json"]["example"] = {"status": 5}
        self.assertNotEqual(self.workshop.lint(broken).returncode, 0)
        broken = json.loads(described())
        del broken["paths"]["/healthz"]["get"]["operationId"]
        self.assertNotEqual(self.workshop.lint(broken).returncode, 0)

    def test_it_is_the_same_every_time(self):
        self.assertEqual(described(), described())

    def test_a_configuration_that_is_wrong_is_refused(self):
        done = subprocess.run([program(), "openapi", "--config", "/nonexistent"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("/nonexistent", done.stderr)

    def test_docs_api_md_says_what_the_document_says(self):
        made = subprocess.run([ROOT / "scripts" / "api-docs"], input=described(), check=True, capture_output=True, text=True)
        self.assertTrue(made.stdout == (ROOT / "docs" / "api.md").read_text(),
                        "docs/api.md is stale: build/release/dip openapi | scripts/api-docs > docs/api.md")


class GeneratedClient(NodeTest):
    def test_it_compiles_and_does_the_main_job(self):
        workshop = Workshop()
        self.addCleanup(workshop.clean_up)
        (workshop.folder / "openapi.json").write_bytes(self.client.get("/openapi.json").body)
        made = workshop.run("generate.mjs", "openapi.json", "api.d.ts")
        self.assertEqual(made.returncode, 0, made.stdout)
        compiled = workshop.run("node_modules/typescript/bin/tsc", "-p", ".")
        self.assertEqual(compiled.returncode, 0, compiled.stdout)
        ran = workshop.run("out/client.js", self.node.url, SAMPLE)
        self.assertEqual(ran.returncode, 0, ran.stdout)
        said = json.loads(ran.stdout.splitlines()[-1])
        self.assertEqual([(r["name"], r["format"], r["width"]) for r in said["results"]],
                         [("large", "webp", 60), ("thumb", "png", 16)])
        for result in said["results"]:
            self.assertEqual((result["bytes"], result["type"]), (result["size"], "image/" + result["format"]))
        self.assertEqual(said["metadata"], {"order": 4711})
        self.assertEqual((said["refused"], said["pointer"]), ("invalid_operation", "/operations/0/sigma"))
        self.assertEqual(said["both"], "accepted")


if __name__ == "__main__":
    unittest.main()
