package zk

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/session"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// A CreateOption says how a node is created: a [Mode], a [TTL], [ACLs], [MakeParents], [Protected].
type CreateOption interface{ apply(*creation) }

// A Mode is the kind of a node. Modes combine: Ephemeral|Sequential.
type Mode uint8

const (
	// Ephemeral nodes go away with the session that created them. They cannot have children.
	Ephemeral Mode = 1 << iota
	// Sequential nodes get a number of ten digits behind their name, which counts the creations of
	// children of the parent. The path given may end with a slash: the name is the number then.
	Sequential
	// Container nodes are removed by the server some time after their last child has gone (3.5.1).
	Container
)

// Persistent nodes stay until they are deleted. It is the default.
const Persistent Mode = 0

// A TTL makes a persistent node that the server removes when it was not changed for so long and has
// no children (3.5.3, where enabled). From 1 ms to 2^40-1 ms, in whole milliseconds, rounded down; the
// server looks once a minute.
type TTL time.Duration

// ACLs is the new node's access control list. Default: that of [WithDefaultACL].
type ACLs []ACL

type creation struct {
	mode      Mode
	ttl       time.Duration
	hasTTL    bool
	acl       []ACL
	parents   bool
	container bool
	protected bool
	named     bool // the path has its prefix already
}

func (m Mode) apply(c *creation) { c.mode |= m }
func (t TTL) apply(c *creation)  { c.ttl, c.hasTTL = time.Duration(t), true }
func (a ACLs) apply(c *creation) { c.acl = append([]ACL{}, a...) }

type createOption func(*creation)

func (o createOption) apply(c *creation) { o(c) }

// MakeParents creates missing parents, as plain persistent nodes with the same ACL, and tries again.
// Such a Create is not ordered against other operations.
func MakeParents() CreateOption { return createOption(func(c *creation) { c.parents = true }) }

// ContainerParents is [MakeParents] with containers as parents.
func ContainerParents() CreateOption {
	return createOption(func(c *creation) { c.parents, c.container = true, true })
}

// Protected puts an unguessable prefix before the node's name, "_c_<32 hex digits>-", and uses it to
// find out what has become of the node when the connection was lost before the answer: so a Create
// with Protected does not end with ErrConnectionLoss, and never creates two nodes. Without it, nobody
// can tell whether a sequential node exists. Such a Create is not ordered against other operations.
func Protected() CreateOption { return createOption(func(c *creation) { c.protected = true }) }

// ProtectedName is [Protected] for a path whose last component starts unguessably already, for example
// with [Client.GUID]: nothing is added to it.
func ProtectedName() CreateOption {
	return createOption(func(c *creation) { c.protected, c.named = true, true })
}

// GUID returns 32 hexadecimal digits from the client's random stream.
func (c *Client) GUID() string {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 16), c.rand.uint64())
	return hex.EncodeToString(binary.BigEndian.AppendUint64(b, c.rand.uint64()))
}

// Create creates a node. data may be changed by the caller once Create has returned.
//
// Errors: ErrNoNode if the parent is missing, ErrNodeExists, ErrNoChildrenForEphemerals, ErrInvalidACL,
// ErrNoAuth without permission to create, ErrUnimplemented if the server does not have the mode,
// ErrTooLong, and those of every operation; [MaybeApplied] tells whether a failed one may have been
// carried out.
func (c *Client) Create(ctx context.Context, path string, data []byte, opts ...CreateOption) *future.Future[Created] {
	cr, err := c.creation(opts)
	if err == nil {
		err = c.checkSize(len(data))
	}
	if err != nil {
		return failed[Created](c, wire.OpCreate, path, err)
	}
	k, op, err := cr.kind(c, path, data)
	if err != nil {
		return failed[Created](c, wire.OpCreate, path, err)
	}
	if cr.protected || cr.parents {
		k.data = bytes.Clone(data) // it is sent later
		return c.createCarefully(ctx, path, cr, k, op)
	}
	return submit[Created](ctx, c, op, path, k)
}

