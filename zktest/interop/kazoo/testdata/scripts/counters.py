"""Counters that several clients add to at once, and what needs no turns: parties, barriers."""

from harness import connect, join, say, spawn

clients = [connect(timeout=5) for _ in range(3)]


def add(client):
    counter = client.Counter("/counter")
    for _ in range(20):
        counter += 1


for thread in [spawn(add, c) for c in clients]:
    join(thread)
counter = clients[0].Counter("/counter")
say(counter.value)
counter -= 5
say(counter.pre_value, counter.post_value, clients[1].Counter("/counter").value)
floats = clients[0].Counter("/floats", default=1.5)
floats += 2.25
say(floats.value, clients[0].get("/floats")[0])

parties = [c.Party("/party", "member %d" % i) for i, c in enumerate(clients)]
for party in parties:
    party.join()
say(len(parties[0]), *sorted(parties[1]))
parties[0].leave()
clients[1].stop()
say(*parties[2])

barrier = clients[0].Barrier("/barrier")
barrier.create()
waiting = clients[2].Barrier("/barrier")
say(waiting.wait(0))
passed = []
waiter = spawn(lambda: passed.append(waiting.wait(30)))
say(barrier.remove())
join(waiter)
say(*passed)

doubles = [c.DoubleBarrier("/double", 2, "client %d" % i) for i, c in enumerate(clients)]
first = spawn(doubles[0].enter)
doubles[2].enter()
join(first)
say(doubles[0].participating, doubles[2].participating)
first = spawn(doubles[0].leave)
doubles[2].leave()
join(first)
say(doubles[0].participating, clients[0].get_children("/double"))
clients[0].stop()
clients[2].stop()
