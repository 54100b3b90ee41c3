package recipes

import (
	"maps"
	"reflect"
	"slices"
	"sync"
)

type byName map[string]int

func mapRanges(m map[string]int, visit func(string)) {
	for k := range m { // want `range over a map: its order is random; sort the keys first`
		visit(k)
	}
	for k := range byName(m) { // want `range over a map`
		visit(k)
	}
	for k := range maps.Keys(m) { // want `range over a map`
		visit(k)
	}
	for k, v := range maps.All(m) { // want `range over a map`
		_ = v
		visit(k)
	}
	func() {
		for k := range m { // want `range over a map`
			visit(k)
		}
	}()
	for range m {
		for k := range m { // want `range over a map`
			visit(k)
		}
	}
	var k string
	for k = range m { // want `range over a map`
		_ = k
	}
	names := slices.Collect(maps.Keys(m)) // want `maps.Keys: its order is random`
	_ = names
	keys := maps.Keys[map[string]int] // want `maps.Keys`
	_ = keys

	var s sync.Map
	s.Range(func(k, v any) bool { return true }) // want `sync.Map.Range`
	_ = reflect.ValueOf(m).MapKeys()             // want `reflect.Value.MapKeys`
}

func generic[M ~map[K]int, K comparable](m M, visit func(K)) {
	for k := range m { // want `range over a map`
		visit(k)
	}
}

type mapLike[K comparable] interface{ ~map[K]int }

func constrained[M mapLike[K], K comparable](m M, visit func(K)) {
	for k := range m { // want `range over a map`
		visit(k)
	}
}

func allowed(m map[string]int, visit func(string), s *sync.Map) {
	//zkvet:allow maprange every key is visited alone
	for k := range m {
		visit(k)
	}
	//zkvet:allow maprange every key is visited alone
	for k := range m {
		visit(k)
		for k := range m { // want `range over a map`
			visit(k)
		}
	}
	//zkvet:allow maprange // want `allow maprange without a reason`
	for k := range m { // want `range over a map`
		visit(k)
	}
	//zkvet:allow maprange a test of the allow
	s.Range(
		func(k, v any) bool { return true })
	//zkvet:allow maprange true, but not needed
	for k := range m {
		delete(m, k)
	}
	//zkvet:allow maprange a slice has an order // want `allow maprange permits nothing`
	for i := range []int{1} {
		_ = i
	}
}

// Nothing here has a random order.
func ordered[S ~[]E, E any](m map[string]int, s S, c chan int, visit func(int)) {
	for i := range s {
		visit(i)
	}
	for i := range c {
		visit(i)
	}
	for i := range 3 {
		visit(i)
	}
	for i := range "abc" {
		visit(i)
	}
	for i := range slices.All([]int{1}) {
		visit(i)
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		visit(m[k])
	}
	for _, v := range slices.SortedFunc(maps.Values(m), func(a, b int) int { return a - b }) {
		visit(v)
	}
	_ = maps.Collect(maps.All(m))
	maps.Insert(m, maps.All(m))
	clear(m)
}
