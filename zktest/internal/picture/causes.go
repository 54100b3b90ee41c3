package picture

import (
	"fmt"
	"strings"
)

// causes finds for things that are drawn what led to them, of the things that are drawn.
type causes struct {
	l *layout
	w *walk
}

func newCauses(l *layout) *causes { return &causes{l: l, w: newWalk(l.c)} }

const maxHops = 1000

// of is the ids of what made a step happen: what came in with it, or else what its nearest cause with a drawn point did.
// The arrow that asks is not its own cause; -1 for none.
func (k *causes) of(step uint64, self int32) string {
	for hops := 0; step != 0 && hops < maxHops; hops++ {
		var ids []string
		for _, i := range k.w.pointsOf(step) {
			switch pt := &k.l.c.points[i]; {
			case pt.what == arrives && pt.index != self && k.l.p.arrows[pt.index],
				pt.what == sends && hops > 0 && k.l.p.arrows[pt.index] && pt.index != self && len(ids) == 0:
				ids = append(ids, fmt.Sprintf("a%d", pt.index))
			case pt.what == marked && hops > 0 && k.l.p.marks[pt.index]:
				ids = append(ids, fmt.Sprintf("m%d", pt.index))
			}
		}
		if len(ids) > 0 {
			return strings.Join(ids, " ")
		}
		if step >= uint64(len(k.w.visible)) {
			return ""
		}
		step = k.w.visible[step]
	}
	return ""
}

func (k *causes) ofViolation() string {
	v := &k.l.c.run.Violation
	var ids []string
	for _, step := range append([]uint64{v.Step}, v.Steps...) {
		if id := k.of(step, -1); id != "" {
			ids = append(ids, id)
		}
	}
	for i := range k.l.c.run.Bars {
		if b := &k.l.c.run.Bars[i]; b.Kind == Lock && k.l.barDrawn(b) && k.l.barEnd(b) > k.l.c.end {
			ids = append(ids, fmt.Sprintf("b%d", i))
		}
	}
	return strings.Join(ids, " ")
}
