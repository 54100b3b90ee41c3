package main

import (
	"fmt"
	"io"
	"slices"
)

// get is the benchmark of Get, by every client: of 100 bytes, from the canned server and from a real one.

var getAt = []int{1, 16, 256, 4096}

func getPoints() (all []point) {
	add := func(server, kind string, n int, of ...string) {
		for _, c := range of {
			all = append(all, point{"get", server, kind, n, c})
		}
	}
	for _, n := range getAt {
		add("canned", "blocking", n, isGazoo, isGoZK, isJava, isKazoo)
		add("canned", "callbacks", n, isGazoo, isRaw)
		if n >= 256 {
			add("canned", "callbacks", n, isJava, isKazoo)
		}
	}
	add("canned", "blocking-ctx", 256, isGazoo)
	add("real", "blocking", 256, isGazoo, isGoZK, isJava, isKazoo)
	add("real", "callbacks", 256, isGazoo, isRaw)
	return all
}

func getGoals() (all []goal) {
	blocking := func(client, server string, n int) point { return point{"get", server, "blocking", n, client} }
	callbacks := func(client string, n int) point { return point{"get", "canned", "callbacks", n, client} }
	for i, least := range []float64{1.1, 3, 12, 9} {
		n := getAt[i]
		all = append(all, goal{
			what: fmt.Sprintf("Get(…).Wait(), %d goroutines, times go-zookeeper/zk", n), bound: least,
			value: func(r *run) series {
				return r.of(blocking(isGazoo, "canned", n), rate).over(r.of(blocking(isGoZK, "canned", n), rate))
			},
		})
	}
	for i, least := range []float64{20, 30} {
		n := getAt[2+i]
		all = append(all, goal{
			what: fmt.Sprintf("callbacks, window %d, times go-zookeeper/zk's blocking calls", n), bound: least,
			value: func(r *run) series {
				return r.of(callbacks(isGazoo, n), rate).over(r.of(blocking(isGoZK, "canned", n), rate))
			},
		})
	}
	at256 := blocking(isGazoo, "canned", 256)
	return append(all,
		goal{what: "callbacks, window 4096: client CPU per Get, times the raw loop's", bound: 6, most: true,
			value: func(r *run) series {
				return r.of(callbacks(isGazoo, 4096), cpu).over(r.of(callbacks(isRaw, 4096), cpu))
			}},
		goal{what: "allocations per blocking Get, 256 goroutines", bound: 2, most: true,
			value: func(r *run) series { return r.of(at256, allocs) }},
		goal{what: "allocations per Get with one callback, window 256", bound: 4, most: true,
			value: func(r *run) series { return r.of(callbacks(isGazoo, 256), allocs) }},
		goal{what: "allocations per blocking Get with a ctx that can be cancelled", bound: 3, most: true,
			value: func(r *run) series { return r.of(point{"get", "canned", "blocking-ctx", 256, isGazoo}, allocs) }},
		goal{what: "client's read and write calls per Get, 256 goroutines", bound: 0.2, most: true,
			value: func(r *run) series { return r.of(at256, calls) }},
		goal{what: "real server, 256 goroutines: client CPU per Get, share of go-zookeeper/zk's", bound: 0.25, most: true,
			value: func(r *run) series {
				return r.of(blocking(isGazoo, "real", 256), cpu).over(r.of(blocking(isGoZK, "real", 256), cpu))
			}},
	)
}

func (r *run) reportGets(w io.Writer) {
	for _, section := range []struct{ server, kind, title string }{
		{"canned", "blocking", "Get of 100 bytes, canned server, n goroutines that wait for each"},
		{"canned", "blocking-ctx", "… with a context that can be cancelled"},
		{"canned", "callbacks", "Get of 100 bytes, canned server, n outstanding, callbacks"},
		{"real", "blocking", "Get of 100 bytes, real ZooKeeper, n goroutines that wait for each"},
		{"real", "callbacks", "Get of 100 bytes, real ZooKeeper, n outstanding, callbacks"},
	} {
		t := table{{"client", "n", "Gets/s", "times go-zookeeper/zk", "CPU ns/Get", "allocs/Get", "bytes/Get", "reads+writes/Get"}}
		for _, p := range r.points {
			if p.bench != "get" || p.server != section.server || p.kind != section.kind || !r.has(p) {
				continue
			}
			peer := p.by(isGoZK)
			peer.kind = "blocking"
			times := r.of(p, rate).over(r.of(peer, rate)).String()
			t = append(t, []string{p.client, fmt.Sprint(p.n), r.of(p, rate).String(), times, r.of(p, cpu).String(),
				short(r.of(p, allocs).median()), short(r.of(p, allocated).median()), short(r.of(p, calls).median())})
		}
		if len(t) > 1 {
			fmt.Fprintf(w, "\n%s\n%s", section.title, t)
		}
	}
	if why := r.reasons("get"); len(why) > 0 {
		slices.Sort(why)
		fmt.Fprintln(w)
		for _, line := range why {
			fmt.Fprintln(w, "  –", line)
		}
	}
}
