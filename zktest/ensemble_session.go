package zktest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/internal/proxy"
)

// ServerOf returns the index of the server that cl is connected to, or -1 while it is not. cl may be any client of
// the ensemble, or a view of one. Of a client made by [Ensemble.Client] or its like, this is known here and cannot fail;
// of others the servers are asked, which a paused one does not answer.
func (e *Ensemble) ServerOf(cl *zk.Client) int {
	e.t.Helper()
	if !cl.State().Up() {
		return -1
	}
	if a := e.attached(cl); a != nil {
		return a.server()
	}
	i, _ := e.connection(cl)
	return i
}

// LoseConnection cuts the connections of cl, by a reset in both directions, and reports whether there was one. Its
// session lives on. The client may not have noticed yet when LoseConnection returns, or be connected again already. It
// may be called from any goroutine for a client made by [Ensemble.Client] or its like. For other clients of the ensemble
// the servers are asked which connection it is.
func (e *Ensemble) LoseConnection(cl *zk.Client) (ok bool) {
	e.t.Helper()
	a := e.attached(cl)
	if a == nil {
		i, from := e.connection(cl)
		return i >= 0 && e.e.Server(i).Proxy().CutFrom(from, proxy.Reset)
	}
	for _, p := range a.ways {
		ok = p.Cut(proxy.Reset) > 0 || ok
	}
	return ok
}

// Isolate cuts the connections of cl, as LoseConnection, and refuses it new ones until [Ensemble.Rejoin]. It may be
// called from any goroutine. cl is a client made by [Ensemble.Client] or its like, or a view of one.
func (e *Ensemble) Isolate(cl *zk.Client) {
	e.t.Helper()
	for _, p := range e.own(cl) {
		p.Refuse() // first, so that none slips in between
		p.Cut(proxy.Reset)
	}
}

// Rejoin ends Isolate. The client connects with its next attempt, within a second or so.
func (e *Ensemble) Rejoin(cl *zk.Client) {
	e.t.Helper()
	for _, p := range e.own(cl) {
		p.Resume()
	}
}

// own returns the client's own proxies.
func (e *Ensemble) own(cl *zk.Client) []*proxy.Proxy {
	e.t.Helper()
	a := e.attached(cl)
	if a == nil {
		e.must("finding the client's proxies", errors.New("it was not made by this ensemble, or is closed"))
	}
	return a.ways
}

// ExpireSession ends the session of cl on the servers, which is what its expiry does: another connection takes it
// over and closes it. Its ephemeral nodes are gone when ExpireSession returns, though a server that lags may show them
// until it is told to Sync. cl's connection is cut, and when it has connected again it knows. It takes at most 10 s, and
// needs a server that serves.
func (e *Ensemble) ExpireSession(cl *zk.Client) {
	e.t.Helper()
	s := cl.Session()
	if s.ID == 0 {
		e.must("expiring the session", errors.New("the client has none"))
	}
	e.must("expiring the session", e.e.EndSession(context.Background(), s.ID, s.Password))
}

// attached finds the client by itself or, if it is a view of one, by its session.
func (e *Ensemble) attached(cl *zk.Client) *attached {
	e.mu.Lock()
	defer e.mu.Unlock()
	if a := e.clients[cl]; a != nil {
		return a
	}
	id := cl.Session().ID
	for other, a := range e.clients {
		if id != 0 && other.Session().ID == id {
			return a
		}
	}
	return nil
}

// server is the one that the client has connected to last.
func (a *attached) server() int {
	server, newest := -1, uint64(0)
	for i, p := range a.ways {
		if n := p.Newest(); n > newest {
			server, newest = i, n
		}
	}
	return server
}

// connection asks the servers for the connection of cl's session: which of them has it, and from which address. Of
// two, one of which has not been noticed to be dead, it is the younger.
func (e *Ensemble) connection(cl *zk.Client) (server int, from string) {
	sid := fmt.Sprintf("sid=%#x", uint64(cl.Session().ID))
	server, youngest := -1, int64(0)
	for i, mode := range e.e.Modes(context.Background()) {
		if mode == "" {
			continue
		}
		answer, err := e.e.Server(i).FourLetter(context.Background(), "cons")
		if err != nil {
			continue // it has just gone
		}
		// " /127.0.0.1:41436[1](queued=0,recved=5,sent=5,sid=0x100000abc,…,est=1690000000000,…)"
		for line := range strings.Lines(answer) {
			addr, rest, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "/"), "[")
			_, fields, _ := strings.Cut(strings.TrimSuffix(rest, ")"), "(")
			mine, since := false, int64(0)
			for field := range strings.SplitSeq(fields, ",") {
				mine = mine || field == sid
				if text, ok := strings.CutPrefix(field, "est="); ok {
					since, _ = strconv.ParseInt(text, 10, 64)
				}
			}
			if mine && since >= youngest {
				server, from, youngest = i, addr, since
			}
		}
	}
	return server, from
}
