"""Election: one leader at a time, in the order of candidature."""

import threading

from harness import Inbox, connect, join, say, spawn

clients = [connect(timeout=5) for _ in range(3)]
elections = [c.Election("/election", "client %d" % i) for i, c in enumerate(clients)]
leaders, resign = Inbox(), [threading.Event() for _ in clients]


def lead(i):
    leaders(i)
    resign[i].wait(30)


threads = []
for i, election in enumerate(elections):
    threads.append(spawn(election.run, lead, i))
    while len(elections[0].contenders()) <= i:
        pass
say(*elections[0].contenders())
say("leader", leaders.take())
resign[0].set()
say("leader", leaders.take())
clients[1].stop()  # dies in office
say("leader", leaders.take())
resign[2].set()
for i in (0, 2):
    join(threads[i])
    clients[i].stop()
