"""Watches of single calls, DataWatch, ChildrenWatch, TreeCache; watches over the end of a connection."""

from kazoo.protocol.connection import _CONNECTION_DROP
from kazoo.recipe.cache import TreeCache
from harness import Inbox, await_, connect, say

client, other = connect(timeout=5), connect(timeout=5)


def show(event):
    say(event.type, event.state, event.path)


events = Inbox()
say(client.exists("/n", watch=events))
other.create("/n")
show(events.take())
client.get("/n", watch=events)
other.set("/n", b"x")
show(events.take())
client.get_children("/n", watch=events)
other.create("/n/child")
show(events.take())
client.get("/n/child", watch=events)
other.delete("/n/child")
show(events.take())

data = Inbox()
client.DataWatch("/d")(lambda value, stat, event: data((value, stat and stat.version, event and event.type)))
say("data", data.take())
other.create("/d", b"one")
say("data", data.take())
other.set("/d", b"two")
say("data", data.take())
other.delete("/d")
say("data", data.take())

children = Inbox()
client.ensure_path("/c")
client.ChildrenWatch("/c")(lambda names: children(sorted(names)))
say("children", children.take())
other.create("/c/b")
say("children", children.take())
other.create("/c/a")
say("children", children.take())
other.delete("/c/b")
say("children", children.take())

# Kazoo forgets its watches with the connection; the two recipes read again, and must miss nothing.
lost, back = client.handler.event_object(), client.handler.event_object()


def listen(state):
    if state == "SUSPENDED":
        lost.set()
    elif state == "CONNECTED" and lost.is_set():
        back.set()


client.add_listener(listen)
session = client.client_id
client._call(_CONNECTION_DROP, None)
await_(lost)
other.create("/d", b"three")
other.create("/c/c")
await_(back)
say("the same session", client.client_id == session)
say("data", data.take()[0])
say("children", children.take())

tree = Inbox()
cache = TreeCache(client, "/t")
cache.listen(lambda event: tree((event.event_type, event.event_data and event.event_data.path)))
other.create("/t")
other.create("/t/a", b"x")
cache.start()
for _ in range(3):
    say("tree", tree.take())
other.set("/t/a", b"y")
say("tree", tree.take(), cache.get_data("/t/a").data)
other.delete("/t/a")
say("tree", tree.take())
cache.close()
client.stop()
other.stop()