// creation gathers the options of a Create.
func (c *Client) creation(opts []CreateOption) (*creation, error) {
	cr := &creation{}
	for _, o := range opts {
		if o == nil {
			return nil, fmt.Errorf("%w: a nil CreateOption", ErrBadArguments)
		}
		o.apply(cr)
	}
	if cr.acl == nil {
		cr.acl = c.opt.acl
	}
	return cr, nil
}

// kind checks what can be checked here, and finds the operation for the mode.
func (cr *creation) kind(c *Client, path string, data []byte) (k createKind, op wire.Op, err error) {
	seq := cr.mode&Sequential != 0
	full, err := c.full(path, seq)
	if err != nil {
		return k, 0, err
	}
	if err := checkACL(cr.acl); err != nil {
		return k, 0, err
	}
	k = createKind{path: full, data: data, acl: cr.acl}
	bad := func(what string) (createKind, wire.Op, error) {
		return k, 0, fmt.Errorf("%w: %s", ErrBadArguments, what)
	}
	switch {
	case cr.mode&^(Ephemeral|Sequential|Container) != 0:
		return bad("unknown mode")
	case cr.protected && path == "/" && !seq:
		return bad("\"/\" has no name that could be protected")
	case cr.named && wire.Base(path) == "":
		return bad("there is no name that would be unguessable")
	case cr.mode&Container != 0:
		if cr.mode != Container || cr.hasTTL {
			return bad("a container is neither ephemeral nor sequential and has no TTL")
		}
		k.flags = wire.FlagContainer
		return k, wire.OpCreateContainer, nil
	case cr.hasTTL:
		k.ttl = cr.ttl.Milliseconds()
		if cr.mode&Ephemeral != 0 {
			return bad("an ephemeral node has no TTL")
		}
		if k.ttl < wire.MinTTL || k.ttl > wire.MaxTTL {
			return bad("a TTL is from 1 ms to 2^40-1 ms")
		}
		k.flags = wire.FlagPersistentTTL
		if seq {
			k.flags = wire.FlagPersistentSequentialTTL
		}
		return k, wire.OpCreateTTL, nil
	}
	k.flags = [...]wire.CreateFlags{
		wire.FlagPersistent, wire.FlagEphemeral, wire.FlagPersistentSequential, wire.FlagEphemeralSequential,
	}[cr.mode]
	return k, wire.OpCreate2, nil
}

type createKind struct {
	path  string
	data  []byte
	acl   []ACL
	flags wire.CreateFlags
	ttl   int64 // ms
}

func (k createKind) encode(_ *base, e *wire.Encoder) error { return e.Encode(k.record()) }

func (k createKind) record() wire.Record {
	if k.ttl != 0 {
		return &proto.CreateTTLRequest{Path: k.path, Data: k.data, Acl: toWire(k.acl), Flags: int32(k.flags), Ttl: k.ttl}
	}
	return &proto.CreateRequest{Path: k.path, Data: k.data, Acl: toWire(k.acl), Flags: int32(k.flags)}
}

func (k createKind) decode(o *base, d *wire.Decoder, r *session.Reply) (Created, error) {
	if o.req.Op == wire.OpCreate {
		var resp proto.CreateResponse
		if err := d.Decode(&resp); err != nil {
			return Created{}, err
		}
		return k.created(o.c, resp.Path, r.Zxid), nil
	}
	var resp proto.Create2Response
	if err := d.Decode(&resp); err != nil {
		return Created{}, err
	}
	path, _ := o.c.chroot.Strip(resp.Path)
	return Created{Path: path, Stat: Stat(resp.Stat)}, nil
}

// created is what is known of a node whose Stat the server does not tell: it is as new as the transaction.
func (k createKind) created(c *Client, full string, zxid int64) Created {
	path, _ := c.chroot.Strip(full)
	st := Stat{Czxid: zxid, Mzxid: zxid, Pzxid: zxid, DataLength: int32(len(k.data))}
	if k.flags.Ephemeral() {
		_, info, _, _ := c.driver.State()
		st.EphemeralOwner = info.ID
	}
	return Created{Path: path, Stat: st}
}

// age: create2 does what create does, and also returns the Stat.
func (createKind) age(op wire.Op, _ []byte) wire.Op {
	if op == wire.OpCreate2 {
		return wire.OpCreate
	}
	return 0
}
