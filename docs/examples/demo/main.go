// Demo shows gazoo at work and prints what happens as it happens.
//
//	make demo                  # on a ZooKeeper in this process: needs nothing but Go
//	ZK=127.0.0.1:2181 make demo  # on a real one
//
// It works below /gazoo-demo and removes that when it ends.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// root is where the demo works; the clients see it as "/".
const root = "/gazoo-demo"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	d := &demo{start: time.Now(), servers: os.Getenv("ZK")}
	if d.servers == "" {
		srv := zktest.Start()
		defer srv.Close()
		d.servers = srv.Addr()
		d.say("no ZK=host:port given: using a ZooKeeper in this process, at %s", d.servers)
	}

	d.title("connect")
	cl, err := d.connect(ctx)
	if err != nil {
		return err
	}
	defer cl.Close(ctx)
	if err := cl.DeleteAll(ctx, "/").WaitErr(); err != nil {
		return fmt.Errorf("clearing %s: %w", root, err)
	}
	for _, step := range []struct {
		title string
		run   func(context.Context, *zk.Client) error
	}{
		{"pipeline: 1,000 creates and 1,000 reads, without waiting in between", d.pipeline},
		{"watch: one change seen by a callback, a channel and a coroutine", d.watch},
		{"transaction: all or nothing", d.transaction},
		{"ephemeral: a node that goes away with its session", d.ephemeral},
		{"lock: handed over between three clients", d.lock},
		{"election: another one leads when the leader is gone", d.election},
		{"queue: what a worker has not done, another one does", d.queue},
		{"tree cache: a copy that follows", d.tree},
	} {
		d.title(step.title)
		if err := step.run(ctx, cl); err != nil {
			return fmt.Errorf("%s: %w", step.title, err)
		}
	}

	d.title("clean up")
	if err := cl.DeleteAll(ctx, "/").WaitErr(); err != nil {
		return err
	}
	if err := cl.Close(ctx).WaitErr(); err != nil {
		return err
	}
	d.say("deleted everything, closed the session")
	return nil
}
