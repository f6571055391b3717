#!/usr/bin/env python3
"""What a request and an idle second cost a cluster on this machine: the coefficients of docs/scaling.md.

  bench/cluster/bench_scaling.py build/release/dip [--nodes 1 3 5] [--partitions 8 32] [--images N] [--idle SECONDS]

A line for each shape: an image is uploaded, processed and fetched to its end, one after the other and eight at once.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import time

from bench_cluster import cpu_of, finish, submit, upload

COUNTED = {
    "syncs": ("dip_log_syncs_total",),
    "entries": ("dip_log_entries_total",),
    "log_bytes": ("dip_log_bytes_total",),
    "messages": ("dip_link_messages_sent_total",),
    "link_bytes": ("dip_link_sent_bytes_total",),
    "files": ("dip_objects_fetched_total",),
    "file_bytes": ("dip_objects_fetched_bytes_total",),
}


def counters(cluster):
    """Sums over all nodes."""
    out = {name: 0.0 for name in COUNTED}
    for member in cluster.members.values():
        text = member.client(30).get("/metrics").body.decode()
        for name, metrics in COUNTED.items():
            for metric in metrics:
                out[name] += sum(float(v) for v in re.findall(rf"^{metric}(?:{{[^}}]*}})? (\S+)$", text, re.M))
    out["cpu_ms"] = cpu_of(cluster) * 1000
    return out


def grown(cluster, work):
    """What `work` has added, and the seconds that it took."""
    before, begun = counters(cluster), time.monotonic()
    work()
    took = time.monotonic() - begun
    after = counters(cluster)
    return {name: after[name] - before[name] for name in after}, took


def one_image(client):
    finish(client, submit(client, upload(client)).json()["id"])


def images(cluster, count, clients):
    members = list(cluster.members.values())

    def work(i):
        one_image(members[i % len(members)].client(60))

    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        list(pool.map(work, range(count)))


def line(what, figures, by):
    told = " ".join(f"{name} {value / by:.1f}" for name, value in figures.items())
    print(f"  {what:22} {told}", flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("dip")
    options.add_argument("--nodes", type=int, nargs="+", default=[1, 3, 5])
    options.add_argument("--partitions", type=int, nargs="+", default=[8, 32])
    options.add_argument("--images", type=int, default=48)
    options.add_argument("--idle", type=float, default=10)
    options = options.parse_args()
    os.environ["DIP_PROGRAM"] = str(pathlib.Path(options.dip).resolve())
    from cluster import Cluster

    for nodes in options.nodes:
        for partitions in options.partitions:
            settings = f'[cluster]\npartitions = {partitions}\n[limits]\nfree_disk = "64 MiB"\n'
            cluster = Cluster(nodes, settings)
            try:
                cluster.start().wait_ready()
                cluster.wait_led()
                images(cluster, 8, 1)
                print(f"{nodes} nodes, {partitions} partitions", flush=True)
                figures, took = grown(cluster, lambda: time.sleep(options.idle))
                line("an idle second", figures, took)
                for clients in (1, 8):
                    figures, took = grown(cluster, lambda clients=clients: images(cluster, options.images, clients))
                    line(f"an image, {clients} at once", figures, options.images)
                    print(f"  {options.images / took:.1f} images a second", flush=True)
            finally:
                cluster.clean_up()


if __name__ == "__main__":
    main()
