package together

import (
	"fmt"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
)

// A waiter waits for a barrier, creates or removes it.
type waiter struct {
	who          string
	create, wait func() error
	remove       func() (bool, error)
}

// By turns, somebody creates the barrier and somebody else removes it: nobody passes as long as it is there, and
// then everybody does.
func playBarrier(s *stage) {
	const path = "/barrier"
	all := members(s, func(cl *zk.Client, who string) waiter {
		b := recipes.NewBarrier(cl, path)
		return waiter{
			who,
			func() error { return b.Create(s.ctx).WaitErr() },
			func() error { return b.Wait(s.ctx).WaitErr() },
			func() (bool, error) { return b.Remove(s.ctx).Wait() },
		}
	}, func(k *kazoo) waiter {
		s.must(k.do("b = client.Barrier(%q)", path))
		return waiter{
			k.who,
			func() error { return k.do("b.create()") },
			func() error { return k.do("if not b.wait(60): raise Exception('not in time')") },
			func() (bool, error) { return eval[bool](k, "b.remove()") },
		}
	})
	s.cutting()
	for i := range rounds(8, 50) {
		s.must(s.theirs[i%each].cut())
		creator, remover := all[i%len(all)], all[(i+1+i/len(all))%len(all)]
		s.must(creator.create())
		var waiters []waiter
		for _, w := range all {
			if w.who != remover.who { // a Kazoo does one thing at a time
				waiters = append(waiters, w)
			}
		}
		calls := beginAll(waiters, func(w waiter) error { return w.wait() })
		s.until(fmt.Sprint("all wait, round ", i), func() bool { return s.watchers(path) >= len(waiters) })
		for j, c := range calls {
			if c.isDone() {
				s.Fatalf("round %d: %s passes %s's barrier: %v", i, waiters[j].who, creator.who, c.err)
			}
		}
		if removed, err := remover.remove(); !removed || err != nil {
			s.Fatalf("round %d: %s does not remove %s's barrier: %v, %v", i, remover.who, creator.who, removed, err)
		}
		end(s, calls...)
		if removed, err := creator.remove(); removed || err != nil {
			s.Fatalf("round %d: %s removes a barrier that is not there: %v, %v", i, creator.who, removed, err)
		}
	}
}

// A comrade is a member of a double barrier.
type comrade struct {
	who          string
	enter, leave func() error
}

// In each round somebody else is the last to enter and to leave; nobody passes before.
//
// All leave when all have entered, and enter again when all have left: members of Kazoo want that, see recipes.DoubleBarrier.
func playDoubleBarrier(s *stage) {
	const path = "/double"
	all := members(s, func(cl *zk.Client, who string) comrade {
		b := recipes.NewDoubleBarrier(cl, path, 2*each, recipes.WithIdentifier(who))
		return comrade{who,
			func() error { return b.Enter(s.ctx).WaitErr() },
			func() error { return b.Leave(s.ctx).WaitErr() }}
	}, func(k *kazoo) comrade {
		s.must(k.do("b = client.DoubleBarrier(%q, %d, %q)", path, 2*each, k.who))
		return comrade{k.who,
			func() error { return k.do("b.enter()\nif not b.participating: raise Exception('not entered')") },
			func() error { return k.do("b.leave()") }}
	})
	s.cutting()
	for i := range rounds(len(all), 200/len(all)) {
		s.passTogether(path, all, i, "enter", func(c comrade) error { return c.enter() }, func(children int) bool { return children == len(all)-1 })
		s.must(s.theirs[i%each].cut())
		// The lowest of those who leave is there until all others are gone.
		s.passTogether(path, all, i, "leave", func(c comrade) error { return c.leave() }, func(children int) bool { return children <= 2 })
		if kids, err := s.observer.Children(s.ctx, path).Wait(); err != nil || len(kids.Names) > 0 {
			s.Fatalf("round %d: %q is left behind, %v", i, kids.Names, err)
		}
	}
}

// passTogether has all but one pass, waits until the number of children shows that they are waiting, and has the last pass.
func (s *stage) passTogether(path string, all []comrade, round int, what string, pass func(comrade) error, waiting func(children int) bool) {
	s.Helper()
	last := round % len(all)
	var first []comrade
	for i, c := range all {
		if i != last {
			first = append(first, c)
		}
	}
	calls := beginAll(first, pass)
	s.until(fmt.Sprint("all are about to ", what, ", round ", round), func() bool {
		kids, err := s.observer.Children(s.ctx, path).Wait()
		return err == nil && waiting(len(kids.Names))
	})
	for i, c := range calls {
		if c.isDone() {
			s.Fatalf("round %d: %s does not wait for %s to %s: %v", round, first[i].who, all[last].who, what, c.err)
		}
	}
	end(s, append(calls, beginAll(all[last:last+1], pass)...)...)
}
