"""A node whose mails cannot be delivered, for tests that need dead letters."""

from support import FINAL, png, until

QUEUE = "rtp-notifier-queue"


def settings(port, more=""):
    """`port`: where the mail server is, or will be."""
    return (f'[smtp]\nurl = "smtp://127.0.0.1:{port}"\ntls = "none"\ntimeout = "1s"\n'
            'retry_first = "1ms"\nretry_max = "1ms"\nretry_for = "1ms"\n'
            f'[workers]\npreprocessors = 1\nprocessors = 1\n{more}\n')


def submit(client, name="cat.png", **fields):
    key = client.upload(png(8, 8), name).json()["key"]
    answer = client.submit({"file": key, **fields})
    assert answer.status == 202, answer
    return answer.json()["id"]


def letters(client, queue=QUEUE):
    answer = client.get(f"/queues/{queue}/dead-letters?limit=1000")
    assert answer.status == 200, answer
    return answer.json()["messages"]


def bury(client, count=1):
    """So many requests whose mail is given up. Their dead letters."""
    ids = {submit(client, notify={"email": f"owner{i}@example.org"}) for i in range(count)}
    until("the mails are given up", lambda: len([m for m in letters(client) if m["request"] in ids]) == count)
    return [m for m in letters(client) if m["request"] in ids]


def failed(client):
    """A request that has failed, and would fail again: its image ends in the middle."""
    data = png(300, 200)
    key = client.upload(data[: len(data) // 2], "torn.png").json()["key"]
    told = client.submit({"file": key}).json()["id"]
    record = until("it has failed", lambda: (r := client.get(f"/requests/{told}").json())["status"] in FINAL and r)
    assert record["status"] == "failed", record
    return told
