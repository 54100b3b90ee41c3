"""share.py hosts path kind what count: puts count items into a Kazoo queue, or takes items for ever and prints them."""

import sys
import time

from kazoo.client import KazooClient

hosts, path, kind, what, count = sys.argv[1:]
client = KazooClient(hosts=hosts, timeout=5)
client.start(timeout=30)
queue = getattr(client, kind)(path)
print("ready", flush=True)
if what == "put":
    for i in range(int(count)):
        queue.put(b"kazoo-%d" % i, priority=i % 3)
    print("done", flush=True)
while what == "take":
    if kind == "Queue":
        item = queue.get()
    else:
        item = queue.get(timeout=0.2)
        if item is not None and not queue.consume():
            item = None
    if item is None:
        time.sleep(0.01)
    else:
        print(item.decode(), flush=True)
client.stop()
