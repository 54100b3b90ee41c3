package together

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
)

// A lessee wants a lease for itself, or in the name of another.
type lessee struct {
	who     string
	acquire func(identifier string) (bool, error)
}

const term = time.Minute // of a lease

// A clock is that of everybody, in seconds.
type clock struct{ atomic.Int64 }

func (c *clock) now() time.Time { return time.Unix(c.Load(), 0) }

// pass lets all leases end.
func (c *clock) pass() { c.Add(int64(2 * term / time.Second)) }

// lessees are members whose leases are made by our, and by Kazoo with the expression.
func lessees(s *stage, now *clock, our func(cl *zk.Client, opts ...recipes.Option) *future.Future[recipes.Term], expression string) []lessee {
	return members(s, func(cl *zk.Client, who string) lessee {
		return lessee{who, func(identifier string) (bool, error) {
			_, err := our(cl, recipes.WithIdentifier(identifier), recipes.WithClock(now.now)).Wait()
			if errors.Is(err, recipes.ErrNotAcquired) {
				return false, nil
			}
			return err == nil, err
		}}
	}, func(k *kazoo) lessee {
		return lessee{k.who, func(identifier string) (bool, error) {
			return eval[bool](k, "bool("+expression+")", identifier, now.Load())
		}}
	})
}

const (
	pyTerm  = "datetime.timedelta(minutes=1)"
	pyClock = "lambda: datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=%d)"
)

// The lease goes from one to another as it ends, and not before. Whoever has the holder's name renews it.
func playLease(s *stage) {
	now := new(clock)
	now.Store(1e9)
	all := lessees(s, now, func(cl *zk.Client, opts ...recipes.Option) *future.Future[recipes.Term] {
		return recipes.NewLease(cl, "/lease", term, opts...).Acquire(s.ctx)
	}, "client.NonBlockingLease('/lease', "+pyTerm+", identifier=%q, utcnow="+pyClock+")")
	s.cutting()
	for round := range rounds(6, 70) {
		now.pass()
		s.must(s.theirs[round%each].cut())
		holders := s.acquire(all, round)
		if len(holders) != 1 {
			s.Fatalf("round %d: %q have the lease", round, holders)
		}
		now.Add(int64(term/time.Second) - 5)
		for _, l := range all {
			obtained, err := l.acquire(l.who)
			if s.must(err); obtained != (l.who == holders[0]) {
				s.Errorf("round %d: %s has the lease: %v; %s should", round, l.who, obtained, holders[0])
			}
		}
		now.Add(int64(term/time.Second) - 5) // it was renewed
		heir := all[(round+1)%len(all)]
		if obtained, err := heir.acquire(holders[0]); !obtained || err != nil {
			s.Errorf("round %d: %s does not renew the lease of %s: %v", round, heir.who, holders[0], err)
		}
	}
}

// Three have a lease, whoever comes first; the others have none, until those end.
func playMultiLease(s *stage) {
	const count = 3
	now := new(clock)
	now.Store(1e9)
	all := lessees(s, now, func(cl *zk.Client, opts ...recipes.Option) *future.Future[recipes.Term] {
		return recipes.NewMultiLease(cl, "/leases", count, term, opts...).Acquire(s.ctx)
	}, fmt.Sprint("client.MultiNonBlockingLease(", count, ", '/leases', ", pyTerm, ", identifier=%q, utcnow=", pyClock, ")"))
	s.cutting()
	for round := range rounds(6, 40) {
		now.pass()
		s.must(s.theirs[round%each].cut())
		holders := s.acquire(all, round)
		if len(holders) != count {
			s.Fatalf("round %d: %q have leases", round, holders)
		}
		for _, l := range all {
			obtained, err := l.acquire(l.who)
			if s.must(err); obtained != slices.Contains(holders, l.who) {
				s.Errorf("round %d: %s has a lease: %v; %q should", round, l.who, obtained, holders)
			}
		}
	}
}

// acquire has all try, together or one after the other, and returns who has got it.
func (s *stage) acquire(all []lessee, round int) (holders []string) {
	s.Helper()
	var calls []*call[bool]
	for i := range all {
		l := all[(i+round/2)%len(all)]
		c := begin(func() (bool, error) { return l.acquire(l.who) })
		if calls = append(calls, c); round%2 == 0 {
			<-c.done
		}
	}
	for i, obtained := range end(s, calls...) {
		if obtained {
			holders = append(holders, all[(i+round/2)%len(all)].who)
		}
	}
	return holders
}
