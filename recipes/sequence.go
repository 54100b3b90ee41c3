package recipes

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// A parent's sequence numbers run out after 2^31-1 creations: servers from 3.6 on then give the last
// one again and again, older ones turn negative. Numbers decide only while all are below orderedBelow;
// beyond, or when two are equal, the zxids of the creations decide, which never repeat.
const (
	orderedBelow = 1<<31 - 1<<20
	// resetAbove: after a release with such a number, the parent is deleted if it is empty, and counts
	// from zero again.
	resetAbove = 1 << 30
)

// A contender is a node that takes part.
type contender struct {
	name string
	seq  int64
	zxid int64 // of its creation; 0 if it did not matter
}

// parseContender reads a name: <unguessable><marker><number>. ok is false for a foreign node.
func parseContender(name, marker string) (c contender, ok bool) {
	i := strings.LastIndex(name, marker)
	if i < 0 {
		return c, false
	}
	digits := name[i+len(marker):]
	if len(digits) < 10 || len(digits) > 11 {
		return c, false
	}
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil {
		return c, false
	}
	return contender{name: name, seq: n}, true
}

// contenders parses and orders a list of children. exact is false when the numbers do not decide.
func contenders(names []string, marker string) (cs []contender, exact bool) {
	exact = true
	for _, name := range names {
		if c, ok := parseContender(name, marker); ok {
			cs = append(cs, c)
			exact = exact && c.seq >= 0 && c.seq < orderedBelow
		}
	}
	slices.SortFunc(cs, func(a, b contender) int {
		return cmp.Or(cmp.Compare(a.seq, b.seq), cmp.Compare(a.name, b.name))
	})
	for i := 1; i < len(cs); i++ {
		exact = exact && cs[i].seq != cs[i-1].seq
	}
	return cs, exact
}

// queueOf lists the contenders below path, first come first.
func queueOf(co *future.Co, at *attempt) ([]contender, error) {
	kids, err := future.Await(co, at.view.Children(at.ctx, at.lock.path))
	if err != nil {
		return nil, err
	}
	cs, exact := contenders(kids.Names, marker)
	if exact {
		return cs, nil
	}
	stats := make([]*future.Future[*zk.Stat], len(cs))
	for i, c := range cs {
		stats[i] = at.view.Exists(at.ctx, at.lock.path+"/"+c.name)
	}
	all, err := future.Await(co, future.All(stats...))
	if err != nil {
		return nil, err
	}
	there := cs[:0]
	for i, st := range all {
		if st != nil {
			cs[i].zxid = st.Czxid
			there = append(there, cs[i])
		}
	}
	slices.SortFunc(there, func(a, b contender) int { return cmp.Compare(a.zxid, b.zxid) })
	return there, nil
}
