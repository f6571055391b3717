"""docs/cli.md, held against the program: its help, its examples, and what is made from the commands.

With --write the blocks of help are brought up to date.
"""

import functools
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from support import ROOT, NodeTest, png, program

PAGE = ROOT / "docs" / "cli.md"
SECTION = re.compile(r"^## dip (\S+)\n(.*?)(?=^## |\Z)", re.M | re.S)
HELP = re.compile(r"```text\n(.*?)```", re.S)
EXAMPLES = re.compile(r"```sh\n(.*?)```", re.S)


@functools.cache
def dip(*arguments):
    """Help and what is made from the commands is the same each time."""
    return subprocess.run([program(), *arguments], capture_output=True, text=True, timeout=60)


def commands():
    """The commands that `dip --help` lists."""
    listed = dip("--help").stdout.partition("Commands:\n")[2].partition("\n\n")[0]
    return re.findall(r"^  ([a-z][a-z-]*)", listed, re.M)


def helps(name):
    """The help of a command, and of each below it."""
    said = dip(name, "--help").stdout
    below = re.findall(r"^  ([a-z][a-z-]*)", said.partition("Commands:\n")[2].partition("\n\n")[0], re.M)
    return [said, *(dip(name, b, "--help").stdout for b in below)]


class Page(NodeTest):
    def test_every_command_has_a_section_with_its_help(self):
        sections = dict(SECTION.findall(PAGE.read_text()))
        self.assertEqual(sorted(sections), sorted(commands()))
        for name, text in sections.items():
            with self.subTest(command=name):
                self.assertEqual(HELP.findall(text), helps(name))

    def test_the_examples_run(self):
        sections = SECTION.findall(PAGE.read_text())
        script = "\n".join(code for _, text in sections for code in EXAMPLES.findall(text))
        with tempfile.TemporaryDirectory(prefix="dip-e2e-docs-") as home:
            home = pathlib.Path(home)
            (home / "photos" / "rome").mkdir(parents=True)
            (home / "cat.png").write_bytes(png(400, 300))
            # Large enough to be still at work when it is cancelled.
            (home / "poster.png").write_bytes(png(3000, 2000))
            for place in ("photos/a.png", "photos/rome/b.png"):
                (home / place).write_bytes(png(410, 300, seed=len(place)))
            shutil.copy(ROOT / "cluster.conf", home)
            script = f'dip() {{ "{program()}" "$@"; }}\n{script}'
            run = subprocess.run(["bash", "-euxo", "pipefail", "-c", script], capture_output=True, text=True, cwd=home,
                                 timeout=300, env={**os.environ, "DIP_URL": self.node.url})
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
            for made in ("small/cat.webp", "web/a.jpg", "web/rome/b.jpg", "grey/rome/b.png", "hello.webp", "thumb.png"):
                self.assertTrue((home / made).stat().st_size > 0, made)

    def test_help_fits_a_terminal(self):
        for name in commands():
            for line in dip(name, "--help").stdout.partition("Examples:")[0].splitlines():
                self.assertLessEqual(len(line), 80, line)


class Made(unittest.TestCase):
    def complete(self, *words):
        """What bash offers for the last word."""
        script = ('eval "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _dip; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        run = subprocess.run(["bash", "-euc", script, dip("completion", "bash").stdout, *words], capture_output=True, text=True, cwd=ROOT)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        return run.stdout.split()

    def test_bash_completes(self):
        self.assertEqual(sorted(self.complete("dip", "")), sorted(commands()))
        self.assertEqual(self.complete("dip", "pro"), ["process"])
        self.assertEqual(self.complete("dip", "process", "--pre"), ["--preset"])
        self.assertEqual(self.complete("dip", "process", "a.jpg", "--op", "gray"), ["grayscale"])
        self.assertEqual(self.complete("dip", "process", "a.jpg", "--format", "we"), ["webp"])
        self.assertEqual(self.complete("dip", "requests", "--status", "proc"), ["processing", "processed"])
        self.assertEqual(self.complete("dip", "completion", ""), ["bash", "zsh", "fish"])
        self.assertIn("README.md", self.complete("dip", "upload", "READ"))
        self.assertEqual(self.complete("dip", "status", "--url", ""), [])

    def test_every_command_and_option_is_completed(self):
        scripts = {shell: dip("completion", shell).stdout for shell in ("bash", "zsh", "fish")}
        for name in commands():
            for option in re.findall(r"^  (?:-\w, )?--([a-z-]+)", dip(name, "--help").stdout, re.M):
                self.assertIn(f"--{option}", self.complete("dip", name, "-"))
                self.assertIn(f"--{option}[", scripts["zsh"])
                self.assertIn(f" -l {option}", scripts["fish"])

    def test_scripts_are_good_to_their_shells(self):
        for shell in ("bash", "zsh", "fish"):
            if shutil.which(shell):
                run = subprocess.run([shell, "-n"], input=dip("completion", shell).stdout, capture_output=True, text=True)
                self.assertEqual((run.returncode, run.stderr), (0, ""), shell)
        if shutil.which("fish"):
            script = dip("completion", "fish").stdout + '\ncomplete -C "dip process a.jpg --format we"'
            run = subprocess.run(["fish", "--no-config", "-c", script], capture_output=True, text=True)
            offered = [line.partition("\t")[0] for line in run.stdout.splitlines()]
            self.assertEqual(offered, ["webp"], run.stderr)

    def test_the_man_page_is_good_to_man(self):
        page = dip("man").stdout
        for name in commands():
            # What only gathers others (dip cluster) stands there with each of them (dip cluster init).
            self.assertRegex(page, "(?m)^" + re.escape(f".SS dip {name}".replace("-", "\\-")) + "( |$)")
        if shutil.which("man"):
            run = subprocess.run(["man", "--warnings", "-l", "-"], input=page, capture_output=True, text=True,
                                 env={**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8"})
            self.assertEqual((run.returncode, run.stderr), (0, ""))
            self.assertIn("--retry-for", run.stdout)
        if shutil.which("mandoc"):
            run = subprocess.run(["mandoc", "-Tlint", "-Wwarning"], input=page, capture_output=True, text=True)
            # A page that is made when it is asked for has no date.
            said = [line for line in run.stdout.splitlines() if "missing date" not in line]
            self.assertEqual(said, [])


def write():
    text = PAGE.read_text()
    for name, section in SECTION.findall(text):
        said = helps(name)
        # There is a block for each; one more where a command has become one more.
        made = iter(said)
        new = HELP.sub(lambda _: f"```text\n{next(made)}```", section)
        text = text.replace(section, new)
    PAGE.write_text(text)


if __name__ == "__main__":
    if "--write" in sys.argv:
        write()
    else:
        unittest.main()
