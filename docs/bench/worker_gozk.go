package main

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	gozk "github.com/go-zookeeper/zk"
)

type silence struct{}

func (silence) Printf(string, ...any) {}

func goZK(j job) (outcome, error) {
	switch j.kind {
	case "blocking":
	case "connect":
		return goZKStorm(j)
	case "idle":
		return goZKIdle(j)
	case "outstanding":
		return goZKOutstanding(j)
	default:
		return outcome{Skip: "go-zookeeper/zk has blocking calls only"}, nil
	}
	c, err := goZKConnect(j)
	if err != nil {
		return outcome{}, err
	}
	defer c.Close()
	get := func() error {
		data, _, err := c.Get(path)
		if err == nil && len(data) != valueLen {
			err = fmt.Errorf("%d bytes", len(data))
		}
		return err
	}
	if err := get(); err != nil {
		return outcome{}, err
	}
	return blocking(j, get)
}

// goZKConnect returns a client that has a session.
func goZKConnect(j job) (*gozk.Conn, error) {
	c, events, err := gozk.Connect([]string{j.addr}, 30*time.Second, gozk.WithLogger(silence{}), gozk.WithLogInfo(false))
	if err != nil {
		return nil, err
	}
	for ev := range events {
		if ev.State == gozk.StateHasSession {
			return c, nil
		}
	}
	return nil, errors.New("no session")
}

func goZKAll(j job) ([]*gozk.Conn, error) {
	conns, errs := make([]*gozk.Conn, j.n), make(chan error)
	for i := range conns {
		go func() {
			var err error
			conns[i], err = goZKConnect(j)
			errs <- err
		}()
	}
	var failed error
	for range conns {
		failed = errors.Join(failed, <-errs)
	}
	return conns, failed
}

func goZKClose(conns []*gozk.Conn) {
	for _, c := range conns {
		if c != nil {
			go c.Close() // which waits for the answer, up to a second
		}
	}
}

func goZKStorm(j job) (outcome, error) {
	runtime.GC()
	from := used()
	conns, err := goZKAll(j)
	o := from.until(used(), int64(j.n))
	goZKClose(conns)
	time.Sleep(time.Second)
	return o, err
}

func goZKIdle(j job) (outcome, error) {
	goroutines, bytes := runtime.NumGoroutine(), memory()
	conns, err := goZKAll(j)
	if err != nil {
		return outcome{}, err
	}
	o := outcome{Figures: map[string]float64{
		"goroutines": float64(runtime.NumGoroutine()-goroutines) / float64(j.n),
		"bytes":      (memory() - bytes) / float64(j.n),
	}}
	goZKClose(conns)
	time.Sleep(time.Second)
	return o, nil
}

func goZKOutstanding(j job) (outcome, error) {
	c, err := goZKConnect(j)
	if err != nil {
		return outcome{}, err
	}
	over := make(chan struct{})
	before, from := memory(), used()
	for range j.n {
		go func() {
			c.Get(silentPath) // fails when the client is closed
			over <- struct{}{}
		}()
	}
	time.Sleep(time.Second)
	o := from.until(used(), int64(j.n))
	o.Figures = map[string]float64{"bytes": (memory() - before) / float64(j.n)}
	c.Close()
	for range j.n {
		<-over
	}
	return o, nil
}
