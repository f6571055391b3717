"""A machine of the tests' own: namespaces in which they may mount small disks and lay cables between nodes.

`enter()` runs the program again in them. They are gone with it, and with them all that was made there.
"""

import os
import subprocess
import sys

MARK = "DIP_OWN_MACHINE"
UNSHARE = ["unshare", "-mn"] if os.getuid() == 0 else ["unshare", "-rmn"]
# `ip netns` keeps its names in /run, which is not to be seen outside.
SETUP = 'mount -t tmpfs tmpfs /run && mkdir /run/netns && ip link set lo up'


def enter():
    """Does not return where it can be done; then `why_not()` says nothing."""
    if MARK in os.environ:
        return
    try:
        tried = subprocess.run([*UNSHARE, "sh", "-ec", f"{SETUP}; ip netns add probe"], capture_output=True, text=True)
        why = tried.stderr.strip() if tried.returncode else ""
    except OSError as problem:
        why = str(problem)
    os.environ[MARK] = why
    if not why:
        os.execvp(UNSHARE[0], [*UNSHARE, "sh", "-ec", f'{SETUP}; exec "$@"', "sh", sys.executable, "-B", *sys.argv])


def why_not():
    """Why there are no such namespaces here; empty when there are."""
    return os.environ.get(MARK, "it was not asked for")
