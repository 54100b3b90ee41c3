package witness

import (
	"fmt"
	"strings"
)

// A Violation is a contradiction in a history.
type Violation struct {
	Rule     string   // in a word: "real time", "version", "read", "stale", "refusal", "transaction", "list", "watch", …
	Sentence string   // what is wrong
	Ops      []int    // the operations that contradict each other, by index
	Lines    []string // each of them in words
}

func (v *Violation) Error() string {
	return v.Rule + ": " + v.Sentence + "\n  " + strings.Join(v.Lines, "\n  ")
}

func (c *checker) violation(rule, sentence string, ops ...int) *Violation {
	v := &Violation{Rule: rule, Sentence: sentence}
	for _, i := range ops {
		if i >= 0 {
			v.Ops = append(v.Ops, i)
			v.Lines = append(v.Lines, fmt.Sprintf("#%d %s", i, c.h.Describe(i)))
		}
	}
	return v
}

// path is a path for a sentence.
func (c *checker) path(op *Op) string { return c.h.Paths[op.Path] }

func (c *checker) who(op *Op) string { return c.h.Clients[op.Client] }

// Describe tells operation i in one line.
func (h *History) Describe(i int) string {
	op := &h.Ops[i]
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s", h.Clients[op.Client], op.Kind, h.Paths[op.Path])
	if op.Kind == Create || op.Kind == Set {
		fmt.Fprintf(&b, " %q", h.Values[op.Value])
	}
	if op.Expected >= 0 && (op.Kind == Set || op.Kind == Delete || op.Kind == Check) {
		fmt.Fprintf(&b, " if version is %d", op.Expected)
	}
	if op.Txn != 0 {
		fmt.Fprintf(&b, " in transaction %d", op.Txn)
	}
	b.WriteString(": ")
	switch {
	case op.Kind == Event:
		b.WriteString("told")
	case op.Outcome == Unknown:
		b.WriteString("outcome unknown")
	case op.Outcome == Failed:
		b.WriteString(op.Refusal.String())
	case op.absent():
		b.WriteString("no node")
	case op.Kind == Children:
		fmt.Fprintf(&b, "%v, pzxid %#x", h.Lists[op.List], op.Pzxid)
	case op.Kind == Get:
		fmt.Fprintf(&b, "%q, version %d, mzxid %#x", h.Values[op.Value], op.Version, op.Mzxid)
	case op.Kind == Exists:
		fmt.Fprintf(&b, "version %d, mzxid %#x", op.Version, op.Mzxid)
	case op.zxid() != 0:
		fmt.Fprintf(&b, "version %d, zxid %#x", op.Version, op.zxid())
	default:
		fmt.Fprintf(&b, "done after zxid %#x", op.After)
	}
	switch {
	case op.Kind == Event:
		fmt.Fprintf(&b, " (at %v)", op.Return)
	case op.Return == 0:
		fmt.Fprintf(&b, " (called %v)", op.Call)
	default:
		fmt.Fprintf(&b, " (%v to %v)", op.Call, op.Return)
	}
	return b.String()
}

func (k Kind) String() string {
	return [...]string{"?", "create", "set", "delete", "check", "get", "exists", "children", "watch"}[k]
}

func (r Refusal) String() string {
	return [...]string{"refused", "NoNode", "NodeExists", "BadVersion"}[r]
}
