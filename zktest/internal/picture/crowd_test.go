package picture_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/gazoo-go/gazoo/zktest/internal/picture"
)

// crowd is a run of about that many arrows in which everybody talks to everybody, with long names and details, marks and
// bars of all kinds: the worst that a picture gets.
func crowd(arrows int) *picture.Run {
	r := rand.New(rand.NewPCG(3, 4))
	run := &picture.Run{Name: "TestCrowd", Causes: make([]uint64, 2*arrows+1)}
	name := func(i int) string {
		if i < 9 {
			return fmt.Sprintf("a-worker-with-a-name-%d", i)
		}
		return fmt.Sprint("server", i-8)
	}
	for i := range 12 {
		kind := picture.Client
		if i >= 9 {
			kind = picture.Server
		}
		run.Lanes = append(run.Lanes, picture.Lane{Name: name(i), Kind: kind, Note: "a remark that is rather long"})
	}
	lanes := func() (string, string) {
		i := r.IntN(12)
		return name(i), name((i + 1 + r.IntN(11)) % 12)
	}
	now := time.Duration(0)
	for i := range arrows {
		now += time.Duration(r.IntN(800)) * time.Microsecond
		if r.IntN(50) == 0 {
			now += time.Duration(r.IntN(2000)) * ms
		}
		from, to := lanes()
		step := uint64(2*i + 1)
		run.Causes[step] = step - min(step, uint64(1+r.IntN(40)))
		run.Causes[step+1] = step
		run.Arrows = append(run.Arrows, picture.Arrow{
			From: from, To: to, Sent: now, Arrived: now + time.Duration(200+r.IntN(4000))*time.Microsecond, SentStep: step,
			ArrivedStep: step + 1, Kind: picture.ArrowKind(r.IntN(6)), Label: fmt.Sprintf("getChildren2 /a/rather/long/path/to/node-%010d", r.IntN(9)),
			Subject: fmt.Sprint("/node", r.IntN(9)), Lost: r.IntN(20) == 0, Unanswered: r.IntN(20) == 0, Quiet: r.IntN(4) == 0,
			Detail: strings.Repeat("a detail <&> \"of\" the frame\n", 60), Bytes: make([]byte, 2000),
		})
		if r.IntN(8) == 0 {
			run.Marks = append(run.Marks, picture.Mark{
				Lane: from, At: now, Step: step, Kind: picture.MarkKind(r.IntN(3)), Label: "something happened here that takes some words",
			})
		}
		if r.IntN(15) == 0 {
			states := []string{picture.Connected, picture.Suspended, picture.Lost, picture.Leading, picture.Looking, "odd"}
			run.Bars = append(run.Bars, picture.Bar{
				Lane: from, Kind: picture.BarKind(r.IntN(5)), State: states[r.IntN(len(states))], Lock: "/locks/a", Token: int64(i),
				From: now, To: now + time.Duration(r.IntN(300))*ms, FromStep: step, Open: r.IntN(50) == 0,
			})
		}
		if r.IntN(200) == 0 {
			run.Bands = append(run.Bands, picture.Band{
				Label: "partition", From: now, To: now + time.Duration(r.IntN(500))*ms, A: []string{from}, B: []string{to, name(10)}, Step: step,
			})
		}
	}
	run.Violation = picture.Violation{
		Name: "order", Sentence: "The updates of node-0000000003 came in another order than that of their zxids.",
		At: now, Step: uint64(2*arrows - 1), Lanes: []string{name(1), name(2)},
	}
	return run
}
