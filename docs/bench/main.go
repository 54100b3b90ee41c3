// Command bench measures gazoo beside other ZooKeeper clients; see README.md. `make bench` runs it.
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"
)

func main() {
	var err error
	switch args := os.Args[1:]; {
	case len(args) == 1 && args[0] == "canned":
		err = cannedMain()
	case len(args) == 1 && args[0] == "zktest":
		err = zktestMain()
	case len(args) == 2 && args[0] == "work":
		err = work(workers[args[1]])
	default:
		err = benchMain()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func benchMain() error {
	only := flag.String("run", ".", "a `regexp`: measure what it matches; names are like get/canned/blocking/256/gazoo")
	rounds := flag.Int("rounds", 7, "how often each thing is measured")
	millis := flag.Int("millis", 400, "for how long, where that can be chosen")
	plots := flag.String("plots", "", "a `directory`: the plots and the table, results.txt, are written there")
	list := flag.Bool("list", false, "say what there is, and measure nothing")
	flag.Parse()
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected %q", flag.Args())
	}
	match, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	r := &run{rounds: *rounds, millis: *millis, results: map[point][]outcome{}, skipped: map[point]string{}}
	for _, p := range points() {
		if match.MatchString(p.String()) {
			r.points = append(r.points, p)
		}
	}
	if *list {
		for _, p := range r.points {
			fmt.Println(p)
		}
		return nil
	}
	if len(r.points) == 0 {
		return errors.New("nothing matches; -list shows what there is")
	}
	if err := r.measure(); err != nil {
		return err
	}
	var text strings.Builder
	r.report(&text)
	if _, err := io.WriteString(os.Stdout, text.String()); err != nil {
		return err
	}
	if *plots != "" {
		return r.write(*plots, text.String())
	}
	return nil
}

// A point is one thing that is measured, by one client.
type point struct {
	bench  string // which benchmark
	server string // "canned", "zktest", "real", or "" where there is none
	kind   string
	n      int
	client string
}

func (p point) String() string {
	parts := []string{p.bench}
	if p.server != "" {
		parts = append(parts, p.server)
	}
	parts = append(parts, p.kind)
	if p.n > 0 {
		parts = append(parts, fmt.Sprint(p.n))
	}
	return strings.Join(append(parts, p.client), "/")
}

// by is the same thing measured by another client.
func (p point) by(client string) point {
	p.client = client
	return p
}

// A run is one run of the program.
type run struct {
	rounds  int
	millis  int // that a measurement lasts, where that can be chosen
	points  []point
	results map[point][]outcome // an outcome per round
	skipped map[point]string
	notes   []string
	took    time.Duration
}

// measure does all points in turn, as often as there are rounds, so that what disturbs the machine disturbs all of them.
// Every other round goes backwards: a client that is busy for a while after its turn, as one with many threads, disturbs
// who comes next, and that should not be always the same.
func (r *run) measure() error {
	began := time.Now()
	servers, ends, err := r.servers()
	for _, end := range ends {
		defer end()
	}
	if err != nil {
		return err
	}
	at := map[string]*process{}
	absent := map[string]string{}
	for _, c := range clients {
		if !slices.ContainsFunc(r.points, func(p point) bool { return p.client == c.name }) {
			continue
		}
		w, err := c.start()
		if err != nil {
			absent[c.name] = err.Error()
			r.notes = append(r.notes, fmt.Sprintf("%s is not measured: %v", c.name, err))
			continue
		}
		defer w.end()
		at[c.name] = w
	}
	order := slices.Clone(r.points)
	for round := range r.rounds {
		if round > 0 {
			slices.Reverse(order)
		}
		for i, p := range order {
			progress("round %d of %d, %d of %d: %v", round+1, r.rounds, i+1, len(r.points), p)
			if why := cmp.Or(r.skipped[p], absent[p.client]); why != "" {
				r.skipped[p] = why
				continue
			}
			addr := servers[p.server]
			if p.server != "" && addr == "" {
				r.skipped[p] = "no server"
				continue
			}
			o, err := at[p.client].do(job{p.kind, p.n, r.millis, cmp.Or(addr, "-")})
			if err != nil {
				return fmt.Errorf("%v: %w", p, err)
			}
			if o.Skip != "" {
				r.skipped[p] = o.Skip
				continue
			}
			r.results[p] = append(r.results[p], o)
		}
	}
	progress("")
	r.took = time.Since(began)
	return nil
}

// servers starts those that are needed.
func (r *run) servers() (addrs map[string]string, ends []func(), err error) {
	addrs = map[string]string{}
	for _, p := range r.points {
		if _, there := addrs[p.server]; there {
			continue
		}
		switch p.server {
		case "canned", "zktest":
			s, err := self(p.server)
			if err != nil {
				return addrs, ends, err
			}
			ends = append(ends, func() { s.end() })
			addr, err := s.out.ReadString('\n')
			if err != nil {
				return addrs, ends, err
			}
			addrs[p.server] = strings.TrimSpace(addr)
		case "real":
			addr, end, err := startReal()
			if end != nil {
				ends = append(ends, end)
			}
			if err != nil {
				r.notes = append(r.notes, fmt.Sprintf("no real server: %v", err))
				addr = ""
			}
			addrs[p.server] = addr
		}
	}
	return addrs, ends, nil
}

func (r *run) header() string {
	return fmt.Sprintf("%d CPUs, %s, %s/%s; medians of %d rounds (least … most), interleaved; the run took %v",
		runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH, r.rounds, r.took.Round(time.Second))
}

// progress shows on a terminal what is being done.
func progress(format string, args ...any) {
	if info, err := os.Stderr.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		fmt.Fprintf(os.Stderr, "\r\033[K"+format, args...)
	}
}
