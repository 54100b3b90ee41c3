package record

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zktest/internal/picture"
)

// A Peer is a message from one server to another.
type Peer struct {
	Type   string // PROPOSAL
	Detail string
	About  Request // zero: no write
	Zxid   int64   // of a proposal, and up to which an ACK or a COMMIT goes; 0 for others
	Vote   bool    // it tells that zxid is logged or committed, not what it is
}

// A Request is a write on its way through the servers. Origin is the same in all messages about it.
type Request struct {
	Op      wire.Op
	Session int64
	Origin  [2]uint64
	Path    string
}

func (q *Request) id() requestID { return requestID{q.Session, q.Origin} }

type requestID struct {
	session int64
	origin  [2]uint64
}

// A message is a Peer that was recorded.
type message struct {
	Peer
	arrow int
}

// Message notes that a server sends something to another. The function that it returns is to be called when it
// arrives.
func (r *Recorder) Message(from, to string, p Peer) (arrived func()) {
	if r == nil || r.over {
		return func() {}
	}
	i := len(r.run.Arrows)
	r.run.Arrows = append(r.run.Arrows, picture.Arrow{
		From: from, To: to, Kind: picture.Peer, Label: p.Type, Detail: p.Detail, Sent: r.at, SentStep: r.step, Lost: true, Quiet: true,
	})
	r.messages = append(r.messages, message{p, i})
	return func() {
		if !r.over {
			a := &r.run.Arrows[i]
			a.Lost, a.Arrived, a.ArrivedStep = false, r.at, r.step
		}
	}
}

// A lostWrite is a write whose answer never came. What became of it is what the reader wants to know.
type lostWrite struct {
	arrow   int
	op      wire.Op
	session int64
	path    string
	sent    time.Duration
}

func (w *lostWrite) is(q *Request) bool {
	return w.op == q.Op && w.session == q.Session && strings.HasPrefix(q.Path, w.path)
}

// lost marks the requests that nobody has answered, and returns the writes whose answers never came, oldest first.
func (r *Recorder) lost() (writes []lostWrite) {
	for _, c := range r.conns {
		for _, p := range c.pending {
			r.run.Arrows[p.arrow].Unanswered = true
			if p.op.Write() {
				writes = append(writes, c.write(r, p))
			}
		}
	}
	for _, w := range r.answered {
		if r.run.Arrows[w.reply].Lost {
			writes = append(writes, w.lostWrite)
		}
	}
	slices.SortFunc(writes, func(a, b lostWrite) int { return cmp.Compare(a.arrow, b.arrow) })
	return writes
}

// tell writes on the messages between servers what they are about. They are routine, but for the fate of writes whose
// answers never came, and of sessions that end.
func (r *Recorder) tell(lost []lostWrite) {
	told := make(map[requestID]bool)
	byZxid := make(map[int64]*Request)
	type way struct {
		kind, from, to string
	}
	upTo := make(map[way]int64)
	for i := range r.messages {
		m := &r.messages[i]
		a := &r.run.Arrows[m.arrow]
		q := &m.About
		if m.Vote {
			// A COMMIT says all up to its zxid; it is about the last one that nobody has told of.
			w := way{m.Type, a.From, a.To}
			about, known := byZxid[m.Zxid]
			news := m.Zxid > upTo[w]
			upTo[w] = max(upTo[w], m.Zxid)
			if !known || !news {
				continue
			}
			q = about
		}
		if q.Op == 0 {
			continue
		}
		for k := range lost {
			if w := &lost[k]; w.session != 0 && a.Sent >= w.sent && w.is(q) {
				told[q.id()] = true
				w.session = 0 // found
			}
		}
		if m.Zxid != 0 && !m.Vote {
			byZxid[m.Zxid] = q
		}
		a.Label = m.Type + " " + q.Op.String()
		if q.Path != "" {
			a.Label += " " + short(q.Path)
			a.Subject = q.Path
		}
		a.Quiet = !told[q.id()] && q.Op != wire.OpCloseSession
	}
}

// short leaves of every GUID in a name only its beginning.
func short(name string) string {
	var b strings.Builder
	from := 0 // of a run of hexadecimal digits
	for i := 0; i <= len(name); i++ {
		if i < len(name) && strings.IndexByte("0123456789abcdef", name[i]) >= 0 {
			continue
		}
		if digits := name[from:i]; len(digits) >= guidDigits {
			b.WriteString(digits[:4] + "…")
		} else {
			b.WriteString(digits)
		}
		if i < len(name) {
			b.WriteByte(name[i])
		}
		from = i + 1
	}
	return b.String()
}

const guidDigits = 24
