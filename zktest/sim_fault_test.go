package zktest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/internal/plan"
)

// A patient is a client in a calm world with a few chosen faults, and what it notices of them: a process with the
// name p sends a request every 100 ms, whatever became of the last one.
type patient struct {
	s   *zktest.Sim
	ens *zktest.SimEnsemble
	p   *zktest.Process
	cl  *zk.Client // of the present life

	sent    int
	asked   []asked
	changes []zk.StateChange
	when    []time.Duration // of the changes
}

// asked is a request: when it was sent, when answered (0: not yet), and how.
type asked struct {
	n            int
	sent, answer time.Duration
	err          error
}

// suffer runs a plan with these faults, each a line of JSON without its number, and check at the end of a minute,
// before the world is healed; at is called in between. Then everything must be well again.
func suffer(t *testing.T, servers int, faults []string, at map[time.Duration]func(*patient), check func(*patient)) {
	t.Helper()
	usePlan(t, faults...)
	zktest.Check(t, func(s *zktest.Sim) {
		w := newPatient(s, servers)
		for when, f := range at {
			s.At(when, func() { f(w) })
		}
		s.Run(time.Minute)
		if check != nil {
			check(w)
		}
		s.Heal()
		w.isWell()
	}, zktest.PlanDir(t.TempDir()), zktest.NoShrink())
}

// usePlan makes the next Check run a plan of a calm world with these faults.
func usePlan(t *testing.T, faults ...string) {
	t.Helper()
	usePlanAnd(t, "", faults...)
}

// usePlanAnd is usePlan with knobs, the members of an object of JSON.
func usePlanAnd(t *testing.T, knobs string, faults ...string) {
	t.Helper()
	var b strings.Builder
	b.WriteString(`{"format": 1, "test": "x", "seed": "0x1", "schedule": {"policy": "fifo"}, "latency": {"kind": "constant", "min": "1ms"}, "knobs": {` + knobs + `}, "faults": [`)
	for i, f := range faults {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, "\n"+`{"n": %d, %s}`, i+1, f)
	}
	b.WriteString("]}\n")
	file := filepath.Join(t.TempDir(), "plan.json")
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ZKSIM_PLAN", file)
}

func newPatient(s *zktest.Sim, servers int) *patient {
	w := &patient{s: s, ens: s.Ensemble(servers)}
	w.p = s.Process("p", func(p *zktest.Process) {
		w.cl = p.Connect(w.ens)
		w.cl.OnState(func(c zk.StateChange) {
			w.changes, w.when = append(w.changes, c), append(w.when, s.Now())
		})
		for p.Context().Err() == nil {
			w.sent++
			n := w.sent
			w.asked = append(w.asked, asked{n: n, sent: s.Now()})
			w.cl.Create(p.Context(), fmt.Sprint("/n", n), nil).OnComplete(func(_ zk.Created, err error) {
				w.asked[n-1].answer, w.asked[n-1].err = s.Now(), err
			})
			p.Sleep(100 * time.Millisecond)
		}
	})
	return w
}

// slowest is how long a request took that was sent from one time to another: the longest of them.
func (w *patient) slowest(from, to time.Duration) (d time.Duration) {
	for _, a := range w.asked {
		if a.sent < from || a.sent >= to {
			continue
		}
		if a.answer == 0 {
			return time.Hour
		}
		d = max(d, a.answer-a.sent)
	}
	return d
}

// gap is the longest time in which nothing was answered, from one time to another.
func (w *patient) gap(from, to time.Duration) (d time.Duration) {
	last := from
	for _, a := range w.asked {
		if a.err == nil && a.answer > last && a.answer < to {
			d, last = max(d, a.answer-last), a.answer
		}
	}
	return max(d, to-last)
}

// saw reports whether the client came to a state in that time.
func (w *patient) saw(state zk.State, from, to time.Duration) bool {
	for i, c := range w.changes {
		if c.To == state && w.when[i] >= from && w.when[i] < to {
			return true
		}
	}
	return false
}

// errs counts the requests that failed, of those sent in that time, and those among them that were applied.
func (w *patient) errs(from, to time.Duration) (failed, applied int) {
	for _, a := range w.asked {
		if a.sent >= from && a.sent < to && a.answer > 0 && a.err != nil {
			failed++
			if len(w.ens.Nodes(fmt.Sprint("/n", a.n))) > 0 {
				applied++
			}
		}
	}
	return failed, applied
}

