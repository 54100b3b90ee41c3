"""Locks, and the other recipes that queue: semaphore, read and write locks."""

from kazoo.exceptions import LockTimeout
from harness import Inbox, connect, fails, join, say, spawn

clients = [connect(timeout=5) for _ in range(4)]
locks = [c.Lock("/lock", "client %d" % i) for i, c in enumerate(clients)]
say(locks[0].acquire())
say(locks[1].acquire(blocking=False))
fails(LockTimeout, locks[1].acquire, timeout=0.1)

order, threads = Inbox(), []


def contend(lock, name):
    with lock:
        order(name)


for i, lock in enumerate(locks[1:], 1):
    threads.append(spawn(contend, lock, i))
    while len(locks[0].contenders()) <= i:
        pass
say(*locks[0].contenders())
say(sorted(name.split("__lock__")[1] for name in clients[0].get_children("/lock"))[0])
locks[0].release()
for thread in threads:
    join(thread)
say("order", order.take(), order.take(), order.take())
say("left", clients[0].get_children("/lock"))

semaphores = [c.Semaphore("/semaphore", "client %d" % i, max_leases=2) for i, c in enumerate(clients)]
say(*(s.acquire(blocking=False) for s in semaphores[:3]))
say(*sorted(semaphores[2].lease_holders()))
semaphores[0].release()
say(semaphores[2].acquire(timeout=30))
semaphores[1].release()
semaphores[2].release()

readers = [c.ReadLock("/rw", "r") for c in clients[:2]]
writer = clients[2].WriteLock("/rw", "w")
say(*(r.acquire() for r in readers), writer.acquire(blocking=False))
for r in readers:
    r.release()
say(writer.acquire(timeout=30), readers[0].acquire(blocking=False))
writer.release()

# Who dies does not keep the lock.
locks[0].acquire()
heir = spawn(contend, locks[1], "heir")
while len(locks[2].contenders()) < 2:
    pass
clients[0].stop()
join(heir)
say(order.take())
for c in clients[1:]:
    c.stop()
