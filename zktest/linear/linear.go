package linear

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// ErrUndecided: the check has reached its limit of steps. Shorter histories, fewer clients at a time, or fewer operations
// with unknown outcome help; so does a larger [History.Limit].
var ErrUndecided = errors.New("linear: undecided: the check took too many steps")

// DefaultLimit is how many steps a check may take, unless [History.Limit] says otherwise. It takes a few seconds.
const DefaultLimit = 5_000_000

// A History is what the histories of this package have in common.
type History struct {
	// Limit is how many steps a Check may take. 0: [DefaultLimit].
	Limit int

	ops []porcupine.Operation
}

// An Error says that a history cannot have happened.
type Error struct {
	What     string   // "lock", "counter", …
	Ops      int      // how many operations there are
	Longest  int      // so many of them can be put into an order
	Last     string   // the last one of that order
	Stuck    []string // operations that do not fit behind the longest order, in the order of their calls; at most 5
	Verdict  error    // nil, or why the check was not finished
	model    porcupine.Model
	findings porcupine.LinearizationInfo
}

func (e *Error) Error() string {
	if e.Verdict != nil {
		return fmt.Sprintf("%s: %v (%d operations)", e.What, e.Verdict, e.Ops)
	}
	last := ""
	if e.Last != "" {
		last = ", the last of which is\n  " + e.Last
	}
	return fmt.Sprintf("linear: the %d operations of the %s fit into no order; at most %d do%s\nand behind them comes none of\n  %s",
		e.Ops, e.What, e.Longest, last, strings.Join(e.Stuck, "\n  "))
}

// Unwrap returns [ErrUndecided] if the check was not finished.
func (e *Error) Unwrap() error { return e.Verdict }

// WriteHTML writes a page that shows the history, the longest orders, and what does not fit.
func (e *Error) WriteHTML(w io.Writer) error { return porcupine.Visualize(e.model, e.findings, w) }

// forever is when an operation ends whose outcome is unknown.
const forever = math.MaxInt64

func (h *History) add(client int, call, ret time.Duration, input, output any) {
	h.ops = append(h.ops, porcupine.Operation{ClientId: client, Input: input, Output: output, Call: int64(call), Return: int64(ret)})
}

func (h *History) maybe(client int, call time.Duration, input any) {
	h.ops = append(h.ops, porcupine.Operation{ClientId: client, Input: input, Output: unknown{}, Call: int64(call), Return: forever})
}

// unknown is the output of an operation that was not answered.
type unknown struct{}

// A model is a type's behaviour, one operation at a time. States are compared with ==.
type model struct {
	what     string
	init     any
	step     func(state, input, output any) (bool, any)
	describe func(input, output any) string
}

func (h *History) check(m model) error {
	limit := h.Limit
	if limit == 0 {
		limit = DefaultLimit
	}
	steps := 0
	p := porcupine.Model{
		Init: func() any { return m.init },
		Step: func(state, input, output any) (bool, any) {
			if steps++; steps > limit {
				return false, state // from here on every way is shut, so that the search ends
			}
			return m.step(state, input, output)
		},
		DescribeOperation: m.describe,
		DescribeState:     func(state any) string { return fmt.Sprintf("%+v", state) },
	}
	// No limit of time: in a bubble time stands still while the search goes on.
	if porcupine.CheckOperationsTimeout(p, h.ops, 0) == porcupine.Ok {
		return nil
	}
	e := &Error{What: m.what, Ops: len(h.ops)}
	if steps > limit {
		e.Verdict = ErrUndecided
	}
	steps = 0
	_, e.findings = porcupine.CheckOperationsVerbose(p, h.ops, 0)
	e.model = p
	e.model.Step = m.step
	e.explain(h.ops)
	return e
}

// explain finds the longest order, and what does not fit behind it.
func (e *Error) explain(ops []porcupine.Operation) {
	var best []int
	for _, partition := range e.findings.PartialLinearizations() {
		for _, order := range partition { // in no particular order
			if len(order) > len(best) || len(order) == len(best) && slices.Compare(order, best) < 0 {
				best = order
			}
		}
	}
	e.Longest = len(best)
	done := make([]bool, len(ops))
	for _, i := range best {
		done[i] = true
	}
	// What may come next was called before the first return of all that is left.
	end := int64(forever)
	for i, op := range ops {
		if !done[i] {
			end = min(end, op.Return)
		}
	}
	var next []int
	for i, op := range ops {
		if !done[i] && op.Call <= end {
			next = append(next, i)
		}
	}
	slices.SortStableFunc(next, func(a, b int) int { return cmp.Compare(ops[a].Call, ops[b].Call) })
	if len(best) > 0 {
		last := ops[best[len(best)-1]]
		e.Last = e.line(last)
	}
	for _, i := range next[:min(len(next), 5)] {
		e.Stuck = append(e.Stuck, e.line(ops[i]))
	}
}

func (e *Error) line(op porcupine.Operation) string {
	ret := "no answer"
	if op.Return != forever {
		ret = time.Duration(op.Return).String()
	}
	return fmt.Sprintf("client %d: %s (%v to %s)", op.ClientId, e.model.DescribeOperation(op.Input, op.Output), time.Duration(op.Call), ret)
}
