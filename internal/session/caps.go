package session

import (
	"github.com/gazoo-go/gazoo/internal/wire"
)

// capabilities is what is known of the servers: which requests they understand.
//
// A server answers a request that it does not know with UNIMPLEMENTED at once, past the replies of
// everything before it, and closes the connection; what was pipelined around it is lost in doubt. So
// a request newer than every server goes out alone, once per address, and afterwards it is known.
type capabilities struct {
	byAddr map[string]map[wire.Op]bool
	here   map[wire.Op]bool // of the server that is connected
	old    bool             // which is older than 3.4, and so knows nothing that is newer
}

// maxKnown is of how many addresses it is remembered, in a world in which servers come back with other ones.
const maxKnown = 1000

// base is what every server understands, but for those before 3.4; see capabilities.elder.
var base = wire.Version{Major: 3, Minor: 4, Patch: 99}

// Facts about operations that are asked for with every request.
var newer, writes = func() (newer, writes [128]bool) {
	for op := range wire.Op(len(newer)) {
		newer[op] = !op.Known() || !base.AtLeast(op.Since())
		writes[op] = op.Write()
	}
	return
}()

// isNewer reports whether there are servers that do not understand op.
func isNewer(op wire.Op) bool {
	return op != wire.OpCloseSession && (op < 0 || int(op) >= len(newer) || newer[op])
}

// isWrite reports whether the leader takes part in answering op.
func isWrite(op wire.Op) bool { return op >= 0 && int(op) < len(writes) && writes[op] }

// meet says which server is connected now.
func (c *capabilities) meet(addr string) {
	if c.byAddr == nil {
		c.byAddr = map[string]map[wire.Op]bool{}
	}
	c.old = false
	if c.here = c.byAddr[addr]; c.here == nil {
		if len(c.byAddr) >= maxKnown {
			clear(c.byAddr)
		}
		c.here = map[wire.Op]bool{}
		c.byAddr[addr] = c.here
	}
}

// elder says that the connected server is older than 3.4: its handshake does not say whether it is read-only. It must not
// be asked what it knows, for it drops what it does not understand without a word.
func (c *capabilities) elder() { c.old = true }

// lacks reports whether the server is known not to understand op.
func (c *capabilities) lacks(op wire.Op) bool {
	if c.old && (op == wire.OpMulti || op == wire.OpSASL) {
		return true
	}
	if !isNewer(op) {
		return false
	}
	has, known := c.here[op]
	return c.old || known && !has
}

func (c *capabilities) learn(op wire.Op, has bool) {
	if isNewer(op) {
		c.here[op] = has
	}
}

// alone reports whether a request must have the connection for itself. Credentials must, because a
// refusal closes the connection.
func (c *capabilities) alone(op wire.Op) bool {
	if op == wire.OpAuth {
		return true
	}
	if !isNewer(op) {
		return false
	}
	_, known := c.here[op]
	return !known && !c.old
}
