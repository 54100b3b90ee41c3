"""Connecting, the state, what a client can ask the server about itself, closing."""

from kazoo.client import KazooClient, KazooState
from harness import hosts, say

states = []
client = KazooClient(hosts=hosts, timeout=5)
client.add_listener(lambda state: states.append(state) and None)
client.start(timeout=30)
say("connected", client.connected, client.state == KazooState.CONNECTED)
session, password = client.client_id
say("session", session != 0, "password", len(password))
say("version", ".".join(map(str, client.server_version()[:2])) in ("3.8", "3.9"))
say("ruok", client.command(b"ruok"))
say("isro", client.command(b"isro"))
say("stat names the client", ("[1]" in client.command(b"stat")))
say("mntr", "zk_server_state\tstandalone" in client.command(b"mntr"))

client.restart()
say("restarted with another session", client.client_id[0] != session)
client.stop()
client.close()
say("states", *states)
