package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/gazoo-go/gazoo/zk"
)

// demo prints. Its methods are called from many goroutines.
type demo struct {
	start   time.Time
	servers string
	mu      sync.Mutex // keeps lines whole
}

func (d *demo) title(s string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fmt.Printf("\n%s\n%s\n", s, strings.Repeat("-", len(s)))
}

func (d *demo) say(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fmt.Printf("%8.1f ms  %s\n", float64(time.Since(d.start).Microseconds())/1000, fmt.Sprintf(format, args...))
}

// took is a duration to be read by people.
func took(since time.Time) time.Duration { return time.Since(since).Round(10 * time.Microsecond) }

// connect returns a client that sees root as "/".
func (d *demo) connect(ctx context.Context) (*zk.Client, error) {
	since := time.Now()
	cl, err := zk.Connect(ctx, d.servers+root, zk.WithSessionTimeout(4*time.Second))
	if err != nil {
		return nil, err
	}
	if err := cl.EnsurePath(ctx, "/").WaitErr(); err != nil {
		return nil, fmt.Errorf("creating %s: %w", root, err)
	}
	d.say("connected in %v: %v", took(since), cl.Session())
	return cl, nil
}
