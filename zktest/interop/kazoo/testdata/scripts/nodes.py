"""Creating, reading, changing, deleting; ACLs."""

from kazoo import exceptions
from kazoo.security import CREATOR_ALL_ACL, OPEN_ACL_UNSAFE, make_digest_acl
from harness import connect, fails, say

client = connect(timeout=5)
say(client.create("/n", b"one"))
data, stat = client.get("/n")
say(data, stat.version, stat.dataLength, stat.czxid == stat.mzxid, stat.ephemeralOwner)
stat = client.set("/n", b"second", version=0)
say(stat.version, stat.dataLength, stat.mzxid > stat.czxid)
say(client.create("/n/s-", sequence=True), client.create("/n/s-", sequence=True))
say(client.create("/n/deep/down", makepath=True))
path, stat = client.create("/n/e", b"x", ephemeral=True, include_data=True)
say(path, stat.ephemeralOwner == client.client_id[0], stat.dataLength)
say(*sorted(client.get_children("/n")))
names, stat = client.get_children("/n", include_data=True)
say(len(names), stat.numChildren, stat.cversion)
say(client.exists("/none"), client.exists("/n").version)
say(client.ensure_path("/n/deep/down/below"), client.ensure_path("/n/deep"))
say(client.sync("/n"))

fails(exceptions.NodeExistsError, client.create, "/n")
fails(exceptions.NoNodeError, client.create, "/none/x")
fails(exceptions.NoNodeError, client.get, "/none")
fails(exceptions.NoNodeError, client.delete, "/none")
fails(exceptions.BadVersionError, client.set, "/n", b"", version=9)
fails(exceptions.NotEmptyError, client.delete, "/n")
fails(exceptions.NoChildrenForEphemeralsError, client.create, "/n/e/x")
fails(exceptions.InvalidACLError, client.create, "/x", acl=CREATOR_ALL_ACL)

client.add_auth("digest", "ann:secret")
client.create("/private", b"secret", acl=[make_digest_acl("ann", "secret", all=True)])
acls, stat = client.get_acls("/private")
say(len(acls), acls[0].perms, acls[0].id.scheme, acls[0].id.id, stat.aversion)
other = connect(timeout=5)
fails(exceptions.NoAuthError, other.get, "/private")
fails(exceptions.NoAuthError, other.set_acls, "/private", OPEN_ACL_UNSAFE)
other.add_auth("digest", "ann:secret")
say(other.get("/private")[0])
say(other.set_acls("/private", [make_digest_acl("bob", "secret", read=True)]).aversion)
fails(exceptions.NoAuthError, other.get, "/private")
super_ = connect(timeout=5, auth_data=[("digest", "super:test")])
say(super_.get("/private")[0])

chrooted = connect(timeout=5)
chrooted.chroot = "/n/deep"
say(*sorted(chrooted.get_children("/")))
say(chrooted.create("/made"), client.exists("/n/deep/made") is not None)

client.delete("/n", recursive=True)
say(client.exists("/n"))
for c in (client, other, super_, chrooted):
    c.stop()
