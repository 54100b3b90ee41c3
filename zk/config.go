package zk

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/session"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// configPath is where an ensemble keeps its configuration, outside of every chroot.
const configPath = "/zookeeper/config"

// A Config is the configuration of an ensemble that can be changed while it runs.
type Config struct {
	Members []Member // none of a standalone server
	// Version grows with each change, and is what [Client.Reconfig] takes. It is not Stat.Version.
	Version int64
	Data    []byte // as the server keeps it
	Stat    Stat   // of "/zookeeper/config"
}

// GetConfig reads the configuration of the ensemble from "/zookeeper/config", whatever the chroot
// (server 3.5). A standalone server has an empty one.
//
// Errors: ErrUnimplemented before 3.5; ErrNoAuth if an administrator has so decided; ErrProtocol if what
// is there is no configuration; and those of every operation.
func (c *Client) GetConfig(ctx context.Context) *future.Future[Config] {
	if c.bad != nil {
		return failed[Config](c, wire.OpGetData, configPath, c.bad)
	}
	return submit[Config](ctx, c, wire.OpGetData, configPath, configKind{fullKind{configPath, false}})
}

// GetConfigAndWatch is GetConfig, and a watch for the next change of the configuration, as of
// [Client.GetAndWatch]. The event's path is "/zookeeper/config" in every view.
func (c *Client) GetConfigAndWatch(ctx context.Context) *future.Future[Watched[Config]] {
	if c.bad != nil {
		return failed[Watched[Config]](c, wire.OpGetData, configPath, c.bad)
	}
	return submitWatch[Config](ctx, c, wire.OpGetData, configPath, configPath, session.WatchData, configKind{fullKind{configPath, true}})
}

// AnyConfig is the version that matches every version of a configuration, in Reconfig.
const AnyConfig int64 = -1

// A Reconfiguration is a change of an ensemble's members: incremental, by Joining and Leaving, or
// complete, by Members.
type Reconfiguration struct {
	Joining []Member // servers that come; one that is there already is changed
	Leaving []int64  // IDs of servers that go
	Members []Member // all that are to be there; not together with the others
}

// Reconfig changes the members of the ensemble if its configuration has this version, or any with
// [AnyConfig], and returns the new configuration (server 3.5, where "reconfigEnabled" is set). It needs
// permission to write "/zookeeper/config": without further ado only the super user has it. With a
// change that is empty it fails with ErrBadArguments.
//
// Errors: ErrReconfigDisabled; ErrNoAuth; ErrBadVersion; ErrBadArguments if the change makes no sense;
// ErrNewConfigNoQuorum if the new members are not up to date with the leader; ErrReconfigInProgress;
// ErrUnimplemented by standalone servers and before 3.5; and those of every operation. [MaybeApplied]
// tells whether a failed one may have been carried out.
func (c *Client) Reconfig(ctx context.Context, change Reconfiguration, version int64) *future.Future[Config] {
	if c.bad != nil {
		return failed[Config](c, wire.OpReconfig, configPath, c.bad)
	}
	k, err := change.kind(version)
	if err != nil {
		return failed[Config](c, wire.OpReconfig, configPath, fmt.Errorf("%w: %w", ErrBadArguments, err))
	}
	return submit[Config](ctx, c, wire.OpReconfig, configPath, k)
}

func (r *Reconfiguration) kind(version int64) (k reconfigKind, err error) {
	some := len(r.Joining)+len(r.Leaving) > 0
	switch {
	case some == (len(r.Members) > 0):
		return k, fmt.Errorf("want Joining and Leaving, or Members: %d, %d, %d", len(r.Joining), len(r.Leaving), len(r.Members))
	case version < AnyConfig:
		return k, fmt.Errorf("version %d is negative and not AnyConfig", version)
	}
	for _, m := range append(r.Joining[:len(r.Joining):len(r.Joining)], r.Members...) {
		if back, err := parseMember(m.String()); err != nil || back.String() != m.String() || strings.ContainsAny(m.String(), ",\n") {
			return k, fmt.Errorf("member %d: %q: %w", m.ID, m.String(), errMember)
		}
	}
	k.CurConfigId = version
	k.JoiningServers, k.NewMembers = memberList(r.Joining), memberList(r.Members)
	if len(r.Leaving) > 0 {
		var ids []string
		for _, id := range r.Leaving {
			ids = append(ids, strconv.FormatInt(id, 10))
		}
		k.LeavingServers = []byte(strings.Join(ids, ","))
	}
	return k, nil
}

// memberList is how members stand in a request; nil if there are none.
func memberList(ms []Member) []byte {
	if len(ms) == 0 {
		return nil
	}
	lines := make([]string, len(ms))
	for i, m := range ms {
		lines[i] = m.String()
	}
	return []byte(strings.Join(lines, ","))
}

// configKind is getData of the configuration.
type configKind struct{ fullKind }

func (k configKind) decode(o *base, d *wire.Decoder, r *session.Reply) (Config, error) {
	n, err := k.fullKind.decode(o, d, r)
	if err != nil {
		return Config{}, err
	}
	return config(n)
}

// config is the configuration that a node holds.
func config(n Node) (Config, error) {
	cfg, err := ParseConfig(n.Data)
	if err != nil {
		return Config{}, contentError{err}
	}
	cfg.Stat = n.Stat
	return cfg, nil
}

// explain: servers before 3.5 have no such node.
func (configKind) explain(err error) error {
	if err == ErrNoNode {
		return fmt.Errorf("%w: %w", ErrUnimplemented, err)
	}
	return err
}

type reconfigKind struct{ proto.ReconfigRequest }

func (k reconfigKind) encode(_ *base, e *wire.Encoder) error { return e.Encode(&k.ReconfigRequest) }

func (reconfigKind) decode(o *base, d *wire.Decoder, r *session.Reply) (Config, error) {
	n, err := getKind{}.decode(o, d, r)
	if err != nil {
		return Config{}, err
	}
	return config(n)
}
