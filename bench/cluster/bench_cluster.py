#!/usr/bin/env python3
"""A cluster of three nodes on this machine, fsync on, beside one node.

  bench/cluster/bench_cluster.py build/release/dip [--kills N] [--images N] [--pairs N] [--seconds N]

failover   the leader of a partition is killed; how long until a request in that partition is accepted, through another node
accepts    requests that are accepted a second, one client and 64 (wrk), while the codecs stand still: nothing is worked on
jobs       requests a second that go through both queues when the stages do nothing: 64 clients, until the last is processed
slow disk  images a second, 16 at once, with a node whose every sync takes 500 ms, once the others lead for it, beside the same
           without, in turns
images     CPU of all processes an image, on three nodes and on one in turns: a photo of 1600 x 900 made 64 wide, of which
           next to all is what a request costs, and one of 12 megapixels, as phones take them, made 1600 wide
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "cluster"))

DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SETTINGS = '[limits]\nfree_disk = "64 MiB"\n'
PHOTO = (ROOT / "tests" / "data" / "sample.jpg").read_bytes()
TICKS = os.sysconf("SC_CLK_TCK")


def partition_of(key):
    ulid = key[:26]
    return (DIGITS.index(ulid[24]) << 5 | DIGITS.index(ulid[25])) & 0x3FF


def descendants(pid):
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        found.append(one)
        for task in pathlib.Path(f"/proc/{one}/task").glob("*/children"):
            todo += [int(c) for c in task.read_text().split()]
    return found


def cpu_of(cluster):
    """Seconds of user and system time, ended and waited-for children included."""
    total = 0
    for member in cluster.members.values():
        for pid in descendants(member.process.pid):
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            own = (11, 12, 13, 14) if pid == member.process.pid else (11, 12)
            total += sum(int(fields[i]) for i in own)
    return total / TICKS


def upload(client, wanted=None, partitions=8, photo=PHOTO):
    """A file's key; in that partition, when one is wanted."""
    for _ in range(64 * partitions):
        answer = client.upload(photo)
        if answer.status == 503:  # a leader was killed or has moved: clients try again
            continue
        key = answer.json()["key"]
        if wanted is None or partition_of(key) == wanted:
            return key
    raise SystemExit(f"no file came to partition {wanted}")


def submit(client, key, width=64):
    return client.submit({"file": key, "operations": [{"op": "resize", "width": width}]})


def finish(client, identity):
    while client.get(f"/requests/{identity}?wait=30s").json()["status"] not in ("processed", "failed"):
        pass


def failover(cluster, kills):
    took = []
    for turn in range(kills):
        partition = turn % 8
        leader = cluster.wait_led()[partition]
        other = next(n for n in cluster.members if n != leader)
        client = cluster.members[other].client(20)
        key = upload(client, partition)
        cluster.members[leader].process.send_signal(signal.SIGKILL)
        begun = time.monotonic()
        while submit(client, key).status != 202:
            pass
        took.append(time.monotonic() - begun)
        cluster.kill(leader)
        cluster.start(leader).wait_ready()
        cluster.wait_led()
    took.sort()
    print(f"failover   {kills} kills: median {statistics.median(took):.2f} s, most {took[-1]:.2f} s", flush=True)


def submit_all(member, key, clients, seconds):
    """What wrk says; the requests that were accepted a second; those that were not."""
    out = subprocess.run(["wrk", "-t", "1", "-c", str(clients), "-d", str(seconds), "-s", str(ROOT / "bench/cluster/submit.lua"),
                          f"http://127.0.0.1:{member.port}/process-file"],
                         env={**os.environ, "FILE": key}, capture_output=True, text=True, check=True).stdout
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]), int(bad[1]) if bad else 0


def accepts(cluster, seconds):
    member = next(iter(cluster.members.values()))
    key = upload(member.client(20))
    codecs = [p for m in cluster.members.values() for p in descendants(m.process.pid)
              if "dip-codec" in pathlib.Path(f"/proc/{p}/cmdline").read_text()]
    for pid in codecs:
        os.kill(pid, signal.SIGSTOP)
    try:
        for clients in (1, 64):
            rate, bad = submit_all(member, key, clients, seconds)
            print(f"accepts    {clients:2} clients: {rate:.0f} a second{f', {bad} refused' if bad else ''}", flush=True)
    finally:
        for pid in codecs:
            os.kill(pid, signal.SIGCONT)


def waiting(cluster):
    """Messages in the queues of work."""
    said = next(iter(cluster.members.values())).client(30).get("/queues").json()
    return sum(q["visible"] + q["in_flight"] + q["delayed"] for q in said["queues"])


