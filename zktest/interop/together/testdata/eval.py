"""eval.py: carries out Python with several clients of Kazoo.

A line of stdin is JSON: {"id": 7, "who": "kazoo0", "code": "..."}. The code of one is carried out in order, in a thread and with names of
its own; connect(hosts) makes its client. The answer is {"id": 7, "value": ...}, with the value of the last expression, or {"id": 7, "error":
"..."}. {"id": 8, "who": "kazoo0", "leave": true} closes its client, whatever it is doing. All ends with stdin.
"""

import ast
import datetime
import json
import logging
import queue
import sys
import threading
import time
import traceback
import types

from kazoo import exceptions, retry
from kazoo.client import KazooClient
from kazoo.handlers.threading import SequentialThreadingHandler
from kazoo.recipe.counter import Counter
from kazoo.version import __version__

logging.basicConfig(stream=sys.stderr, level=logging.ERROR)
saying = threading.Lock()
everybody = {}


def say(**answer):
    with saying:
        print(json.dumps(answer), flush=True)


if __version__ == "2.6.1":
    # It waits whole seconds, at random, from the beginning.
    retry.random = types.SimpleNamespace(randint=lambda low, high: 0.02)


class Handler(SequentialThreadingHandler):
    """Kazoo waits longer and longer between its attempts. Here it does not."""

    @staticmethod
    def sleep_func(seconds):
        time.sleep(min(seconds, 0.2))


class Client:
    def __init__(self):
        self.names = dict(
            connect=self.connect, exceptions=exceptions, datetime=datetime, threading=threading, time=time, Counter=Counter, version=__version__
        )
        self.client = None
        self.orders = queue.Queue()
        threading.Thread(target=self.obey, daemon=True).start()

    def connect(self, hosts):
        quickly = dict(max_tries=-1, delay=0.02, sleep_func=Handler.sleep_func)
        self.client = self.names["client"] = KazooClient(
            hosts=hosts, timeout=20, handler=Handler(), connection_retry=quickly, command_retry=quickly
        )
        self.client.start(timeout=30)

    def obey(self):
        while True:
            order = self.orders.get()
            self.answer(order["id"], self.carry_out, order["code"])

    def answer(self, number, what, *args):
        try:
            say(id=number, value=what(*args))
        except BaseException:
            say(id=number, error=traceback.format_exc())

    def carry_out(self, code):
        tree, value = ast.parse(code), None
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "<told>", "exec"), self.names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "<told>", "eval"), self.names)
        return value

    def leave(self):
        if self.client is not None:
            self.client.stop()
            self.client.close()


for line in sys.stdin:
    order = json.loads(line)
    who = order["who"]
    if order.get("leave"):
        gone = everybody.pop(who, None) or Client()
        threading.Thread(target=gone.answer, args=(order["id"], gone.leave), daemon=True).start()
    else:
        if who not in everybody:
            everybody[who] = Client()
        everybody[who].orders.put(order)
