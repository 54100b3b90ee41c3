package handler

import "fmt"

// A Policy says which of the things that may happen at the same time happens next. [Uniform] is the
// default; the others are [FIFO], [LIFO] and what [PCT] returns.
//
// A policy chooses among sources: a lane group of a node, a process, one direction of a connection, the
// timers of a node. What comes from one source comes in its order under every policy: the tasks of a
// lane group, the bytes of a connection.
//
// No policy starves anybody for good. Whoever always has something more to do at the same time lets
// another go first now and then, except with FIFO and Uniform, which need no such rule.
type Policy interface {
	fmt.Stringer
	chooser(w *world) chooser
}

// An Order is a [Policy] without parameters.
type Order uint8

const (
	// Uniform draws: all are equally likely.
	Uniform Order = iota
	// FIFO takes the source that has waited longest.
	FIFO
	// LIFO takes the source that came last, and stays with it for as long as it has something to do.
	LIFO
)

// Schedule sets the policy.
func Schedule(p Policy) DeterministicOption { return schedule{p} }

type schedule struct{ Policy }

func (s schedule) deterministic(d *Deterministic) { d.w.policy = s.Policy }

// Timing makes the choices of the scheduler and the times of the network follow from another seed than
// the one of the world, from which everything else goes on to follow: so a failing simulation can be
// tried with the same faults and the same data at other times.
func Timing(seed uint64) DeterministicOption { return timing(seed) }

type timing uint64

func (t timing) deterministic(d *Deterministic) { d.w.timing = seedBytes(uint64(t)) }

// String returns the policy's name.
func (o Order) String() string {
	switch o {
	case FIFO:
		return "fifo"
	case LIFO:
		return "lifo"
	}
	return "uniform"
}

func (o Order) chooser(w *world) chooser {
	switch o {
	case FIFO:
		return &fifo{}
	case LIFO:
		return &lifo{}
	}
	return &uniform{dice: dice(newStream(w.timing, "scheduler").Uint64())}
}

// A chooser keeps what may happen now. The world's mu guards it.
type chooser interface {
	add(item)
	// take takes out what happens next, or returns nil when there is nothing.
	take() item
	// again puts back what take has returned last.
	again(item)
	empty() bool
	// remove takes out all that match and returns them.
	remove(match func(item) bool) []item
}

// split moves what matches out of a list.
func split[T any](list []T, match func(T) bool) (kept, taken []T) {
	kept = list[:0]
	for _, v := range list {
		if match(v) {
			taken = append(taken, v)
		} else {
			kept = append(kept, v)
		}
	}
	clear(list[len(kept):])
	return kept, taken
}

type uniform struct {
	dice dice
	list []item
}

func (u *uniform) add(it item)   { u.list = append(u.list, it) }
func (u *uniform) again(it item) { u.add(it) }
func (u *uniform) empty() bool   { return len(u.list) == 0 }

func (u *uniform) take() item {
	switch n := len(u.list); n {
	case 0:
		return nil
	case 1:
		return u.takeAt(0)
	default:
		return u.takeAt(int(u.dice.below(uint64(n))))
	}
}

func (u *uniform) takeAt(i int) item {
	it, last := u.list[i], len(u.list)-1
	u.list[i], u.list[last] = u.list[last], nil
	u.list = u.list[:last]
	return it
}

func (u *uniform) remove(match func(item) bool) (taken []item) {
	u.list, taken = split(u.list, match)
	return taken
}

type fifo struct {
	list []item // list[:head] has been taken
	head int
}

func (f *fifo) empty() bool   { return f.head == len(f.list) }
func (f *fifo) again(it item) { f.add(it) }

func (f *fifo) add(it item) {
	if f.head > keepQueue && f.head > len(f.list)/2 {
		n := copy(f.list, f.list[f.head:])
		clear(f.list[n:])
		f.list, f.head = f.list[:n], 0
	}
	f.list = append(f.list, it)
}

func (f *fifo) take() item {
	if f.empty() {
		return nil
	}
	it := f.list[f.head]
	f.list[f.head] = nil
	if f.head++; f.empty() {
		f.list, f.head = f.list[:0], 0
	}
	return it
}

func (f *fifo) remove(match func(item) bool) []item {
	kept, taken := split(f.list[f.head:], match)
	f.list, f.head = append(f.list[:0], kept...), 0
	return taken
}

// patience is how many steps a policy may take in a row without regard for those that wait.
const patience = 1000

type lifo struct {
	list  []item
	taken int // since it was the oldest's turn
}

func (l *lifo) add(it item)   { l.list = append(l.list, it) }
func (l *lifo) again(it item) { l.add(it) }
func (l *lifo) empty() bool   { return len(l.list) == 0 }

func (l *lifo) take() item {
	last := len(l.list) - 1
	if last < 0 {
		l.taken = 0
		return nil
	}
	it := l.list[last]
	if l.taken++; l.taken > patience {
		l.taken = 0
		it = l.list[0]
		copy(l.list, l.list[1:])
	}
	l.list[last] = nil
	l.list = l.list[:last]
	return it
}

func (l *lifo) remove(match func(item) bool) (taken []item) {
	l.list, taken = split(l.list, match)
	return taken
}
