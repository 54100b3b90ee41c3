package main

import (
	"bufio"
	"bytes"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// usage is what this process has used up since it began.
type usage struct {
	at     time.Time
	cpu    time.Duration
	allocs uint64
	bytes  uint64
	calls  int64 // -1: not known here
}

func used() usage {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{at: time.Now(), cpu: cpuTime(), allocs: m.Mallocs, bytes: m.TotalAlloc, calls: systemCalls()}
}

func cpuTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// systemCalls counts reads and writes, those that find nothing included.
func systemCalls() int64 {
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return -1
	}
	sum := int64(0)
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		name, value, _ := bytes.Cut(lines.Bytes(), []byte(": "))
		if s := string(name); s == "syscr" || s == "syscw" {
			n, err := strconv.ParseInt(string(value), 10, 64)
			if err != nil {
				return -1
			}
			sum += n
		}
	}
	return sum
}

func (from usage) until(to usage, ops int64) outcome {
	allocs, bytes := float64(to.allocs-from.allocs), float64(to.bytes-from.bytes)
	o := outcome{Ops: float64(ops), Seconds: to.at.Sub(from.at).Seconds(), CPU: float64(to.cpu - from.cpu), Allocs: &allocs, Bytes: &bytes}
	if from.calls >= 0 && to.calls >= 0 {
		calls := float64(to.calls - from.calls)
		o.Calls = &calls
	}
	return o
}

// A tally counts operations; each has a cache line of its own.
type tally struct {
	n atomic.Int64
	_ [56]byte
}

// steady measures something that goes on: after a quarter of the time, to get going, it counts what is done and
// used in the time given.
func steady(d time.Duration, done func() int64) outcome {
	runtime.GC()
	time.Sleep(d / 4)
	before, from := done(), used()
	time.Sleep(d)
	to, after := used(), done()
	return from.until(to, after-before)
}

// fail keeps an error. It is a function so that only errors are allocated.
func fail(to *atomic.Pointer[error], err error) { to.Store(&err) }

// blocking measures n goroutines that call one after the other.
func blocking(j job, call func() error) (outcome, error) {
	var stop atomic.Bool
	var failure atomic.Pointer[error]
	var all sync.WaitGroup
	tallies := make([]tally, j.n)
	for i := range tallies {
		t := &tallies[i]
		all.Go(func() {
			for !stop.Load() {
				if err := call(); err != nil {
					fail(&failure, err)
					return
				}
				t.n.Add(1)
			}
		})
	}
	o := steady(j.duration(), func() (sum int64) {
		for i := range tallies {
			sum += tallies[i].n.Load()
		}
		return sum
	})
	stop.Store(true)
	all.Wait()
	if err := failure.Load(); err != nil {
		return o, *err
	}
	return o, nil
}
