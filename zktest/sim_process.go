package zktest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/internal/picture"
	"github.com/gazoo-go/gazoo/zktest/internal/plan"
)

// A Process is a program of a [Sim], on a machine of its own: with an address, a clock, random numbers
// and clients. Kill, Pause and Restart do to it what they do to a real one, and so do faults.
//
//	running ──Pause──▶ paused ──Resume──▶ running
//	   └──Kill──▶ dead ──Restart──▶ running, from the beginning of its function
//	   └──its function returns──▶ idle: its clients and callbacks live on
//
// Its function runs as a coroutine: Wait suspends it, and so does Sleep. It must not block in any other
// way: not on a channel, not by time.Sleep. For code that does there is [Goroutines].
type Process struct {
	body
	fn      func(*Process)
	ctx     context.Context
	cancel  context.CancelFunc
	clients []connected // of this life
	done    bool
	sleep   handler.Lane
	slow    time.Duration // how long callbacks of user code take
}

// connected is a client, and whose.
type connected struct {
	cl *zk.Client
	to *SimEnsemble
}

// Process starts a program. When the name is taken already it becomes name#2, name#3 and so on. It panics if the name
// means something else in a plan: a server, "leader", "follower", "connected" or "chaos".
func (s *Sim) Process(name string, fn func(*Process)) *Process {
	s.names[name]++
	if k := s.names[name]; k > 1 {
		name = fmt.Sprintf("%s#%d", name, k)
	}
	if plan.Reserved(name) || s.find(name, "") != nil || name == "" || name == nodeName(s.chaos) {
		panic(fmt.Sprintf("zktest: a process cannot be called %q", name))
	}
	p := &Process{body: body{s: s, name: name, node: s.world.Node(name), dead: true}, fn: fn, cancel: func() {}}
	s.trace.Lane(name, picture.Client)
	s.setClock(p.node)
	s.processes = append(s.processes, p)
	if slices.Contains(s.plan.Without, name) {
		p.ctx, p.cancel = context.WithCancel(context.Background())
		p.cancel()
		p.done = true
		return p
	}
	p.start()
	return p
}

func (p *Process) start() {
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.done, p.clients, p.slow = false, nil, 0
	p.begin()
	p.sleep = p.node.Lane("sleep")
	life := p.lives
	p.node.Spawn(func() { p.live(life) })
}

// live runs the function in one life. What panics is reported with the process's name.
func (p *Process) live(life int) {
	returned := false
	defer func() {
		if p.dead || p.lives != life {
			return // killed: it has not come to its end, and what it says means nothing
		}
		if p.done = true; returned {
			return
		}
		switch v := recover().(type) {
		case stopped:
		case nil:
			p.s.fail(&failure{kind: "exit", name: p.name, text: fmt.Sprintf(
				"process %s ended its goroutine (t.FailNow or runtime.Goexit): use Sim.Fatalf", p.name), stack: debug.Stack()})
		default:
			p.s.fail(&failure{kind: "panic", name: p.name, text: fmt.Sprintf("process %s: panic: %v", p.name, v), stack: debug.Stack()})
		}
	}()
	p.fn(p)
	returned = true
}

// Name is what the process is called in reports.
func (p *Process) Name() string { return p.name }

// Context ends when the process is killed and when the world ends.
func (p *Process) Context() context.Context { return p.ctx }

// Handler is the machine that the process runs on: give it to clients that [Process.Connect] does not make.
func (p *Process) Handler() *handler.Node { return p.node }

// Alive reports whether the process is neither dead nor paused. What a dead process believes is
// nobody's concern; one that is paused can still hold beliefs, and act on them later.
func (p *Process) Alive() bool { return !p.dead && p.paused == 0 }

// Done reports whether the process's function has returned in its present life. It has, too, if a smaller plan
// of a failure does without the process: a test that waits for all of them asks this first.
func (p *Process) Done() bool { return p.done }

// Lives is how many times the process has started.
func (p *Process) Lives() int { return p.lives }

// Connect returns a client of an ensemble. It does not wait: the client connects in the background, and
// requests wait for it. It lives as long as the process.
func (p *Process) Connect(e *SimEnsemble, opts ...zk.Option) *zk.Client {
	opts = append([]zk.Option{zk.WithHandler(p.node), zk.WithSessionTimeout(p.s.sessionTimeout())}, opts...)
	cl, err := zk.New(e.Hosts(), opts...)
	if err != nil {
		p.s.Fatalf("process %s: %v", p.name, err)
	}
	p.clients = append(p.clients, connected{cl, e})
	life := p.lives
	p.s.trace.Session(p.name, fmt.Sprint(p.name, len(p.clients)), func() string {
		if p.dead || p.lives != life {
			return ""
		}
		return strings.ToLower(cl.State().String())
	})
	cl.Start(context.Background())
	return cl
}

// Sleep suspends the process for a time on its own clock, or until its context ends.
func (p *Process) Sleep(d time.Duration) {
	woken := future.NewPromise[struct{}](p.sleep)
	timer := p.node.AfterFunc(d, future.Func(func() { woken.Complete(struct{}{}, nil) }))
	defer timer.Stop()
	_, _ = woken.Future().WaitContext(p.ctx) // early when the process is to end
}

// Logf notes what the process does: in the picture of a failing run, and in its trace.
func (p *Process) Logf(format string, args ...any) {
	if p.s.trace != nil {
		p.s.trace.Mark(p.name, picture.Note, fmt.Sprintf(format, args...), "")
	}
}

// Rand is the process's own random stream.
func (p *Process) Rand() *rand.Rand { return p.node.Rand("user") }

// Between draws a duration from min up to and including max, from the process's own stream.
func (p *Process) Between(min, max time.Duration) time.Duration { return between(p.Rand(), min, max) }

// Kill ends the process as SIGKILL does. Its deferred functions run, but nothing they do gets out.
func (p *Process) Kill() { p.crash(false) }

func (p *Process) crash(power bool) {
	p.body.crash(power)
	p.cancel()
}

// started reports whether the plan has the process at all.
func (p *Process) started() bool { return p.lives > 0 }

// Restart starts the process anew, from the beginning of its function, if it is dead or has returned.
func (p *Process) Restart() {
	if !p.started() {
		return
	}
	if !p.dead {
		p.Kill()
	}
	p.reboot()
	p.start()
}

// Pause stops the process for d, as a long garbage collection does: what is due waits, bytes that arrive
// wait, its clock goes on. Then all of it happens, oldest first.
func (p *Process) Pause(d time.Duration) {
	if undo := pause(p); undo != nil {
		p.s.after(d, undo)
	}
}
