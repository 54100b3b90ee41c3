package wire

// Numbers that pair requests with replies. An ordinary request has one of 1..2147483647; the replies to those come in
// the order of the requests. A server echoes whatever it gets, except where noted.
const (
	// XidNone is in the header of a refused handshake ([DecodeConnectResponse]). Nobody sends it.
	XidNone int32 = 0
	// XidWatch is in front of a WatcherEvent.
	XidWatch int32 = -1
	// XidPing is in every reply to a ping, whatever the ping had.
	XidPing int32 = -2
	// XidAuth is for auth packets.
	XidAuth int32 = -4
	// XidSetWatches is for setWatches and setWatches2.
	XidSetWatches int32 = -8
)

// NextXid follows xid, and 1 follows the last.
func NextXid(xid int32) int32 {
	if xid <= 0 || xid == 1<<31-1 {
		return 1
	}
	return xid + 1
}
