// Command hunt looks for the seeded bugs of zktest/mutants, one after the other, until a test finds them. It prints a
// table, and fails if one that can be found is not.
//
//	go run ./zktest/mutants/hunt                     # all of them, which takes a while
//	go run ./zktest/mutants/hunt -only no-guid,no-pings -starts 1 -seeds 500
//	go run ./zktest/mutants/hunt -build /tmp/bugs    # only build the binaries, to be run by hand
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/gazoo-go/gazoo/zktest/mutants"
)

func main() {
	var (
		only   = flag.String("only", "", "names of the bugs to hunt, with commas between them; default: all that can be found")
		seeds  = flag.Int("seeds", mutants.Limit, "a bug must be found within so many seeds")
		starts = flag.Int("starts", 3, "hunt so many times, from different seeds on, and count the worst")
		first  = flag.Uint64("first", 1, "the first seed")
		jobs   = flag.Int("jobs", 2, "so many processes at a time")
		build  = flag.String("build", "", "build the binaries in this directory, and do nothing else")
		clean  = flag.Bool("clean", false, "hunt without any bug, in every test: nothing may be found")
	)
	shrink := flag.Bool("shrink", false, "make the failures smaller as well, and say how small they became, and how long that took")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	h := hunter{seeds: *seeds, starts: *starts, first: *first, shrink: *shrink}
	if err := h.run(ctx, *only, *build, *jobs, *clean); err != nil {
		fmt.Fprintln(os.Stderr, "hunt:", err)
		os.Exit(1)
	}
}

type hunter struct {
	dir           string
	seeds, starts int
	first         uint64
	shrink        bool
}

// apart is how far the starts are from each other.
const apart = 1_000_000

func (h *hunter) run(ctx context.Context, only, build string, jobs int, clean bool) error {
	ms, err := chosen(only, clean)
	if err != nil {
		return err
	}
	h.dir = build
	if build == "" {
		if h.dir, err = os.MkdirTemp("", "mutants"); err != nil {
			return err
		}
		defer os.RemoveAll(h.dir)
	}
	if err := mutants.Build(".", h.dir, mutants.All(), mutants.Packages(mutants.All())); err != nil || build != "" {
		return err
	}
	results := make([]result, len(ms))
	next := make(chan int)
	var done sync.WaitGroup
	for range jobs {
		done.Go(func() {
			for i := range next {
				results[i] = h.hunt(ctx, ms[i])
				fmt.Fprintf(os.Stderr, "%s: %s\n", ms[i].Name, results[i].sentence())
			}
		})
	}
	for i := range ms {
		next <- i
	}
	close(next)
	done.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	return errors.Join(report(ms, results, clean), medians(results))
}

// chosen returns the bugs to hunt for. Without any, a clean mutant stands for each test.
func chosen(only string, clean bool) ([]mutants.Mutant, error) {
	var ms []mutants.Mutant
	if only != "" {
		for _, name := range strings.Split(only, ",") {
			m, err := mutants.Named(name)
			if err != nil {
				return nil, err
			}
			ms = append(ms, m)
		}
		return ms, nil
	}
	for _, m := range mutants.All() {
		if clean {
			m = mutants.Mutant{Test: m.Test}
			if slices.ContainsFunc(ms, func(o mutants.Mutant) bool { return o.Test == m.Test }) {
				continue
			}
		}
		if m.Equivalent == "" {
			ms = append(ms, m)
		}
	}
	return ms, nil
}

// A result is what became of the hunts for one bug.
type result struct {
	worst  int // seeds
	missed int // starts from which it was not found
	took   time.Duration
	text   string
	err    error
	small  []mutants.Small
}

func (h *hunter) hunt(ctx context.Context, m mutants.Mutant) (r result) {
	for i := range h.starts {
		f, err := mutants.Hunt(ctx, h.dir, m.Test, m.Name, h.first+uint64(i*apart), h.seeds, h.shrink)
		if err != nil {
			r.err = err
			return r
		}
		r.took += f.Took
		if f.Seeds == 0 {
			r.missed++
			continue
		}
		if h.shrink {
			r.small = append(r.small, f.Small)
		}
		if f.Seeds > r.worst {
			r.worst, r.text = f.Seeds, fmt.Sprintf("%s (seed %d)", f.Text, f.Seed)
		}
	}
	return r
}

func (r result) sentence() string {
	switch {
	case r.err != nil:
		return r.err.Error()
	case r.missed > 0 && r.worst == 0:
		return fmt.Sprintf("not found, in %v", r.took.Round(time.Second))
	case r.missed > 0:
		return fmt.Sprintf("missed from %d starts, else within %d seeds, in %v: %s", r.missed, r.worst, r.took.Round(time.Second), r.text)
	}
	text := fmt.Sprintf("found within %d seeds, in %v: %s", r.worst, r.took.Round(time.Second), r.text)
	for _, s := range r.small {
		text += fmt.Sprintf("; %d faults, %d processes after %d replays, %v", s.Faults, s.Processes, s.Replays, s.Took)
		if s.Unlike != "" {
			text += "; its replay showed " + s.Unlike
		}
	}
	return text
}

// report prints the table and says what is wrong.
func report(ms []mutants.Mutant, results []result, clean bool) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "bug\tfound\tseeds\tseconds\treported")
	wrong := 0
	for i, m := range ms {
		r := results[i]
		found := "yes"
		switch {
		case r.err != nil:
			found, r.text = "error", strings.SplitN(r.err.Error(), "\n", 2)[0]
		case r.missed > 0:
			found = "NO"
		}
		if clean && found == "NO" && r.worst == 0 {
			found = "nothing, as it should be"
		} else if clean || found != "yes" {
			wrong++
		}
		name := m.Name
		if name == "" {
			name = "(none) " + m.Test.Name
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%.1f\t%s\n", name, found, r.worst, r.took.Seconds(), r.text)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d are not as they should be", wrong, len(ms))
	}
	return nil
}
