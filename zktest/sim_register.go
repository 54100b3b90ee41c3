package zktest

import (
	"fmt"

	"github.com/gazoo-go/gazoo/zktest/internal/oracle"
	"github.com/gazoo-go/gazoo/zktest/internal/picture"
)

// A Register is a resource that a lock protects, such as a file or a row in another database. It knows who
// should win: the holder with the greatest token.
//
// A careful resource is one that is given tokens: [Register.Write] refuses those that are older than one
// that it has seen, and that is no failure, it is what tokens are for. A careless one is given none: with
// [Register.Overwrite] the last writer wins, and if he was not the newest holder the world has failed.
type Register struct {
	s      *Sim
	name   string
	fence  oracle.Register
	newest int64
	writer string
	step   uint64 // of that write
	count  map[*Process]int

	overwrites int
}

// Register makes a resource.
func (s *Sim) Register(name string) *Register {
	s.trace.Lane(name, picture.Other)
	return &Register{s: s, name: name, count: make(map[*Process]int)}
}

// Write is a write that shows its token. The error says that the token is too old.
func (r *Register) Write(p *Process, token int64) error {
	return r.judged(p, "write", token, r.fence.Write(token))
}

// Read is a read, by one who shares the resource with other readers. The error says that its token is older
// than a write.
func (r *Register) Read(p *Process, token int64) error {
	return r.judged(p, "read", token, r.fence.Read(token))
}

// judged is what becomes of a request that the fence has refused, or, with a nil error, accepted.
func (r *Register) judged(p *Process, what string, token int64, refused error) error {
	r.show(p, what, token, refused)
	if refused != nil {
		return fmt.Errorf("%s: %w", r.name, refused)
	}
	r.count[p]++
	return nil
}

// Overwrite is a write to a resource that looks at no token. It fails the world if a newer holder has
// written before: his write is lost.
func (r *Register) Overwrite(p *Process, token int64) {
	r.show(p, "overwrite", token, nil)
	if token < r.newest {
		r.s.fail(&failure{kind: "invariant", name: r.name, text: fmt.Sprintf(
			"%s: %s overwrites, with token %#x, what %s has written with the newer token %#x", r.name, p.name, token, r.writer, r.newest),
			lanes: []string{p.name, r.writer, r.name}, steps: []uint64{r.step}})
	}
	r.newest, r.writer, r.step = token, p.name, r.s.trace.Step()
	r.count[p]++
	r.overwrites++
}

// show puts a request into the picture.
func (r *Register) show(p *Process, what string, token int64, refused error) {
	if refused != nil {
		what += " refused"
	}
	if r.s.trace != nil {
		r.s.trace.Call(p.name, r.name, fmt.Sprintf("%s, token %#x", what, token))
	}
}

// Count is how many requests of a process were accepted, and Total of all.
func (r *Register) Count(p *Process) int { return r.count[p] }

// Total is how many requests were accepted.
func (r *Register) Total() int {
	writes, reads := r.fence.Accepted()
	return writes + reads + r.overwrites
}
