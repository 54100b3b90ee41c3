package together

import (
	"errors"
	"math"
	"slices"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
)

// An adder adds to a counter. Numbers are float64, in which an int32 is exact.
type adder struct {
	add   func(delta float64) (recipes.Added[float64], error)
	value func() (float64, error)
}

func playCounter(s *stage) {
	all := playIntegers(s, "default=7", recipes.WithDefault(7))
	for i, a := range all[:2] {
		added, err := a.add(-1e6)
		if n, seen := all[1-i].value(); err != nil || seen != nil || n != added.Post || n > 0 {
			s.Errorf("member %d has made it %v, %v, and the other sees %v, %v", i, added.Post, err, n, seen)
		}
	}
}

// The last of Kazoo's releases that have no form for Curator is 2.6.1.
func playCuratorCounter(s *stage) {
	if has, err := eval[bool](s.theirs[0], "'support_curator' in Counter.__init__.__code__.co_varnames"); err != nil || !has {
		s.Skip("this Kazoo has no such counters")
	}
	all := playIntegers(s, "support_curator=True", recipes.CuratorNames())
	ours, theirs := all[0], all[1]

	// To the last number and beyond.
	now, err := ours.value()
	s.must(err)
	_, err = theirs.add(math.MaxInt32 - now)
	s.must(err)
	if now, err = ours.value(); now != math.MaxInt32 || err != nil {
		s.Errorf("after Kazoo's: %v, %v", now, err)
	}
	if _, err = ours.add(1); !errors.Is(err, recipes.ErrOutOfRange) {
		s.Errorf("one more: %v", err)
	}
	for _, delta := range []float64{math.MinInt32, -math.MaxInt32} {
		_, err = ours.add(delta)
		s.must(err)
	}
	if now, err = theirs.value(); now != math.MinInt32 || err != nil {
		s.Errorf("after ours: %v, %v", now, err)
	}
}

func playIntegers(s *stage, option string, opt recipes.Option) []adder {
	const path = "/counter"
	return playAdding(s, func(cl *zk.Client) adder {
		c := recipes.NewCounter(cl, path, opt)
		return adder{func(delta float64) (recipes.Added[float64], error) {
			added, err := c.Add(s.ctx, int64(delta)).Wait()
			return recipes.Added[float64]{Pre: float64(added.Pre), Post: float64(added.Post)}, err
		}, func() (float64, error) {
			n, err := c.Value(s.ctx).Wait()
			return float64(n), err
		}}
	}, path, option, "int(%v)", 1, 2, 5)
}

func playFloatCounter(s *stage) {
	const path = "/counter"
	playAdding(s, func(cl *zk.Client) adder {
		c := recipes.NewFloatCounter(cl, path, recipes.WithDefault(0.5))
		return adder{
			func(delta float64) (recipes.Added[float64], error) { return c.Add(s.ctx, delta).Wait() },
			func() (float64, error) { return c.Value(s.ctx).Wait() },
		}
	}, path, "default=0.5", "float(%v)", 0.1, 1e-9, 3)
}

// All add: what one begins with is what another has ended with, so nothing is added twice and nothing is lost.
func playAdding(s *stage, our func(cl *zk.Client) adder, path, option, number string, deltas ...float64) []adder {
	all := members(s, func(cl *zk.Client, _ string) adder { return our(cl) }, func(k *kazoo) adder {
		s.must(k.do("c = client.Counter(%q, %s)", path, option))
		return adder{func(delta float64) (added recipes.Added[float64], err error) {
			pair, err := eval[[2]float64](k, "c += "+number+"\n[c.pre_value, c.post_value]", delta)
			return recipes.Added[float64]{Pre: pair[0], Post: pair[1]}, err
		}, func() (float64, error) { return eval[float64](k, "c.value") }}
	})
	begun, err := all[0].value() // before there is a node
	s.must(err)
	s.cutting()
	var adding []*call[[]recipes.Added[float64]]
	for i, a := range all {
		adding = append(adding, begin(func() (done []recipes.Added[float64], err error) {
			for j := range rounds(8, 25) {
				if i%2 > 0 && j%4 == 3 {
					if err := s.theirs[i/2].cut(); err != nil {
						return done, err
					}
				}
				delta := deltas[(i+j)%len(deltas)]
				added, err := a.add(delta)
				if err != nil {
					return done, err
				}
				if added.Pre+delta != added.Post {
					s.Errorf("%v and %v are %v", added.Pre, delta, added.Post)
				}
				done = append(done, added)
			}
			return done, nil
		}))
	}
	steps := slices.Concat(end(s, adding...)...)
	slices.SortFunc(steps, func(a, b recipes.Added[float64]) int {
		if a.Pre < b.Pre || a.Pre == b.Pre && a.Post < b.Post {
			return -1
		}
		return 1
	})
	at := begun
	for _, step := range steps {
		if step.Pre != at {
			s.Errorf("%v was added to, and not %v", step.Pre, at)
		}
		at = step.Post
	}
	for i, a := range all {
		if n, err := a.value(); n != at || err != nil {
			s.Errorf("member %d sees %v, %v; want %v", i, n, err, at)
		}
	}
	return all
}
