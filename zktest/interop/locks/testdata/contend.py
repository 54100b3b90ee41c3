"""contend.py hosts path: acquires a Kazoo lock and says so; a line on stdin tells how to give it up."""

import sys

from kazoo.client import KazooClient

hosts, path = sys.argv[1:]
client = KazooClient(hosts=hosts, timeout=5)
client.start(timeout=30)
lock = client.Lock(path, extra_lock_patterns=("-lock-",))  # as go-zookeeper names its nodes
lock.acquire()
print("acquired", flush=True)
if sys.stdin.readline() == "release\n":
    lock.release()
client.stop()
