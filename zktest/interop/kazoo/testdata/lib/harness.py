"""What the scripts share. Kazoo is imported by them, to show what they use."""

import logging
import queue
import sys
import threading

from kazoo.client import KazooClient

logging.basicConfig(stream=sys.stderr, level=logging.INFO)
hosts = sys.argv[1]
patience = 30


def say(*words):
    """Prints a line of the results that the Go test compares."""
    print(*words, flush=True)


def connect(**options):
    client = KazooClient(hosts=hosts, **options)
    client.start(timeout=patience)
    return client


class Inbox(queue.Queue):
    """Collects what callbacks are called with."""

    def __call__(self, *args):
        self.put(args[0] if len(args) == 1 else args)

    def take(self):
        return self.get(timeout=patience)


def await_(event):
    if not event.wait(patience):
        sys.exit("an event did not come")


def spawn(function, *args):
    thread = threading.Thread(target=function, args=args, daemon=True)
    thread.start()
    return thread


def join(thread):
    thread.join(patience)
    if thread.is_alive():
        sys.exit("a thread did not end")


def fails(error, function, *args, **options):
    """Says whether a call fails with the error."""
    try:
        function(*args, **options)
    except error:
        say("fails:", error.__name__)
    else:
        say("does not fail")
