#!/usr/bin/env python3
"""What it costs to be looked at: images a second while the console asks for all of its views at once, beside nobody asking.

  bench/console/bench_console.py build/release/dip [--pairs N] [--images N] [--check]

One node, and three on this machine. A console holds GET /events and reads what each of its views reads, as often as it does
(http/console/src), as if every view were open in a tab of its own, in sight. In turns, with and without, and the other way
round in the next pair; the median of the ratios is 0.98 at least (--check). The CPU that the nodes and their codecs spend an
image is told beside it, and before it what a call costs them by itself and all calls a second: on a machine that others use as
well these say more.
"""

import argparse
import contextlib
import http.client
import multiprocessing
import os
import pathlib
import statistics
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "cluster"), str(ROOT / "bench" / "cluster")]
BAR = 0.98

# (seconds, path) of each view: useRead's and usePages' intervals.
VIEWS = [
    (15, "/cluster"),  # lib/cluster.ts
    (4, "/cluster"), (4, "/actors?state=stuck&limit=100"), (4, "/actors?sort=restarts&limit=100"),  # views/overview.tsx
    (1.5, "/requests?limit=100"),  # views/requests.tsx, while requests change
    (2, "/queues"), (2, "/topics"),  # views/queues.tsx
    (2, "/queues"),  # views/queue.tsx
    (2, "/actors?limit=1000"), (3, "/actors?state=stuck&limit=20"), (3, "/actors?sort=restarts&limit=50"),  # views/actors.tsx, the tree
    (2, "/actors?sort=mailbox&limit=500"),  # views/actors.tsx, the table
    (1, "/actors/{actor}"),  # views/actor.tsx
    (2, "/cluster"),  # views/cluster.tsx
    (2, "/queues"),  # views/mail.tsx
]


def ask(port, path, every, asked):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    while True:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            print(f"{path} answers {answer.status}", flush=True)
            os._exit(1)
        with asked.get_lock():
            asked.value += 1
        # From one answer to the next call, as the console does it.
        time.sleep(every)


def look(port, actor, asked):
    """In a process of its own: what it takes is not to be the clients' loss of a lock."""
    for every, path in VIEWS:
        threading.Thread(target=ask, args=(port, path.replace("{actor}", actor), every, asked), daemon=True).start()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", "/events")
    for _ in connection.getresponse():
        pass


def cpu_of(cluster):
    """Seconds of user and system time; codecs that were replaced are in their zygote's."""
    from bench_cluster import TICKS, descendants

    total = 0
    for member in cluster.members.values():
        for pid in descendants(member.process.pid):
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += sum(int(f) for f in fields[11:15])
    return total / TICKS


@contextlib.contextmanager
def looked_at(member):
    actor = member.client(20).get("/actors?limit=1&kind=partition").json()["actors"][0]["id"]
    asked = multiprocessing.Value("L", 0)
    one = multiprocessing.Process(target=look, args=(member.port, actor, asked), daemon=True)
    one.start()
    time.sleep(2)  # until its views have been opened
    try:
        yield asked
    finally:
        alive = one.is_alive()
        one.terminate()
        one.join()
        if not alive:
            raise SystemExit("the console ended by itself")


def price(cluster, member, calls=100):
    """Of each call by itself, and of a second of all of them."""
    actor = member.client(20).get("/actors?limit=1&kind=partition").json()["actors"][0]["id"]
    client, total = member.client(20), 0
    before = cpu_of(cluster)
    time.sleep(3)
    idle = (cpu_of(cluster) - before) / 3
    for every, path in dict.fromkeys(VIEWS):
        before, begun = cpu_of(cluster), time.monotonic()
        for _ in range(calls):
            size = len(client.get(path.replace("{actor}", actor)).body)
        cost = (cpu_of(cluster) - before - idle * (time.monotonic() - begun)) / calls * 1000
        total += cost / every * VIEWS.count((every, path))
        print(f"{len(cluster.members)} nodes  {path}: {size} bytes, {cost:.2f} ms of CPU, every {every} s", flush=True)
    print(f"{len(cluster.members)} nodes  all calls: {total:.1f} ms of CPU a second", flush=True)


def measure(nodes, pairs, images):
    from bench_cluster import SETTINGS, images_a_second
    from cluster import Cluster

    cluster = Cluster(nodes, SETTINGS)
    try:
        cluster.start().wait_ready()
        cluster.wait_led()
        member = cluster.members["n1"]

        def alone():
            before = cpu_of(cluster)
            rate = images_a_second(cluster, images)
            return rate, (cpu_of(cluster) - before) / images * 1000

        def seen():
            with looked_at(member) as asked:
                opened = asked.value
                return *alone(), asked.value - opened

        images_a_second(cluster, 150)  # warm, and enough for whole pages
        price(cluster, member)
        ratios, costs = [], []
        for turn in range(pairs):
            if turn % 2:
                (looked, cost, asked), (rate, own) = seen(), alone()
            else:
                (rate, own), (looked, cost, asked) = alone(), seen()
            ratios.append(looked / rate)
            costs.append(cost / own)
            print(f"{nodes} nodes  {looked:.1f} images a second and {cost:.1f} ms of CPU an image with {asked} answers to the console, "
                  f"{rate:.1f} and {own:.1f} ms without: {ratios[-1]:.3f}, CPU {costs[-1]:.3f}", flush=True)
        print(f"{nodes} nodes  median {statistics.median(ratios):.3f} of {pairs} pairs, CPU {statistics.median(costs):.3f}", flush=True)
        return statistics.median(ratios)
    finally:
        cluster.clean_up()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("dip")
    options.add_argument("--pairs", type=int, default=9)
    options.add_argument("--images", type=int, default=400)
    options.add_argument("--check", action="store_true")
    options = options.parse_args()
    os.environ["DIP_PROGRAM"] = str(pathlib.Path(options.dip).resolve())
    medians = [measure(nodes, options.pairs, options.images) for nodes in (1, 3)]
    if options.check and min(medians) < BAR:
        raise SystemExit(f"{min(medians):.3f} is below {BAR}")


if __name__ == "__main__":
    main()