func (w *patient) want(ok bool, format string, args ...any) {
	if !ok {
		w.s.Fatalf(format, args...)
	}
}

// isWell asks whether everything is really back: the process gets answers as fast as at first, and so does another,
// from each of the servers.
func (w *patient) isWell() {
	s := w.s
	w.want(w.p.Alive() && !w.p.Done(), "the process is back")
	s.Eventually(2*time.Minute, "a leader", func() bool { return w.ens.Leader() >= 0 })
	s.Run(time.Minute)
	from := s.Now()
	s.Run(10 * time.Second)
	w.want(w.slowest(from, s.Now()-time.Second) < 20*time.Millisecond, "requests take %v", w.slowest(from, s.Now()-time.Second))
	before := w.sent
	s.Run(10 * time.Second)
	w.want(w.sent-before >= 99 && w.sent-before <= 101, "%d requests in 10 s", w.sent-before)
	for i := range w.ens.Len() {
		host := strings.Split(w.ens.Hosts(), ",")[i]
		done, began := false, s.Now()
		s.Process("visitor", func(p *zktest.Process) {
			cl, err := zk.New(host, zk.WithHandler(p.Handler()))
			if err != nil {
				s.Fatalf("%v", err)
			}
			cl.Start(p.Context())
			if err := cl.Create(p.Context(), "/visitor"+host, nil).WaitErr(); err != nil {
				s.Fatalf("at %s: %v", host, err)
			}
			done = true
		})
		s.Eventually(time.Minute, "a request to "+host, func() bool { return done })
		w.want(s.Now()-began < 100*time.Millisecond, "a first request to %s took %v", host, s.Now()-began)
	}
}

const sec = time.Second