def jobs(dip, seconds):
    os.environ["DIP_PROGRAM"] = str(dip.with_name("idle_stages_node"))
    from cluster import Cluster

    for nodes in (1, 3):
        # What a worker does is to wait for the log: that is not what is measured.
        cluster = Cluster(nodes, SETTINGS + "[workers]\npreprocessors = 16\nprocessors = 16\n")
        try:
            cluster.start().wait_ready()
            cluster.wait_led()
            member = next(iter(cluster.members.values()))
            key = upload(member.client(20))
            submit_all(member, key, 64, 2)  # warm
            while waiting(cluster):
                time.sleep(0.05)
            begun = time.monotonic()
            rate, bad = submit_all(member, key, 64, seconds)
            accepted = rate * seconds - bad
            while waiting(cluster):
                time.sleep(0.05)
            took = time.monotonic() - begun
            print(f"jobs       {nodes} nodes: {accepted / took:.0f} a second, of {accepted:.0f} that were accepted in {seconds} s", flush=True)
        finally:
            cluster.clean_up()


def large_photo(dip):
    """Of 12 megapixels, with a photo's grain."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([dip.with_name("bench_load"), "--write", folder], check=True)
        return pathlib.Path(folder, "4272x2848.jpg").read_bytes()


def cpu_an_image(cluster, images, photo=PHOTO, width=64):
    clients = [m.client(60) for m in cluster.members.values()]
    before, ids = cpu_of(cluster), []
    for i in range(images):
        client = clients[i % len(clients)]
        ids.append(submit(client, upload(client, photo=photo), width).json()["id"])
    for i, identity in enumerate(ids):
        finish(clients[i % len(clients)], identity)
    return (cpu_of(cluster) - before) / images * 1000


def images_a_second(cluster, images, clients=16):
    members = list(cluster.members.values())

    def work(i):
        client = members[i % len(members)].client(60)
        key = upload(client)
        while (taken := submit(client, key)).status == 503:
            pass
        finish(client, taken.json()["id"])

    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        list(pool.map(work, range(images)))
    return images / (time.monotonic() - begun)


def slow_disk(pairs, images):
    from machines import BrittleCluster

    cluster = BrittleCluster(3, SETTINGS)
    try:
        cluster.start().wait_ready()
        cluster.wait_led()
        images_a_second(cluster, 16)  # warm
        ratios = []
        for _ in range(pairs):
            well = images_a_second(cluster, images)
            cluster.fault("n2", sync_delay_ms=500)
            begun = time.monotonic()
            while "n2" in cluster.wait_led().values():
                images_a_second(cluster, 16)
            until_then = time.monotonic() - begun
            slow = images_a_second(cluster, images)
            cluster.fault("n2")
            while "n2" not in cluster.wait_led().values():
                time.sleep(0.5)
            ratios.append(slow / well)
            print(f"slow disk  {slow:.1f} images a second, {well:.1f} without: {ratios[-1]:.2f}, {until_then:.1f} s until the others led", flush=True)
        print(f"slow disk  median {statistics.median(ratios):.2f}", flush=True)
    finally:
        cluster.clean_up()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("dip")
    options.add_argument("--kills", type=int, default=20)
    options.add_argument("--images", type=int, default=60)
    options.add_argument("--pairs", type=int, default=5)
    options.add_argument("--seconds", type=int, default=10)
    options = options.parse_args()
    os.environ["DIP_PROGRAM"] = str(pathlib.Path(options.dip).resolve())
    if not shutil.which("wrk"):
        raise SystemExit("wrk is missing: scripts/setup --bench")
    from cluster import Cluster

    three, one = Cluster(3, SETTINGS), Cluster(1, SETTINGS)
    try:
        three.start().wait_ready()
        three.wait_led()
        one.start().wait_ready()
        for what, photo, width, images in (("1600 x 900 to 64", PHOTO, 64, options.images),
                                           ("12 megapixels to 1600", large_photo(pathlib.Path(options.dip).resolve()), 1600, options.images // 3)):
            for cluster in (three, one):
                cpu_an_image(cluster, 8, photo, width)  # warm
            ratios = []
            for _ in range(options.pairs):
                of_three, of_one = (cpu_an_image(c, images, photo, width) for c in (three, one))
                ratios.append(of_three / of_one)
                print(f"images     {what}: {of_three:.1f} ms on three nodes, {of_one:.1f} ms on one: {ratios[-1]:.2f}", flush=True)
            print(f"images     {what}: median {statistics.median(ratios):.2f}", flush=True)
        failover(three, options.kills)
        accepts(three, options.seconds)
    finally:
        three.clean_up()
        one.clean_up()
    jobs(pathlib.Path(options.dip).resolve(), options.seconds)
    os.environ["DIP_PROGRAM"] = str(pathlib.Path(options.dip).resolve())
    slow_disk(options.pairs, 3 * options.images)


if __name__ == "__main__":
    main()
