package recipes

import (
	"maps"
	"slices"
	"sort"
	"strings"
	"time"
)

type node struct {
	id, parent string
	size       int
	weight     float64
	closed     bool
	deadline   time.Time
	kids       []string
}

type store struct {
	nodes map[string]*node
	dirty map[string]bool
	byKid map[string]string
	sizes map[string]int
	total int
	any   bool
	names []string
}

// Loops whose effect no order changes.
func (s *store) harmless(now time.Time, prefix string) int {
	n, bits, longest, first := 0, 0, 0, ""
	for k, v := range s.nodes {
		if v.closed || v.deadline.Before(now) {
			delete(s.nodes, k)
			n++
		}
	}
	for k := range maps.Keys(s.nodes) {
		if !strings.HasPrefix(k, prefix) {
			continue
		}
		delete(s.dirty, k)
	}
	for _, v := range s.nodes {
		s.total += v.size
		bits |= v.size
		longest = max(longest, len(v.id))
		first = min(first, v.id)
		s.any = true
		s.sizes[v.parent]++
		for range v.kids {
			n++
		}
		switch {
		case v.size > 3:
			size := v.size * 2
			s.total -= size
		}
	}
	for k, v := range s.nodes {
		s.sizes[k] = v.size
		s.dirty[v.parent] = true
	}
	for range s.nodes {
		s.harmless(now, prefix)
	}
	for v := range maps.Values(s.nodes) {
		_ = v.size
	}
	return n + bits + longest
}

// Keys that are sorted right after.
func (s *store) sorted() []string {
	var keys []string
	for k := range s.nodes {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for k, v := range s.nodes {
		if v.closed {
			s.names = append(s.names, k)
		}
	}
	sort.Strings(s.names)
	var nodes, closed []*node
	for _, v := range s.nodes {
		if v.closed {
			closed = append(closed, v)
			continue
		}
		nodes = append(nodes, v)
	}
	slices.SortFunc(nodes, func(a, b *node) int { return strings.Compare(a.id, b.id) })
	sort.Slice(closed, func(i, j int) bool { return closed[i].id < closed[j].id })
	var plain []string
	for k := range s.nodes {
		plain = append(plain, k)
	}
	sort.Sort(sort.StringSlice(plain))
	return keys
}

// Loops that look like those above and are not.
func (s *store) harmful(limit int, visit func(string) bool) []string {
	var keys, others []string
	for k := range s.nodes { // want `range over a map`
		keys = append(keys, k)
	}
	visit("")
	slices.Sort(keys)
	for k := range s.nodes { // want `range over a map`
		keys = append(keys, k)
		others = append(others, k)
	}
	slices.Sort(keys)
	for k := range s.nodes { // want `range over a map`
		keys = append(keys, k)
	}
	slices.Sort(others)
	for k := range s.nodes { // want `range over a map`
		keys = append(others, k)
	}
	slices.Sort(keys)
	for k := range s.nodes { // want `range over a map`
		if len(s.nodes) > limit {
			delete(s.nodes, k)
		}
	}
	n := 0
	for k := range s.nodes { // want `range over a map`
		if n < limit {
			n++
			delete(s.dirty, k)
		}
	}
	for _, v := range s.nodes { // want `range over a map`
		delete(s.nodes, v.parent)
	}
	mine := s.nodes
	for _, v := range mine { // want `range over a map`
		delete(s.nodes, v.parent)
	}
	for k, v := range s.sizes { // want `range over a map`
		s.sizes[k+"x"] += v
	}
	for k, v := range s.nodes { // want `range over a map`
		s.byKid[v.parent] = k
	}
	for k, v := range s.nodes { // want `range over a map`
		s.dirty[k] = true
		delete(s.dirty, v.parent)
	}
	sum := 0.0
	for _, v := range s.nodes { // want `range over a map`
		sum += v.weight
	}
	text := ""
	for k := range s.nodes { // want `range over a map`
		text += k
	}
	for _, v := range s.nodes { // want `range over a map`
		n *= 2
		n += v.size
	}
	for _, v := range s.nodes { // want `range over a map`
		if v.closed {
			s.any = true
		} else {
			s.any = false
		}
	}
	for k := range s.nodes { // want `range over a map`
		if visit(k) {
			n++
		}
	}
	for k := range s.nodes { // want `range over a map`
		text = k
	}
	for k := range s.nodes { // want `range over a map`
		return []string{k}
	}
	for _, v := range s.nodes { // want `range over a map`
		if v.closed {
			break
		}
		n++
	}
	for k := range maps.Values(s.byKid) { // want `range over a map`
		s.names[n] = k
	}
	for parent := range maps.Values(s.byKid) { // want `range over a map`
		s.sizes[parent] = n
		n++
	}
	return keys
}
