#!/usr/bin/env python3
"""Checks who includes whom: the table below is docs/architecture.md's, and an include line outside of it fails."""

import pathlib
import re
import sys

# What each folder may include besides itself and the standard library. "imaging" is two: its client's side, linked
# into dip, and its codec's side (imaging/codec/), linked into dip-codec only.
MAY_INCLUDE = {
    "core": set(),
    "imaging": {"core"},
    "imaging/codec": {"core", "imaging"},
    "storage": {"core"},
    "consensus": {"core"},
    "net": {"core"},
    "notify": {"core", "net"},
    "actors": {"core", "imaging", "storage", "consensus", "net", "notify"},
    "http": {"core"},
    "cli": {"core", "net"},
    "runtime": {"core", "imaging", "storage", "consensus", "net", "notify", "actors", "http", "cli"},
}

# A third-party library belongs to the folders named here.
LIBRARIES = {
    r"caf/": {"actors", "runtime"},
    r"rocksdb/": {"storage"},
    r"vips/": {"imaging/codec"},
    r"seccomp\.h": {"imaging/codec"},
    r"httplib\.h": {"http"},
    r"curl/": {"net"},
    r"gmime/": {"notify"},
    r"glib\.h": {"notify"},
    r"kainjow/": {"notify"},
    r"toml\+\+/": {"core"},
    r"openssl/": {"net", "storage"},
    r"xxhash\.h": {"storage", "consensus"},
    r"prometheus/": {"runtime"},
    r"CLI/": {"cli", "runtime"},
    r"(n?curses|term)\.h": {"cli"},
    r"spdlog/": {"actors", "runtime", "http"},
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def room_of(path: pathlib.PurePosixPath) -> str:
    parts = path.parts
    if parts[0] == "imaging" and len(parts) > 2 and parts[1] == "codec":
        return "imaging/codec"
    return parts[0]


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    wrong, seen = [], 0
    for folder in sorted({name.split("/")[0] for name in MAY_INCLUDE}):
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in {".hpp", ".cpp", ".h", ".c"}:
                continue
            seen += 1
            here = room_of(file.relative_to(root))
            allowed = MAY_INCLUDE[here] | {here}
            for number, line in enumerate(file.read_text().splitlines(), 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                quote, target = match.groups()
                where = f"{file.relative_to(root)}:{number}"
                if quote == '"':
                    there = room_of(pathlib.PurePosixPath(target))
                    if there not in allowed:
                        wrong.append(f"{where}: {here} must not include {there} ({target})")
                for pattern, owners in LIBRARIES.items():
                    if re.match(pattern, target) and here not in owners:
                        wrong.append(f"{where}: {target} belongs to {', '.join(sorted(owners))}")
    for line in wrong:
        print(line)
    print(f"layers: {seen} files, {len(wrong)} wrong")
    if seen == 0:
        print("layers: no file was found, so nothing was checked")
    return 1 if wrong or seen == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