// Each kind of fault does what it says: the client notices what it should while the fault is there, and nothing after.
func TestSimFaults(t *testing.T) {
	isLeader := func(w *patient) int { return w.ens.Leader() }
	var leader int
	var tested string
	for _, tt := range []struct {
		name    string
		servers int
		faults  []string
		at      map[time.Duration]func(*patient)
		check   func(*patient)
	}{
		{"kill a process", 3, []string{`"at": "10s", "kind": "kill", "on": "p"`}, nil, func(w *patient) {
			w.want(!w.p.Alive() && w.p.Lives() == 1, "it is dead")
			w.want(!w.p.Done(), "it is dead, which is not done")
			w.want(w.gap(10*sec, 60*sec) > 49*sec, "somebody went on")
		}},
		{"kill a server", 3, []string{`"at": "10s", "kind": "kill", "on": "server1"`, `"at": "10s", "kind": "kill", "on": "server2"`}, nil, func(w *patient) {
			w.want(w.gap(10*sec, 60*sec) > 49*sec, "there is no majority")
		}},
		{"restart a process", 3, []string{`"at": "10s", "for": "3s", "kind": "restart", "on": "p"`}, map[time.Duration]func(*patient){
			12 * sec: func(w *patient) { w.want(!w.p.Alive(), "it is dead") },
			14 * sec: func(w *patient) { w.want(w.p.Alive() && w.p.Lives() == 2, "it lives again") },
		}, func(w *patient) { w.want(w.gap(10*sec, 20*sec) > 3*sec, "it was dead") }},
		{"restart a server", 1, []string{`"at": "10s", "for": "3s", "kind": "restart", "on": "server1"`}, nil, func(w *patient) {
			w.want(w.saw(zk.Suspended, 10*sec, 11*sec), "it was told at once")
			w.want(w.gap(10*sec, 20*sec) > 3*sec && w.gap(10*sec, 20*sec) < 9*sec, "it was dead for %v", w.gap(10*sec, 20*sec))
		}},
		{"power off", 1, []string{`"at": "10s", "for": "1s", "kind": "power-off", "on": "server1"`}, nil, func(w *patient) {
			w.want(!w.saw(zk.Suspended, 10*sec, 11*sec), "nobody told it")
			w.want(w.saw(zk.Suspended, 11*sec, 20*sec), "it noticed at last")
		}},
		{"pause a process", 3, []string{`"at": "10s", "for": "5s", "kind": "pause", "on": "p"`}, nil, func(w *patient) {
			w.want(w.gap(10*sec, 20*sec) > 5*sec, "it stood still")
		}},
		{"pause a server", 1, []string{`"at": "10s", "for": "3s", "kind": "pause", "on": "server1"`}, nil, func(w *patient) {
			w.want(w.gap(10*sec, 20*sec) > 2900*time.Millisecond, "it stood still")
			w.want(!w.saw(zk.Suspended, 10*sec, 15*sec), "its connections live")
		}},
		{"clock jump", 3, []string{`"at": "10s", "kind": "clock-jump", "on": "p", "amount": "1h"`}, map[time.Duration]func(*patient){
			11 * sec: func(w *patient) {
				w.want(w.p.Handler().Wall().Sub(w.p.Handler().Now()) == time.Hour, "wall is off by %v", w.p.Handler().Wall().Sub(w.p.Handler().Now()))
			},
		}, func(w *patient) { w.want(w.slowest(9*sec, 50*sec) < 20*time.Millisecond, "that disturbs nobody") }},
		{"clock jump during a drift", 3, []string{
			`"at": "9s", "for": "2s", "kind": "clock-drift", "on": "p", "amount": 1000`, `"at": "10s", "kind": "clock-jump", "on": "p", "amount": "1h"`,
		}, map[time.Duration]func(*patient){
			12 * sec: func(w *patient) {
				w.want(w.p.Handler().Wall().Sub(w.p.Handler().Now()) == time.Hour, "wall is off by %v", w.p.Handler().Wall().Sub(w.p.Handler().Now()))
			},
		}, nil},
		{"clock jump of servers", 3, []string{
			`"at": "10s", "kind": "clock-jump", "on": "server1", "amount": "1h"`, `"at": "10s", "kind": "clock-jump", "on": "server2", "amount": "1h"`,
			`"at": "10s", "kind": "clock-jump", "on": "server3", "amount": "-1h"`,
		}, nil, func(w *patient) { w.want(w.slowest(9*sec, 50*sec) < 20*time.Millisecond, "that disturbs nobody") }},
		{"clock drift", 3, []string{`"at": "10s", "for": "30s", "kind": "clock-drift", "on": "p", "amount": 100000`}, map[time.Duration]func(*patient){
			9 * sec:  func(w *patient) { w.sent = len(w.asked) },
			20 * sec: func(w *patient) { w.want(w.p.Handler().Now().Sub(w.p.Handler().Wall()) == 0, "both clocks run faster") },
		}, func(w *patient) {
			n := 0
			for _, a := range w.asked {
				if a.sent >= 20*sec && a.sent < 30*sec {
					n++
				}
			}
			w.want(n >= 109 && n <= 111, "%d requests in 10 s", n)
		}},
		{"clocks cannot stop", 3, []string{
			`"at": "10s", "kind": "clock-drift", "on": "p", "amount": -900000`, `"at": "11s", "kind": "clock-drift", "on": "p", "amount": -900000`,
		}, nil, nil},
		{"clock drift of one that restarts", 3, []string{
			`"at": "10s", "for": "20s", "kind": "clock-drift", "on": "p", "amount": 100000`, `"at": "15s", "for": "1s", "kind": "restart", "on": "p"`,
		}, nil, nil},
		{"stall", 3, []string{`"at": "10s", "for": "3s", "kind": "stall", "on": "connected", "to": "p"`}, map[time.Duration]func(*patient){
			11 * sec: func(w *patient) {
				w.want(len(w.ens.Nodes(fmt.Sprint("/n", w.sent-2))) > 0 && w.asked[w.sent-3].answer == 0, "requests arrive, answers do not")
			},
		}, func(w *patient) { w.want(w.gap(10*sec, 20*sec) > 2900*time.Millisecond, "answers wait") }},
		{"partition", 1, []string{`"at": "10s", "for": "3s", "kind": "partition", "on": "p", "to": "server1"`}, map[time.Duration]func(*patient){
			11 * sec: func(w *patient) { w.want(len(w.ens.Nodes(fmt.Sprint("/n", w.sent-2))) == 0, "requests do not arrive") },
		}, func(w *patient) { w.want(w.gap(10*sec, 20*sec) > 2900*time.Millisecond, "all waits") }},
		{"isolate a process", 3, []string{`"at": "10s", "for": "20s", "kind": "isolate", "on": "p"`}, nil, func(w *patient) {
			w.want(w.gap(10*sec, 40*sec) > 19*sec && w.saw(zk.Lost, 10*sec, 40*sec), "it was alone")
		}},
		{"isolate the leader", 3, []string{`"at": "10s", "for": "40s", "kind": "isolate", "on": "leader"`}, map[time.Duration]func(*patient){
			9 * sec: func(w *patient) { leader = isLeader(w) }, 45 * sec: func(w *patient) { w.want(isLeader(w) >= 0 && isLeader(w) != leader, "another leads") },
		}, nil},
		{"swizzle-clog", 1, []string{
			`"at": "10s", "for": "3s", "kind": "swizzle-clog", "on": "p"`, `"at": "11s", "for": "3s", "kind": "swizzle-clog", "on": "server1"`,
		}, nil, func(w *patient) { w.want(w.gap(10*sec, 20*sec) > 3900*time.Millisecond, "they overlap") }},
		{"reset", 3, []string{`"at": "10s", "kind": "reset", "on": "p", "to": "connected"`}, nil, func(w *patient) {
			w.want(w.saw(zk.Suspended, 10*sec, 11*sec), "its connection broke")
		}},
		{"reset between servers", 3, []string{`"at": "10s", "kind": "reset", "on": "leader", "to": "follower"`}, nil, func(w *patient) {
			w.want(w.gap(10*sec, 60*sec) < 50*sec, "it goes on")
		}},
		{"reset after", 3, []string{`"at": "10.05s", "kind": "reset-after", "on": "p", "to": "connected", "amount": 200`}, nil, func(w *patient) {
			w.want(!w.saw(zk.Suspended, 10*sec, 10200*time.Millisecond) && w.saw(zk.Suspended, 10*sec, 15*sec), "its connection broke after a while")
		}},
		{"half-open", 1, []string{`"at": "10s", "for": "1s", "kind": "half-open", "on": "p", "to": "server1"`}, nil, func(w *patient) {
			w.want(!w.saw(zk.Suspended, 10*sec, 12*sec) && w.saw(zk.Suspended, 12*sec, 20*sec), "nobody told it, and it noticed")
		}},
		{"lose", 1, []string{`"at": "10s", "for": "1s", "kind": "lose", "on": "server1", "to": "p"`}, map[time.Duration]func(*patient){
			12 * sec: func(w *patient) { w.want(len(w.ens.Nodes(fmt.Sprint("/n", w.sent-2))) > 0, "requests arrive") },
		}, func(w *patient) {
			w.want(!w.saw(zk.Suspended, 10*sec, 12*sec) && w.saw(zk.Suspended, 12*sec, 20*sec), "nobody told it, and it noticed")
		}},
		{"drip", 1, []string{`"at": "10s", "for": "10s", "kind": "drip", "on": "p", "to": "server1"`}, nil, func(w *patient) {
			w.want(w.slowest(10*sec, 20*sec) > 40*time.Millisecond, "bytes come one by one: %v", w.slowest(10*sec, 20*sec))
		}},
		{"slow link", 1, []string{`"at": "10s", "for": "10s", "kind": "slow-link", "on": "p", "to": "server1", "amount": "100ms"`}, nil, func(w *patient) {
			w.want(w.slowest(10*sec, 19*sec) > 100*time.Millisecond, "it takes longer: %v", w.slowest(10*sec, 19*sec))
			w.want(w.slowest(21*sec, 50*sec) < 20*time.Millisecond, "it is over")
		}},
		{"silence", 1, []string{`"at": "10s", "for": "20s", "kind": "silence", "on": "server1"`, `"at": "20s", "kind": "reset", "on": "p", "to": "server1"`}, nil, func(w *patient) {
			w.want(w.slowest(9*sec, 19900*time.Millisecond) < 20*time.Millisecond, "older connections go on")
			w.want(w.gap(20*sec, 50*sec) > 10*sec, "new ones are not answered")
		}},
		{"refuse", 1, []string{`"at": "10s", "for": "20s", "kind": "refuse", "on": "server1"`, `"at": "20s", "kind": "reset", "on": "p", "to": "server1"`}, nil, func(w *patient) {
			w.want(w.slowest(9*sec, 19900*time.Millisecond) < 20*time.Millisecond, "older connections go on")
			w.want(w.gap(20*sec, 50*sec) > 10*sec, "new ones are refused")
		}},
		{"expire", 3, []string{`"at": "10s", "kind": "expire", "on": "p"`}, nil, func(w *patient) {
			w.want(w.saw(zk.Lost, 10*sec, 12*sec) && w.cl.Session().Epoch == 2, "it has another session")
		}},
		{"drop", 3, []string{`"at": "10s", "kind": "drop", "on": "p"`}, nil, func(w *patient) {
			w.want(w.saw(zk.Suspended, 10*sec, 12*sec) && w.cl.Session().Epoch == 1, "it has another connection")
		}},
		{"bad name", 1, []string{`"at": "10s", "for": "20s", "kind": "bad-name", "on": "server1"`, `"at": "20s", "kind": "reset", "on": "p", "to": "server1"`}, nil, func(w *patient) {
			w.want(w.slowest(9*sec, 19900*time.Millisecond) < 20*time.Millisecond, "older connections go on")
			w.want(w.gap(20*sec, 50*sec) > 9*sec, "its server is not found")
		}},
		{"slow name", 1, []string{`"at": "10s", "for": "20s", "kind": "bad-name", "on": "server1", "amount": 1`, `"at": "20s", "kind": "reset", "on": "p", "to": "server1"`}, nil, func(w *patient) {
			w.want(w.gap(20*sec, 50*sec) > 9*sec, "its server is not found")
		}},
		{"stale name", 3, []string{
			`"at": "10s", "for": "20s", "kind": "bad-name", "on": "server1", "amount": 2`, `"at": "10s", "for": "20s", "kind": "refuse", "on": "server2"`,
			`"at": "10s", "for": "20s", "kind": "refuse", "on": "server3"`, `"at": "20s", "kind": "reset", "on": "p", "to": "connected"`,
		}, nil, func(w *patient) {
			w.want(w.gap(20*sec, 50*sec) > 9*sec, "the name of the only one that can be reached stands for another")
		}},
		{"slow disk", 1, []string{`"at": "10s", "for": "10s", "kind": "slow-disk", "on": "server1", "amount": "500ms"`}, nil, func(w *patient) {
			w.want(w.slowest(10*sec, 20*sec) > 500*time.Millisecond, "writes take long: %v", w.slowest(10*sec, 20*sec))
		}},
		{"lag", 3, []string{
			`"at": "10s", "for": "10s", "kind": "lag", "on": "server1", "amount": "500ms"`, `"at": "10s", "for": "10s", "kind": "lag", "on": "server2", "amount": "500ms"`,
			`"at": "10s", "for": "10s", "kind": "lag", "on": "server3", "amount": "500ms"`,
		}, nil, func(w *patient) { w.want(w.slowest(10*sec, 20*sec) > 500*time.Millisecond, "commits are late") }},
		{"kill the leader", 3, []string{`"at": "10s", "for": "20s", "kind": "kill-leader", "on": "leader"`}, map[time.Duration]func(*patient){
			9 * sec:  func(w *patient) { leader = isLeader(w) },
			25 * sec: func(w *patient) { w.want(isLeader(w) >= 0 && isLeader(w) != leader, "another leads") },
		}, nil},
		{"apply and cut", 3, []string{`"at": "10s", "kind": "apply-cut", "on": "p", "amount": 3`}, nil, func(w *patient) {
			early, _ := w.errs(10*sec, 10250*time.Millisecond)
			w.want(early == 0, "three pass")
			failed, applied := w.errs(10250*time.Millisecond, 60*sec)
			w.want(failed == 1 && applied == 1, "one fails, and was applied: %d, %d", failed, applied)
		}},
		{"cut before", 3, []string{`"at": "10s", "kind": "cut-before", "on": "p"`}, nil, func(w *patient) {
			failed, applied := w.errs(0, 60*sec)
			w.want(failed == 1 && applied == 0, "one fails, and was not applied: %d, %d", failed, applied)
		}},
		{"delay a reply", 3, []string{`"at": "10s", "for": "2s", "kind": "delay-reply", "on": "p"`}, nil, func(w *patient) {
			d := w.slowest(10*sec, 20*sec)
			w.want(d > 1800*time.Millisecond && d < 2200*time.Millisecond, "it took %v", d)
		}},
		{"delay a reply until healed", 3, []string{`"at": "58s", "kind": "delay-reply", "on": "p"`}, nil, func(w *patient) {
			w.want(w.gap(58*sec, 60*sec) > 1800*time.Millisecond, "it waits")
		}},
	} {
		tested += strings.Join(tt.faults, "\n")
		t.Run(tt.name, func(t *testing.T) { suffer(t, tt.servers, tt.faults, tt.at, tt.check) })
	}
	for _, kind := range plan.Kinds() {
		if !strings.Contains(tested, `"kind": "`+string(kind)+`"`) && kind != plan.CutFollower && kind != plan.SlowUser { // see TestSimCutFollower, TestSimSlowUser
			t.Errorf("there is no test of %s", kind)
		}
	}
}
