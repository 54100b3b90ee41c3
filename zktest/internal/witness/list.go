package witness

import (
	"fmt"
	"strings"
)

// A child is a path below another one, by its last component.
type child struct {
	name string
	path int32
	mark int // the list it was last found in, plus one
}

// children finds the children of every path of which there is a list.
func (c *checker) children() {
	if c.family == nil {
		return
	}
	parents := make(map[string]*family, len(c.family))
	for p, path := range c.h.Paths {
		if f := c.family[int32(p)]; f != nil {
			parents[path] = f
		}
	}
	for p, path := range c.h.Paths {
		slash := strings.LastIndexByte(path, '/')
		if f := parents[path[:max(slash, 0)]]; f != nil && len(c.nodes[p].lives) > 0 {
			name := path[slash+1:]
			f.byName[name] = len(f.kids)
			f.kids = append(f.kids, child{name, int32(p), 0})
		}
	}
}

// A family is the children of one node.
type family struct {
	kids   []child
	byName map[string]int
}

// list checks the names of a node's children, as they were from Pzxid on, and still at lo.
func (c *checker) list(i int, op *Op, lo int64) *Violation {
	f := c.family[op.Path]
	parent := c.path(op)
	for _, name := range c.h.Lists[op.List] {
		k, ok := f.byName[name]
		if !ok {
			if c.maybeChild(parent + "/" + name) {
				continue
			}
			return c.violation("list", fmt.Sprintf("the list of %s has %q, which nobody created", parent, name), i)
		}
		kid := &f.kids[k]
		if kid.mark == i+1 {
			return c.violation("list", fmt.Sprintf("the list of %s has %q twice", parent, name), i)
		}
		kid.mark = i + 1
		n := &c.nodes[kid.path]
		k = n.lifeUpTo(op.Pzxid)
		if k < 0 {
			if c.mayCreate(n, op.Pzxid) {
				continue
			}
			return c.violation("list", fmt.Sprintf("the list of %s as of zxid %#x has %q, which was created later", parent, op.Pzxid, name), int(n.states[0].op), i)
		}
		l := &n.lives[k]
		if lo > l.endLo {
			if lo+1 >= l.endHi && !c.mayCreate(n, op.Pzxid) {
				return c.violation("list", fmt.Sprintf("%s read the list of %s at zxid %#x or later with %q, which was gone before zxid %#x", c.who(op), parent, lo, name, l.endHi), int(l.hiOp), i)
			}
			if len(n.unknown) == 0 {
				l.endLo, l.loOp = lo, int32(i)
			}
		}
	}
	for j := range f.kids {
		kid := &f.kids[j]
		if kid.mark == i+1 {
			continue
		}
		n := &c.nodes[kid.path]
		k := n.lifeUpTo(lo)
		if k < 0 {
			continue
		}
		l := &n.lives[k]
		if l.czxid > op.Pzxid {
			return c.violation("list", fmt.Sprintf("%s read the list of %s as of zxid %#x, but had seen zxid %#x, and %q was created at zxid %#x", c.who(op), parent, op.Pzxid, lo, kid.name, l.czxid), int(n.states[l.from].op), i)
		}
		if !l.mayEnd || l.endLo >= op.Pzxid {
			return c.violation("list", fmt.Sprintf("the list of %s as of zxid %#x lacks %q, which was there from zxid %#x to %#x at least", parent, op.Pzxid, kid.name, l.czxid, l.endLo), int(n.states[l.from].op), differ(l.loOp, i, n.states[l.from].op), i)
		}
		if op.Pzxid+1 < l.endHi {
			l.endHi, l.hiOp = op.Pzxid+1, int32(i)
		}
	}
	return nil
}

// maybeChild reports whether an unknown create may have made a node that the history knows no more of.
func (c *checker) maybeChild(path string) bool {
	c.number()
	if p, ok := c.ids[path]; ok {
		return c.mayCreate(&c.nodes[p], never) || len(c.sequentials(p)) > 0
	}
	return len(c.sequentialsAt(path)) > 0
}
