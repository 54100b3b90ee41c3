"""The worker process of Kazoo: a job per line of input, an outcome (JSON) per line of output. See job.go."""
import gc
import json
import logging
import resource
import sys
import threading
import time

from kazoo.client import KazooClient

PATH = "/bench/some/node"


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1e9


def steady(seconds, done):
    gc.collect()
    time.sleep(seconds / 4)
    ops, used, at = done(), cpu(), time.monotonic()
    time.sleep(seconds)
    until, spent = time.monotonic(), cpu()
    return {"ops": done() - ops, "seconds": until - at, "cpu": spent - used}


def blocking(client, n, seconds):
    counts, stop = [0] * n, threading.Event()

    def caller(i):
        while not stop.is_set():
            client.get(PATH)
            counts[i] += 1

    threads = [threading.Thread(target=caller, args=(i,)) for i in range(n)]
    for t in threads:
        t.start()
    out = steady(seconds, lambda: sum(counts))
    stop.set()
    for t in threads:
        t.join()
    return out


def callbacks(client, n, seconds):
    counts, left, stop, over = [0], [n], threading.Event(), threading.Event()

    def following(result):
        result.get_nowait()
        counts[0] += 1
        if stop.is_set():
            left[0] -= 1
            if left[0] == 0:
                over.set()
            return
        client.get_async(PATH).rawlink(following)

    for _ in range(n):
        client.get_async(PATH).rawlink(following)
    out = steady(seconds, lambda: counts[0])
    stop.set()
    over.wait(60)
    return out


def do(kind, n, millis, addr):
    kinds = {"blocking": blocking, "callbacks": callbacks}
    if kind not in kinds:
        return {"skip": "not tried with Kazoo"}
    if kind == "blocking" and n > 256:
        return {"skip": "more threads than Python is made for"}
    if kind == "callbacks" and n > 256:
        return {"skip": "a window of %d takes it a minute to empty, whatever the time to measure" % n}
    client = KazooClient(hosts=addr, timeout=30)
    client.start()
    try:
        return kinds[kind](client, n, millis / 1000)
    finally:
        client.stop()
        client.close()


logging.disable(logging.CRITICAL)
for line in sys.stdin:
    words = line.split()
    try:
        outcome = do(words[0], int(words[1]), int(words[2]), words[3])
    except Exception as e:  # whatever it is, the run goes on and shows it
        outcome = {"error": repr(e)}
    print(json.dumps(outcome), flush=True)
