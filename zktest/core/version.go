package core

import "github.com/gazoo-go/gazoo/internal/wire"

// Version is a release of ZooKeeper. Patch matters: see the methods in version.go for what came when.
type Version struct{ wire.Version }

// V makes a Version.
func V(major, minor, patch int) Version {
	return Version{wire.Version{Major: major, Minor: minor, Patch: patch}}
}

// The last releases of each line that this package knows about.
var (
	V3_4 = V(3, 4, 14)
	V3_5 = V(3, 5, 10)
	V3_6 = V(3, 6, 4)
	V3_7 = V(3, 7, 2)
	V3_8 = V(3, 8, 5)
	V3_9 = V(3, 9, 4)
)

// from reports whether v is major.minor.patch or later.
func (v Version) from(major, minor, patch int) bool {
	return v.AtLeast(wire.Version{Major: major, Minor: minor, Patch: patch})
}

// backported is for changes that came in a patch release of two lines.
func (v Version) backported(olderMinor, olderPatch, minor, patch int) bool {
	return v.from(3, minor, patch) || v.Minor == olderMinor && v.from(3, olderMinor, olderPatch)
}

func (v Version) knows(op wire.Op) bool { return op.Known() && v.AtLeast(op.Since()) }

// hasConfigNode: /zookeeper/config (ZOOKEEPER-107).
func (v Version) hasConfigNode() bool { return v.from(3, 5, 0) }

// counterSticks: a full create counter stays at its maximum in place of wrapping (ZOOKEEPER-3249).
func (v Version) counterSticks() bool { return v.from(3, 6, 0) }

// modesCoexist: several watch modes on one path and connection live side by side (ZOOKEEPER-4466).
func (v Version) modesCoexist() bool { return v.from(3, 9, 0) }

// checkWatchesOfAnyone: checkWatches answers 0 if any connection has a watch on the path.
func (v Version) checkWatchesOfAnyone() bool { return v.from(3, 6, 0) && !v.from(3, 9, 0) }

// eventZxid: a notification carries the zxid of its transaction (ZOOKEEPER-4655).
func (v Version) eventZxid() bool { return v.from(3, 9, 0) }

// strictMulti: within a multi create2 and createContainer are not taken for create, and the reader is stricter
// (ZOOKEEPER-4026). Found by comparison: not in 3.7.1 and 3.8.0, but in 3.7.2 and 3.8.2.
func (v Version) strictMulti() bool { return v.backported(7, 2, 8, 1) && v != V(3, 8, 0) }

// forgivesNullACL: a null ACL is an invalid one; before, the server stumbles over it.
func (v Version) forgivesNullACL() bool { return v.from(3, 6, 0) }

// readChecks: events are dropped, and exists refused, without READ on the node (CVE-2024-23944).
func (v Version) readChecks() bool { return v.backported(8, 4, 9, 2) }

// aclGuarded: getACL needs READ or ADMIN and masks digests (CVE-2019-0201).
func (v Version) aclGuarded() bool { return v.backported(4, 14, 5, 5) }

// alwaysReadOnlyByte: the handshake reply has the byte even if the request had not (ZOOKEEPER-4814).
func (v Version) alwaysReadOnlyByte() bool { return v.from(3, 9, 0) && !v.from(3, 9, 3) }

// ipv6ACL: ip ACLs may name IPv6 addresses.
func (v Version) ipv6ACL() bool { return v.from(3, 9, 4) }

// readOnlyNeedsLocal: a read-only server creates local sessions only, and renews none.
func (v Version) readOnlyNeedsLocal() bool { return v.from(3, 7, 0) }

// saysSASLFailed: a client whose SASL login fails is told, not only cut off.
func (v Version) saysSASLFailed() bool { return v.from(3, 5, 9) }

func (v Version) hasContainers() bool { return v.from(3, 5, 1) }

func (v Version) hasTTL() bool { return v.from(3, 5, 3) }

// maxCreateFlag is the largest kind of node in a create request.
func (v Version) maxCreateFlag() wire.CreateFlags {
	switch {
	case v.hasTTL():
		return wire.FlagPersistentSequentialTTL
	case v.hasContainers():
		return wire.FlagContainer
	}
	return wire.FlagEphemeralSequential
}

// whitelist is the four-letter words that are answered by default.
func (v Version) whitelist() []string {
	if v.from(3, 5, 3) {
		return []string{"srvr"}
	}
	return []string{"conf", "cons", "crst", "dirs", "dump", "envi", "isro", "mntr", "ruok", "srst", "srvr", "stat", "wchs"}
}
