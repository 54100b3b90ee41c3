"""Transactions: all or nothing, and what each operation is told."""

from harness import connect, say

client = connect(timeout=5)
client.ensure_path("/n")
client.create("/n/old")

t = client.transaction()
t.check("/n", version=0)
t.create("/n/made", b"x")
t.create("/n/s-", sequence=True, ephemeral=True)
t.set_data("/n", b"new", version=0)
t.delete("/n/old")
for result in t.commit():
    say(result.version if hasattr(result, "version") else result)
say(*sorted(client.get_children("/n")), client.get("/n")[0])

t = client.transaction()
t.create("/n/more")
t.check("/n", version=7)
t.delete("/n/made")
for result in t.commit():
    say(type(result).__name__)
say(*sorted(client.get_children("/n")))

with client.transaction() as t:
    t.create("/n/x")
    t.create("/n/x/y")
    t.delete("/n/x/y")
say(*sorted(client.get_children("/n")), client.get_children("/n/x"))
client.stop()
