package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"time"
)

// A job is one measurement, done by the worker process of one client. It is a line of its fields, separated by
// blanks, so that workers in other languages can read it easily.
type job struct {
	kind   string // see the workers
	n      int    // goroutines, window, or how many of whatever the kind is about
	millis int    // how long it measures, where it is not over by itself
	addr   string // of the server
}

func (j job) line() string { return fmt.Sprintln(j.kind, j.n, j.millis, j.addr) }

func (j job) duration() time.Duration { return time.Duration(j.millis) * time.Millisecond }

// path is the node that every Get reads: 100 bytes, on each server.
const (
	path     = "/bench/some/node"
	valueLen = 100
)

// An outcome is a worker's answer: a line of JSON.
type outcome struct {
	Ops     float64            `json:"ops"`
	Seconds float64            `json:"seconds"`
	CPU     float64            `json:"cpu"`               // ns of CPU time, user and system, of the whole client process
	Allocs  *float64           `json:"allocs,omitempty"`  // allocations of the whole client process
	Bytes   *float64           `json:"bytes,omitempty"`   // allocated
	Calls   *float64           `json:"calls,omitempty"`   // read and write system calls, as Linux counts them
	Figures map[string]float64 `json:"figures,omitempty"` // of the kinds that are not about operations per second
	Skip    string             `json:"skip,omitempty"`    // why this client does not have this kind
	Error   string             `json:"error,omitempty"`   // why it failed
}

func (o outcome) rate() float64 { return o.Ops / o.Seconds }

// work is the worker process of a client in Go: it does jobs until its input ends.
func work(do func(j job) (outcome, error)) error {
	in := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var j job
		if _, err := fmt.Sscan(in.Text(), &j.kind, &j.n, &j.millis, &j.addr); err != nil {
			return err
		}
		o, err := profiled(j, do)
		if err != nil {
			o = outcome{Error: err.Error()}
		}
		if err := out.Encode(o); err != nil {
			return err
		}
	}
	return in.Err()
}

// profiled does a job. If BENCH_PROFILES names a directory, a CPU profile of the job is left there.
func profiled(j job, do func(job) (outcome, error)) (outcome, error) {
	dir := os.Getenv("BENCH_PROFILES")
	if dir == "" {
		return do(j)
	}
	file, err := os.Create(filepath.Join(dir, fmt.Sprintf("%s-%s-%d.pprof", filepath.Base(os.Args[2]), j.kind, j.n)))
	if err != nil {
		return outcome{}, err
	}
	defer file.Close()
	if err := pprof.StartCPUProfile(file); err != nil {
		return outcome{}, err
	}
	defer pprof.StopCPUProfile()
	return do(j)
}
