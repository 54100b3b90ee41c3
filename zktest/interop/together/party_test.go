package together

import (
	"slices"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
)

// A guest is a member of a party.
type guest struct {
	who         string
	join, leave func() error
	list        func() ([]string, error)
	len         func() (int, error)
}

func playParty(s *stage)        { playParties(s, recipes.NewParty, "Party") }
func playShallowParty(s *stage) { playParties(s, recipes.NewShallowParty, "ShallowParty") }

// Everybody comes and goes, and is seen by everybody else.
func playParties(s *stage, our func(*zk.Client, string, ...recipes.Option) *recipes.Party, kind string) {
	const path = "/party"
	all := members(s, func(cl *zk.Client, who string) guest {
		p := our(cl, path, recipes.WithIdentifier(who))
		return guest{
			who,
			func() error { return p.Join(s.ctx).WaitErr() },
			func() error { return p.Leave(s.ctx).WaitErr() },
			func() ([]string, error) { return p.Members(s.ctx).Wait() },
			func() (int, error) { return p.Len(s.ctx).Wait() },
		}
	}, func(k *kazoo) guest {
		s.must(k.do("p = client.%s(%q, %q)", kind, path, k.who))
		return guest{
			k.who,
			func() error { return k.do("p.join()") },
			func() error { return k.do("p.leave()") },
			func() ([]string, error) { return eval[[]string](k, "sorted(p)") },
			func() (int, error) { return eval[int](k, "len(p)") },
		}
	})
	var there []string
	sees := func(seen, want []string) bool { return slices.Equal(seen, want) }
	check := func(what string) {
		s.Helper()
		slices.Sort(there)
		for _, g := range all {
			seen, err := g.list()
			n, counted := g.len()
			if err != nil || counted != nil || n != len(there) || !sees(seen, there) {
				s.Fatalf("%s: %s sees %d, %q; want %q; %v, %v", what, g.who, n, seen, there, err, counted)
			}
		}
	}
	s.cutting()
	for _, g := range all {
		s.must(g.join())
		there = append(there, g.who)
		check(g.who + " has joined")
	}
	for range rounds(1, 5) {
		for i, g := range all {
			s.must(g.leave())
			there = slices.DeleteFunc(there, func(who string) bool { return who == g.who })
			check(g.who + " has left")
			if i%2 > 0 {
				s.must(s.theirs[i/2].cut())
			}
			s.must(g.join())
			there = append(there, g.who)
			check(g.who + " is there again")
		}
	}

	// Who dies is missed: Kazoo's until it joins again, ours until the next session.
	watch := our(s.observer, path).Watch()
	defer watch.Stop()
	s.leave(s.theirs[0])
	there = slices.DeleteFunc(there, func(who string) bool { return who == s.theirs[0].who })
	for seen := range watch.Updates(s.ctx) {
		if sees(seen, there) {
			break
		}
	}
	s.ens.ExpireSession(s.ours[0])
	last := s.theirs[len(s.theirs)-1]
	s.until("the member of a lost session is back", func() bool {
		seen, err := eval[[]string](last, "sorted(p)")
		s.must(err)
		return sees(seen, there)
	})
}
