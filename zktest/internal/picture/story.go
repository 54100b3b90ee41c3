package picture

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// A moment is one sentence of the story: what a reader must know before looking at the arrows.
type moment struct {
	at   time.Duration
	step uint64
	id   string // of what is drawn
	lane string
	text string
	rank int // of two at one time, the smaller first
	bad  bool
}

const maxStory = 60

// story is the marks, the faults, and who believed what, in order. Of a long one the beginning is left out.
func (l *layout) story() (moments []moment, left int) {
	run := l.c.run
	for i := range run.Marks {
		if m := &run.Marks[i]; l.p.marks[i] {
			moments = append(moments, moment{m.At, m.Step, fmt.Sprintf("m%d", i), m.Lane, oneLine(m.Label), 1, m.Kind != Note})
		}
	}
	for i := range run.Bars {
		b := &run.Bars[i]
		if !l.barDrawn(b) {
			continue
		}
		id := fmt.Sprintf("b%d", i)
		told := b.Kind == Lock && !l.noted[noteKey{b.Lane, b.FromStep}] || b.Kind == Paused || b.Kind == Down || b.State == Suspended || b.State == Lost ||
			b.State == Leading && b.From > 0
		if told {
			moments = append(moments, moment{b.From, b.FromStep, id, b.Lane, barStory(b), 2, b.Kind == Paused || b.Kind == Down || b.State == Lost})
		}
		if b.Open || b.To > l.c.end {
			continue
		}
		switch b.Kind {
		case Lock:
			if l.noted[noteKey{b.Lane, b.ToStep}] {
				break
			}
			moments = append(moments, moment{b.To, b.ToStep, id, b.Lane, "no longer believes that it holds " + oneLine(b.Lock), 0, false})
		case Paused:
			moments = append(moments, moment{b.To, b.ToStep, id, b.Lane, "goes on", 0, false})
		case Down:
			moments = append(moments, moment{b.To, b.ToStep, id, b.Lane, "is up again", 0, false})
		}
	}
	for i := range run.Bands {
		b := &run.Bands[i]
		if !l.bandDrawn(b) {
			continue
		}
		id := fmt.Sprintf("d%d", i)
		moments = append(moments, moment{b.From, b.Step, id, "", bandLabel(b), 0, true})
		if !b.Open && b.To <= l.c.end {
			moments = append(moments, moment{b.To, 0, id, "", "healed: " + bandLabel(b), 0, false})
		}
	}
	slices.SortStableFunc(moments, func(a, b moment) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.step, b.step), cmp.Compare(a.rank, b.rank))
	})
	if left = len(moments) - maxStory; left > 0 {
		return moments[left:], left
	}
	return moments, 0
}
