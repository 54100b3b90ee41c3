package record

import (
	"fmt"
	"slices"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zktest/internal/picture"
)

// A Recorder remembers a run. It belongs to the goroutine that drives the world.
type Recorder struct {
	run   picture.Run
	step  uint64
	at    time.Duration
	lane  string // of the last event
	conns map[string]*conn
	lanes map[string]bool
	polls []poll
	spans map[string]int // open bars and bands, by what they are about
	over  bool           // what happens now is no part of the run any more

	messages []message  // between servers, in the order in which they were sent
	answered []answered // writes
}

// A poll is a state that is looked at after every step.
type poll struct {
	lane  string
	key   string
	state func() (kind picture.BarKind, state string, token int64) // "" for none
	last  string
	once  bool // forgotten when it is "" again
}

// New returns a recorder of a run that has not begun.
func New() *Recorder {
	return &Recorder{conns: make(map[string]*conn), lanes: make(map[string]bool), spans: make(map[string]int)}
}

// Lane declares a process or a server.
func (r *Recorder) Lane(name string, kind picture.LaneKind) {
	if r != nil && !r.lanes[name] {
		r.lanes[name] = true
		r.run.Lanes = append(r.run.Lanes, picture.Lane{Name: name, Kind: kind})
	}
}

// Observe is for handler.Observe.
func (r *Recorder) Observe(e handler.Event) {
	if r.over {
		return
	}
	if e.Step > r.step {
		r.poll()
	}
	r.step, r.at, r.lane = e.Step, e.At, e.Node
	for uint64(len(r.run.Causes)) <= e.Step {
		r.run.Causes = append(r.run.Causes, 0)
	}
	r.run.Causes[e.Step] = e.Cause
	switch e.Kind {
	case handler.KindSend:
		r.conn(e).sent(r, e)
	case handler.KindArrival:
		r.conn(e).arrived(r, e)
	}
}

// Session follows the session of a client. state is asked after every step.
func (r *Recorder) Session(lane, key string, state func() string) {
	r.follow(lane, "session "+key, picture.Session, state)
}

// Role follows what a server is doing.
func (r *Recorder) Role(lane string, state func() string) {
	r.follow(lane, "role "+lane, picture.Role, state)
}

func (r *Recorder) follow(lane, key string, kind picture.BarKind, state func() string) {
	if r != nil {
		r.polls = append(r.polls, poll{lane: lane, key: key, state: func() (picture.BarKind, string, int64) { return kind, state(), 0 }})
	}
}

// Holds follows whether somebody believes that he holds a lock, until believes is false for the first time.
func (r *Recorder) Holds(lane, lock string, token int64, believes func() bool) {
	if r == nil {
		return
	}
	if !believes() {
		return
	}
	r.polls = append(r.polls, poll{lane: lane, key: fmt.Sprintf("lock %s %s %d", lane, lock, token), once: true, state: func() (picture.BarKind, string, int64) {
		if !believes() {
			return picture.Lock, "", token
		}
		return picture.Lock, lock, token
	}})
	r.poll()
}

// poll notes what has changed.
func (r *Recorder) poll() {
	if r == nil || r.over {
		return
	}
	over := false
	for i := range r.polls {
		p := &r.polls[i]
		kind, state, token := p.state()
		if state == p.last {
			continue
		}
		over = over || p.once && state == ""
		r.closeBar(p.key)
		p.last = state
		if state == "" {
			continue
		}
		bar := picture.Bar{Lane: p.lane, Kind: kind, From: r.at, FromStep: r.step, Open: true, State: state, Token: token}
		if kind == picture.Lock {
			bar.Lock = state
		}
		r.openBar(p.key, bar)
	}
	if over {
		r.polls = slices.DeleteFunc(r.polls, func(p poll) bool { return p.once && p.last == "" })
	}
}

func (r *Recorder) openBar(key string, b picture.Bar) {
	r.run.Bars = append(r.run.Bars, b)
	r.spans[key] = len(r.run.Bars) - 1
}

func (r *Recorder) closeBar(key string) {
	if i, ok := r.spans[key]; ok {
		b := &r.run.Bars[i]
		b.To, b.ToStep, b.Open = r.at, r.step, false
		delete(r.spans, key)
	}
}

// Down says that a process or a server is dead, Up that it runs again, Paused that it is stopped.
func (r *Recorder) Down(lane string) { r.condition(lane, picture.Down) }

// Paused says that nothing of a lane runs.
func (r *Recorder) Paused(lane string) { r.condition(lane, picture.Paused) }

func (r *Recorder) condition(lane string, kind picture.BarKind) {
	if r == nil || r.over {
		return
	}
	r.Up(lane)
	r.openBar("condition "+lane, picture.Bar{Lane: lane, Kind: kind, From: r.at, FromStep: r.step, Open: true})
}

// Up says that a process or a server runs.
func (r *Recorder) Up(lane string) {
	if r != nil && !r.over {
		r.closeBar("condition " + lane)
	}
}

// Mark notes something that happened on a lane.
func (r *Recorder) Mark(lane string, kind picture.MarkKind, label, detail string) {
	if r != nil && !r.over {
		r.run.Marks = append(r.run.Marks, picture.Mark{Lane: lane, At: r.at, Step: r.step, Kind: kind, Label: label, Detail: detail})
	}
}

// Band begins a time during which a could not talk to b, or not well. What it returns ends it.
func (r *Recorder) Band(label string, a, b []string, oneWay bool, detail string) (end func()) {
	if r == nil || r.over {
		return func() {}
	}
	r.run.Bands = append(r.run.Bands, picture.Band{
		Label: label, From: r.at, Open: true, A: a, B: b, OneWay: oneWay, Step: r.step, Detail: detail,
	})
	i := len(r.run.Bands) - 1
	return func() {
		if !r.over {
			r.run.Bands[i].To, r.run.Bands[i].Open = r.at, false
		}
	}
}

// Stop says that the run is over: of what happens now, such as the death of its processes, nothing is recorded.
func (r *Recorder) Stop() {
	if r != nil {
		r.poll()
		r.over = true
	}
}

// Step is the number of the step under way, or of the last one.
func (r *Recorder) Step() uint64 {
	if r == nil {
		return 0
	}
	return r.step
}

// Last is the lane of the step under way, or of the last one; "" if it has none.
func (r *Recorder) Last() string {
	if r == nil || !r.lanes[r.lane] {
		return ""
	}
	return r.lane
}

// Call notes that somebody uses something that is no server, such as a store.
func (r *Recorder) Call(from, to, label string) {
	if r != nil && !r.over {
		r.run.Arrows = append(r.run.Arrows, picture.Arrow{
			From: from, To: to, Kind: picture.Call, Label: label, Subject: to, Sent: r.at, Arrived: r.at, SentStep: r.step, ArrivedStep: r.step,
		})
	}
}

// Run returns what was recorded, with what the caller knows about it.
func (r *Recorder) Run(about picture.Run) picture.Run {
	var run picture.Run
	if r != nil {
		r.poll()
		r.tell(r.lost())
		run = r.run
	}
	run.Name, run.Seed, run.Replay, run.Plan, run.Beside, run.Violation =
		about.Name, about.Seed, about.Replay, about.Plan, about.Beside, about.Violation
	return run
}
