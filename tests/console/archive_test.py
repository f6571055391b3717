"""A release archive has the web console built: where its tools are not installed, the same is embedded."""

import os
import pathlib
import subprocess
import tarfile
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PREFIX = pathlib.Path(os.environ["DIP_PREFIX"])
BUILT = pathlib.Path(os.environ["CONSOLE_ROOM"]) / "dist"


def run(*command):
    return subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True).stdout


class Archive(unittest.TestCase):
    def test_it_is_built_without_npm(self):
        if subprocess.run(["git", "-C", ROOT, "diff", "--quiet", "HEAD", "--", "http/console"], capture_output=True).returncode:
            self.skipTest("the console is not as it is committed")
        with tempfile.TemporaryDirectory(prefix="dip-archive-") as folder:
            home = pathlib.Path(folder)
            archive = run(ROOT / "scripts" / "archive", home).strip()
            with tarfile.open(archive) as tar:
                tar.extractall(home, filter="data") if hasattr(tarfile, "data_filter") else tar.extractall(home)
            source = home / pathlib.Path(archive).name.removesuffix(".tar.xz")
            self.assertFalse((source / ".git").exists())
            prefix = home / "prefix"
            prefix.mkdir()
            for part in PREFIX.iterdir():
                if part.name != "console":
                    (prefix / part.name).symlink_to(part)
            said = run("cmake", "-S", source, "-B", home / "build", "-G", "Ninja", f"-DDIP_PREFIX={prefix}", "-DDIP_TESTS=OFF", "-DDIP_BENCH=OFF")
            self.assertIn("The web console comes as it is", said)
            run("cmake", "--build", home / "build", "--target", "console_files")
            dist = source / "http" / "console" / "dist"
            files = {p.relative_to(BUILT): p.read_bytes() for p in BUILT.rglob("*") if p.is_file()}
            self.assertEqual({p.relative_to(dist): p.read_bytes() for p in dist.rglob("*") if p.is_file()}, files)
            embedded = (home / "build" / "http" / "console" / "console_files.cpp").read_text()
            for path in files:
                if path.suffix == ".br":
                    self.assertIn(str(dist / path), embedded)


if __name__ == "__main__":
    unittest.main()
