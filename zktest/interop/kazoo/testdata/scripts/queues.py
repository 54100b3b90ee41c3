"""Queues."""

from harness import Inbox, connect, join, say, spawn

one, two = connect(timeout=5), connect(timeout=5)
queue, same = one.Queue("/queue"), two.Queue("/queue")
for item in (b"a", b"b", b"c"):
    queue.put(item)
queue.put(b"urgent", priority=10)
say(len(queue), len(same))
say(same.get(), queue.get())
say(same.get(), same.get(), same.get())

locking, other = one.LockingQueue("/locking"), two.LockingQueue("/locking")
locking.put_all([b"x", b"y"])
say(len(locking))
say(other.get(timeout=30), other.holds_lock())
say(locking.get(timeout=30))
say(other.consume(), locking.consume(), len(locking))
got = Inbox()
taker = spawn(lambda: got(other.get(timeout=30)))
locking.put(b"late")
join(taker)
say(got.take())
two.stop()  # it dies holding the item, which goes to the next
say(locking.get(timeout=30), locking.consume(), len(locking))
one.stop()
