"""A session that ends on the server: another client takes it over and closes it."""

from harness import Inbox, connect, say

states = Inbox()
client = connect(timeout=5)
client.create("/e", b"mine", ephemeral=True)
data = Inbox()
client.DataWatch("/e")(lambda value, stat: data(value))
say(data.take())
watched = Inbox()
client.get("/e", watch=watched)
session = client.client_id
client.add_listener(lambda state: states(str(state)))

thief = connect(timeout=5, client_id=session)
say("taken over", thief.client_id[0] == session[0])
thief.stop()

seen = []
while not seen or seen[-1] != "CONNECTED" or "LOST" not in seen:
    seen.append(states.take())
say("lost", "LOST" in seen, "and back", seen[-1])
say("another session", client.client_id[0] != session[0])
say(client.exists("/e"))
say(data.take())
client.create("/e", b"mine again", ephemeral=True)
say(data.take())
client.stop()
