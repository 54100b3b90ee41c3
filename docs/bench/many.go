package main

import (
	"fmt"
	"io"
)

// many is the benchmarks of what is not a Get: of clients, watches, recipes and futures by the thousand.

// A column of a benchmark's table.
type column struct {
	head   string
	figure func(outcome) (float64, bool)
}

func named(name string) func(outcome) (float64, bool) {
	return func(o outcome) (float64, bool) { x, ok := o.Figures[name]; return x, ok }
}

func seconds(o outcome) (float64, bool)   { return o.Seconds, o.Seconds > 0 }
func perSecond(o outcome) (float64, bool) { return rate(o) }
func nanos(o outcome) (float64, bool)     { return o.Seconds / o.Ops * 1e9, o.Ops > 0 }

// A section is a benchmark of many.
type section struct {
	bench, title string
	points       []point
	columns      []column
}

func sections() []section {
	at := func(bench, server, client string, kinds ...string) (all []point) {
		for _, k := range kinds {
			var kind string
			var n int
			fmt.Sscan(k, &kind, &n)
			all = append(all, point{bench, server, kind, n, client})
		}
		return all
	}
	cpuEach, allocsEach, bytesEach := column{"CPU ns each", cpu}, column{"allocs each", allocs}, column{"bytes held each", named("bytes")}
	return []section{
		{"connect", "clients that connect at once, canned server",
			append(at("connect", "canned", isGazoo, "connect 1000"), at("connect", "canned", isGoZK, "connect 1000")...),
			[]column{{"seconds", seconds}, cpuEach, allocsEach, {"bytes allocated each", allocated}}},
		{"idle", "idle clients",
			append(at("idle", "canned", isGazoo, "idle 100"), at("idle", "canned", isGoZK, "idle 100")...),
			[]column{{"goroutines each", named("goroutines")}, bytesEach}},
		{"outstanding", "Gets that are not answered: written, a callback on each (go-zookeeper/zk: a goroutine that waits for each)",
			append(at("outstanding", "canned", isGazoo, "outstanding 100000"), at("outstanding", "canned", isGoZK, "outstanding 100000")...),
			[]column{bytesEach, cpuEach, allocsEach}},
		{"watches", "one-shot watches, a callback on each: restored after a lost connection; fired, each by an event of its own; all by one",
			at("watches", "canned", isGazoo, "rewatch 100000", "fanout 100000", "one-node 100000"),
			[]column{{"seconds", seconds}, cpuEach, allocsEach, bytesEach}},
		{"locks", "contenders for one lock; zktest: the in-process server, in a process of its own",
			append(at("locks", "zktest", isGazoo, "locks 2", "locks 32", "locks 1000"), at("locks", "real", isGazoo, "locks 2", "locks 32", "locks 1000")...),
			[]column{{"hand-overs/s", perSecond}, cpuEach, allocsEach}},
		{"treecache", "nodes of 100 bytes loaded by a TreeCache",
			append(at("treecache", "zktest", isGazoo, "treecache 20000"), at("treecache", "real", isGazoo, "treecache 20000")...),
			[]column{{"seconds", seconds}, cpuEach, allocsEach, bytesEach}},
		{"futures", "futures: a wait for one that is ready; in a coroutine, awaits of one that is ready, that the same lane, or another, completes",
			at("futures", "", isGazoo, "wait-ready 1000000", "await-ready 1000000", "await-busy 200000", "await-idle 200000"),
			[]column{{"ns each", nanos}, cpuEach, allocsEach}},
	}
}

func manyPoints() (all []point) {
	for _, s := range sections() {
		all = append(all, s.points...)
	}
	return all
}

func manyGoals() []goal {
	most := func(what string, bound float64, unit, bench, server, kind string, n int, figure func(outcome) (float64, bool)) goal {
		return goal{what, bound, true, unit, func(r *run) series { return r.of(point{bench, server, kind, n, isGazoo}, figure) }}
	}
	return []goal{
		most("100,000 outstanding Gets with a callback each, server silent: bytes each", 400, "", "outstanding", "canned", "outstanding", 100000, named("bytes")),
		most("100,000 one-shot watches restored after a reconnect", 1, " s", "watches", "canned", "rewatch", 100000, seconds),
		most("… and bytes each", 500, "", "watches", "canned", "rewatch", 100000, named("bytes")),
		most("idle client: goroutines", 2, "", "idle", "canned", "idle", 100, named("goroutines")),
		most("idle client: bytes", 64<<10, "", "idle", "canned", "idle", 100, named("bytes")),
		most("await of a ready future", 50, " ns", "futures", "", "await-ready", 1000000, nanos),
		most("await of a pending future, busy lane", 250, " ns", "futures", "", "await-busy", 200000, nanos),
		most("await of a pending future, idle pool lane", 700, " ns", "futures", "", "await-idle", 200000, nanos),
		most("allocations of these awaits", 0, "", "futures", "", "await-idle", 200000, allocs),
	}
}

func (r *run) reportMany(w io.Writer) {
	for _, s := range sections() {
		head := []string{"client", "what", "n"}
		for _, c := range s.columns {
			head = append(head, c.head)
		}
		t := table{head}
		for _, p := range s.points {
			if !r.has(p) {
				continue
			}
			kind := p.kind
			if p.server == "real" || p.server == "zktest" {
				kind += ", " + p.server
			}
			row := []string{p.client, kind, fmt.Sprint(p.n)}
			for _, c := range s.columns {
				row = append(row, r.of(p, c.figure).String())
			}
			t = append(t, row)
		}
		if len(t) > 1 {
			fmt.Fprintf(w, "\n%s\n%s", s.title, t)
		}
	}
}
