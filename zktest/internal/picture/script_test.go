package picture_test

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/gazoo-go/gazoo/zktest/internal/picture"
)

const ms = time.Millisecond

// A script is a small simulation that writes down what it does, as a real one would: every event has a step and a cause.
type script struct {
	run  picture.Run
	now  time.Duration
	step uint64
	rand *rand.Rand
	todo todo
	cut  map[[2]string]bool
}

type task struct {
	at       time.Duration
	n, cause uint64
	do       func()
}

type todo []task

func (t todo) Len() int           { return len(t) }
func (t todo) Less(i, k int) bool { return t[i].at < t[k].at || t[i].at == t[k].at && t[i].n < t[k].n }
func (t todo) Swap(i, k int)      { t[i], t[k] = t[k], t[i] }
func (t *todo) Push(x any)        { *t = append(*t, x.(task)) }
func (t *todo) Pop() any          { x := (*t)[len(*t)-1]; *t = (*t)[:len(*t)-1]; return x }

func newScript(seed uint64) *script {
	return &script{
		run: picture.Run{Causes: []uint64{0}}, rand: rand.New(rand.NewPCG(seed, 1)), cut: map[[2]string]bool{},
	}
}

// after runs do in a step of its own, caused by the present one.
func (s *script) after(d time.Duration, do func()) {
	heap.Push(&s.todo, task{s.now + d, uint64(len(s.todo)) + s.step<<20, s.step, do})
}

func (s *script) until(end time.Duration) {
	for len(s.todo) > 0 && s.todo[0].at <= end {
		next := heap.Pop(&s.todo).(task)
		s.now = next.at
		s.step++
		s.run.Causes = append(s.run.Causes, next.cause)
		next.do()
	}
	s.now = end
}

// send draws an arrow and runs do where it arrives.
func (s *script) send(a picture.Arrow, do func()) {
	a.Sent, a.SentStep = s.now, s.step
	a.Lost = s.cut[[2]string{a.From, a.To}]
	i := len(s.run.Arrows)
	if a.Lost {
		s.run.Arrows = append(s.run.Arrows, a)
		return
	}
	latency := time.Duration(500+s.rand.IntN(1500)) * time.Microsecond
	a.Arrived = s.now + latency
	s.run.Arrows = append(s.run.Arrows, a)
	s.after(latency, func() {
		s.run.Arrows[i].ArrivedStep = s.step
		if do != nil {
			do()
		}
	})
}

// ask sends a request to a server, has the leader agree with the others if it is a write, and brings the reply.
func (s *script) ask(client, server, what, path, reply string, write bool, done func()) {
	subject := path
	request := len(s.run.Arrows)
	s.send(picture.Arrow{
		From: client, To: server, Label: what + " " + path, Subject: subject, Unanswered: true,
		Detail: fmt.Sprintf("RequestHeader{xid: %d, type: %s}\npath: %q\nqueued behind it: nothing", s.step, what, path),
		Bytes:  []byte("\x00\x00\x00\x2a\x00\x00\x00\x0c\x00\x00\x00\x01\x00\x00\x00\x1d" + path),
	}, func() {
		answer := func() {
			s.send(picture.Arrow{
				From: server, To: client, Kind: picture.Reply, Label: reply, Subject: subject,
				Detail: fmt.Sprintf("ReplyHeader{zxid: 0x100000%03x, err: 0}", s.step&0xfff),
			}, func() {
				s.run.Arrows[request].Unanswered = false
				done()
			})
		}
		if !write {
			answer()
			return
		}
		s.propose(server, what+" "+path, subject, answer)
	})
}

const leader = "server2"

var servers = []string{"server1", "server2", "server3"}

func (s *script) peer(from, to, label, subject string, do func()) {
	s.send(picture.Arrow{From: from, To: to, Kind: picture.Peer, Label: label, Subject: subject}, do)
}

func (s *script) propose(server, what, subject string, applied func()) {
	lead := func() {
		acks := 0
		for _, follower := range servers {
			if follower == leader {
				continue
			}
			s.peer(leader, follower, "propose "+what, subject, func() {
				s.peer(follower, leader, "ack", subject, func() {
					if acks++; acks != 1 {
						return
					}
					for _, f := range servers {
						if f == leader {
							continue
						}
						s.peer(leader, f, "commit", subject, func() {
							if f == server {
								applied()
							}
						})
					}
					if server == leader {
						applied()
					}
				})
			})
		}
	}
	if server == leader {
		lead()
		return
	}
	s.peer(server, leader, "request "+what, subject, lead)
}

// ping goes back and forth for ever.
func (s *script) ping(client, server string) {
	s.after(333*ms, func() {
		s.send(picture.Arrow{From: client, To: server, Label: "ping", Quiet: true}, func() {
			s.send(picture.Arrow{From: server, To: client, Kind: picture.Reply, Label: "pong", Quiet: true}, nil)
		})
		s.ping(client, server)
	})
}

func (s *script) mark(lane string, kind picture.MarkKind, label string) {
	s.run.Marks = append(s.run.Marks, picture.Mark{Lane: lane, At: s.now, Step: s.step, Kind: kind, Label: label})
}

// begin opens a bar; the function that it returns ends it.
func (s *script) begin(b picture.Bar) (end func()) {
	b.From, b.FromStep, b.Open = s.now, s.step, true
	i := len(s.run.Bars)
	s.run.Bars = append(s.run.Bars, b)
	return func() {
		s.run.Bars[i].To, s.run.Bars[i].ToStep, s.run.Bars[i].Open = s.now, s.step, false
	}
}
