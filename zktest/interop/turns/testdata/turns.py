"""turns.py kind limit turns host...: one Kazoo client for each host takes turns, until gazoo and Kazoo both have had so many.

Prints "version VERSION" when all have connected; "turn WHO ZXID TOKEN INSIDE" for each turn (the zxid of the node inside, the token, and how many
were inside), "lost WHO" when a turn was over before it was used, "two WHO NAMES..." when others are inside who must not be;
and in the end "done". The sessions last until stdin ends.
"""

import logging
import sys
import threading
import time
import traceback

from kazoo import exceptions
from kazoo.client import KazooClient
from kazoo.version import __version__

logging.basicConfig(stream=sys.stderr, level=logging.ERROR)
kind, limit, turns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
hosts = sys.argv[4:]
quickly = dict(max_tries=-1, delay=0.05, max_delay=1)
printing = threading.Lock()
failed = []

# From 2.7.1 on and before 2.9 a reader also waits for writers that come after it, and they for it (Kazoo's issue 649).
deadlocks = __version__.startswith(("2.7.", "2.8."))

# What says that a transaction may have been carried out, or not.
doubts = (exceptions.ConnectionLoss, exceptions.SessionExpiredError, exceptions.ConnectionClosedError)


def say(*words):
    with printing:
        print(*words, flush=True)


def commit(client, *operations):
    """Commits until the outcome is known; returns the results."""
    while True:
        transaction = client.transaction()
        for name, arguments in operations:
            getattr(transaction, name)(*arguments)
        try:
            return transaction.commit()
        except doubts:
            time.sleep(0.05)


class Contender:
    def __init__(self, number, host):
        self.who = "kazoo%d" % number
        self.shared = kind == "semaphore" or kind == "readwrite" and number % 2 == 0 and not deadlocks
        self.client = KazooClient(hosts=host, timeout=20, connection_retry=quickly, command_retry=quickly)
        self.client.start(timeout=30)
        self.turn = 0
        if kind == "semaphore":
            self.recipe = self.client.Semaphore("/contest", self.who, max_leases=limit)
        elif kind == "election":
            self.recipe = self.client.Election("/contest", self.who)
        elif kind == "readwrite":
            self.recipe = (self.client.ReadLock if self.shared else self.client.WriteLock)("/contest", self.who)
        else:
            self.recipe = self.client.Lock("/contest", self.who)
        # A lock waits up to a minute between its attempts, and all behind it wait with it.
        for lock in (self.recipe, getattr(self.recipe, "lock", None)):
            if hasattr(lock, "_retry"):
                lock._retry.max_delay = 1

    def run(self):
        try:
            while not self.enough():
                if kind == "election":
                    self.recipe.run(self.use)
                    continue
                self.recipe.acquire()
                self.use()
                self.recipe.release()
        except BaseException:
            failed.append(self.who)
            traceback.print_exc()

    def enough(self):
        return all(self.client.retry(self.client.exists, "/turns/" + kind).version >= turns for kind in ("gazoo", "kazoo"))

    def node(self):
        if kind == "semaphore":
            return self.recipe.create_path
        lock = self.recipe.lock if kind == "election" else self.recipe
        return lock.path + "/" + lock.node

    def use(self):
        node = self.node()
        self.turn += 1
        inside = "/inside/%s-%s-%d" % ("s" if self.shared else "x", self.who, self.turn)
        results = commit(
            self.client,
            ("check", (node, -1)),
            ("create", (inside, self.who.encode(), None, True)),
            ("set_data", ("/turns/kazoo", self.who.encode())),
        )
        token = self.client.retry(self.client.exists, node)
        entered = self.client.retry(self.client.exists, inside)
        if isinstance(results[0], exceptions.NoNodeError) or not token or not entered:
            say("lost", self.who)
            return
        names = self.client.retry(self.client.get_children, "/inside")
        if len(names) > (1 if any(name.startswith("x") for name in names) else limit):
            say("two", self.who, *names)
        say("turn", self.who, entered.czxid, token.czxid, len(names))
        # It deletes nobody else's node: while ours is there, the session is, and the node inside is ours.
        commit(self.client, ("check", (node, -1)), ("delete", (inside,)))


contenders = [Contender(i, host) for i, host in enumerate(hosts)]
say("version", __version__)
threads = [threading.Thread(target=c.run, daemon=True) for c in contenders]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
if failed:
    sys.exit(1)
say("done")
sys.stdin.read()
for c in contenders:
    c.client.stop()
