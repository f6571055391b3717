"""More and more clients at once, each of which uploads and asks for work as fast as it is answered. What is accepted is
finished, what is not says when to come again, nothing is lost. DIP_RAMP=8192 is the long form."""

import asyncio
import json
import os
import resource
import time
import unittest

from support import FINAL, NodeTest, png, until

TOP = int(os.environ.get("DIP_RAMP", "512"))
SECONDS = float(os.environ.get("DIP_RAMP_SECONDS", "3"))

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Tally:
    def __init__(self):
        self.uploads, self.requests, self.refused, self.broken, self.wrong = [], [], 0, 0, []


async def say(reader, writer, method, path, body, kind):
    writer.write(f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
                 .encode() + body)
    await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:] if line)
    return int(head.split()[1]), headers, await reader.readexactly(int(headers.get("content-length", 0)))


async def client(port, image, until_time, tally):
    while time.monotonic() < until_time:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                while time.monotonic() < until_time:
                    status, headers, body = await say(reader, writer, "POST", "/files", image, "image/png")
                    if status == 201:
                        key = json.loads(body)["key"]
                        tally.uploads.append(key)
                        status, headers, body = await say(reader, writer, "POST", "/process-file",
                                                          json.dumps({"file": key}).encode(), "application/json")
                        if status == 202:
                            tally.requests.append(json.loads(body)["id"])
                            continue
                    if status in (429, 503) and headers.get("retry-after", "").isdigit():
                        tally.refused += 1
                        await asyncio.sleep(0.2)
                        if headers.get("connection") == "close":
                            break
                    else:
                        tally.wrong.append((status, body[:200]))
                        break
            finally:
                writer.close()
        except (OSError, asyncio.IncompleteReadError):
            tally.broken += 1
            await asyncio.sleep(0.2)


async def level(port, image, clients):
    tally, end = Tally(), time.monotonic() + SECONDS
    await asyncio.gather(*(client(port, image, end, tally) for _ in range(clients)))
    return tally


class Overload(NodeTest):
    settings = "[limits]\nqueue_depth = 200\n"

    def test_ramp(self):
        image, requests, best, last, clients = png(24, 16), [], 0.0, 0.0, 16
        while clients <= TOP:
            started = time.monotonic()
            tally = asyncio.run(level(self.node.port, image, clients))
            last = len(tally.uploads) / (time.monotonic() - started)
            best = max(best, last)
            print(f"  {clients:5} clients: {len(tally.uploads):6} uploads ({last:.0f}/s), {len(tally.requests):6} requests,"
                  f" {tally.refused} refused, {tally.broken} broken off")
            self.assertFalse(tally.wrong, tally.wrong[:3])
            self.assertGreater(len(tally.uploads), 0)
            requests += tally.requests
            for key in tally.uploads[:: max(1, len(tally.uploads) // 20)]:
                self.assertEqual(self.client.get(f"/files/rtp-request-files/{key}").body, image)
            clients *= 2
        print(f"  accepted at the top: {last / best:.0%} of the best")
        self.assertEqual(len(set(requests)), len(requests))
        for request_id in requests[:: max(1, len(requests) // 200)]:
            record = self.client.finished(request_id)
            self.assertEqual(record["status"], "processed", record)
        until("all that was accepted is finished", lambda: self.unfinished() == 0, 600)

    def unfinished(self):
        count = 0
        for status in ("accepted", "preprocessing", "preprocessed", "processing"):
            self.assertNotIn(status, FINAL)
            count += len(self.client.get(f"/requests?status={status}&limit=1000").json()["requests"])
        return count


if __name__ == "__main__":
    unittest.main()
