package recipes_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// A mishap is what happens when some request of a client arrives.
type mishap struct {
	name    string
	happens func(m *mishapWorld) core.Verdict
	allowed func(err error) bool // what may come of it
}

type mishapWorld struct {
	*world
	cl     *zk.Client
	cancel context.CancelFunc
}

// next is for what may not happen within the request.
func (m *mishapWorld) next(after time.Duration, f func()) {
	m.cl.Handler().AfterFunc(after, future.Func(f))
}

var mishaps = []mishap{
	{"request lost", func(*mishapWorld) core.Verdict { return core.Verdict{Cut: core.CutBefore} }, noError},
	{"answer lost", func(*mishapWorld) core.Verdict { return core.Verdict{Cut: core.CutAfter} }, noError},
	{"throttled", func(*mishapWorld) core.Verdict { return core.Verdict{Code: zk.ErrThrottled} }, noError},
	{"context ends", func(m *mishapWorld) core.Verdict {
		m.cancel()
		return core.Verdict{}
	}, func(err error) bool { return err == nil || errors.Is(err, context.Canceled) }},
	{"session ends before", expires(core.CutBefore), inDoubtAtMost},
	{"session ends behind", expires(core.CutAfter), inDoubtAtMost},
	{"client closed", func(m *mishapWorld) core.Verdict {
		m.next(0, func() { m.cl.Close(ctx) })
		return core.Verdict{}
	}, func(err error) bool { return err == nil || errors.Is(err, zk.ErrClosed) }},
	{"quorum lost for a while", func(m *mishapWorld) core.Verdict {
		m.next(0, func() { m.do(func(c *core.Server) { c.SetReadOnly(true) }) })
		m.next(2*time.Second, func() { m.do(func(c *core.Server) { c.SetReadOnly(false) }) })
		return core.Verdict{}
	}, noError},
}

func noError(err error) bool { return err == nil }

// inDoubtAtMost are the outcomes of what nobody can know any more.
func inDoubtAtMost(err error) bool {
	return err == nil || errors.Is(err, zk.ErrSessionExpired) && zk.MaybeApplied(err) || errors.Is(err, recipes.ErrNotHeld) ||
		errors.Is(err, recipes.ErrNotAcquired) // for the node of the old session is there still
}

// expires is for a session that the client is told has ended; see mishapAt.
func expires(cut core.Cut) func(*mishapWorld) core.Verdict {
	return func(*mishapWorld) core.Verdict { return core.Verdict{Cut: cut} }
}

// Whatever happens at whichever request: what is begun ends, as it should, and leaves no node that a session keeps.
func TestMishapsAtEveryRequest(t *testing.T) {
	n := 0
	synctest.Test(t, func(t *testing.T) { n = len(deeds(newWorld(t, 1).client(t))) })
	for i := range n {
		for _, m := range mishaps {
			synctest.Test(t, func(t *testing.T) {
				for k := 1; ; k++ {
					name, more, wrong := mishapAt(t, i, m, k)
					if wrong != "" {
						t.Errorf("%s, %s at request %d: %s", name, m.name, k, wrong)
					}
					if wrong != "" || !more {
						return
					}
				}
			})
		}
	}
}

// mishapAt has it happen at the k-th request of a deed; more is whether there was one.
func mishapAt(t *testing.T, i int, m mishap, k int) (name string, more bool, wrong string) {
	w := newWorld(t, uint64(k), keepsSessions)
	cl := w.client(t, zk.WithReadOnly())
	d := deeds(cl)[i]
	c, cancel := context.WithCancel(soon(t, cl))
	defer cancel()
	mw := &mishapWorld{w, cl, cancel}
	session, met, refused := cl.Session().ID, 0, false
	w.do(func(srv *core.Server) {
		srv.SetIntercept(func(in *core.Incoming) core.Verdict {
			switch {
			case in.Session != session || in.Op.String() == "ping" || in.Op.String() == "closeSession":
			case in.Op.String() == "createSession":
				if refused {
					return core.Verdict{Code: zk.ErrSessionExpired}
				}
			case met == k:
			default:
				if met++; met == k {
					refused = strings.HasPrefix(m.name, "session")
					return m.happens(mw)
				}
			}
			return core.Verdict{}
		})
	})
	err := future.Async(ctx, cl.Handler().Lane("deeds"), func(co *future.Co) (struct{}, error) { return struct{}{}, d.do(co, c) }).WaitErr()
	if !m.allowed(err) {
		wrong = fmt.Sprint(err)
	}
	more = met == k
	w.do(func(srv *core.Server) { srv.SetIntercept(nil) })
	w.Advance(15 * time.Second)
	if now := cl.Session().ID; now != 0 {
		w.do(func(srv *core.Server) {
			for _, n := range srv.State().Nodes("/") {
				if n.Stat.EphemeralOwner == now && !strings.Contains(n.Path, "-ops/") { // a marker may stay, and means nothing
					wrong += " left behind: " + n.Path
				}
			}
		})
	}
	_ = cl.Close(ctx).WaitErr()
	return d.name, more, wrong
}
