package zk

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/session"
	"github.com/gazoo-go/gazoo/internal/wire"
)

// What a server says to a four-letter word in place of an answer.
var (
	// ErrNotWhitelisted: "4lw.commands.whitelist" does not have the word. From 3.5.3 on it has only srvr,
	// unless an administrator has added others.
	ErrNotWhitelisted = wire.ErrNotWhitelisted
	// ErrNotServing: the server is up, but belongs to no quorum.
	ErrNotServing = wire.ErrNotServing
)

// FourLetter asks the connected server one of ZooKeeper's four-letter words, such as "srvr", "mntr" or
// "ruok", and returns all that it answers, [WithMaxReply] bytes at most. It does so on a connection of
// its own, by TLS if the client does. The server has as long as the session timeout asked for
// ([WithSessionTimeout]) to connect and answer.
//
// Errors are [*OpError] with the word as Op and the server's address as Path: ErrBadArguments if it is not four
// letters from a to z, ErrNotWhitelisted, ErrNotServing, ErrTooLong, ErrConnectionLoss if there is no
// server or no answer, ErrClosed, ctx's error.
func (c *Client) FourLetter(ctx context.Context, word string) *future.Future[string] {
	mustContext(ctx)
	host, addr := c.driver.Server()
	return newQuestion(ctx, c, word, addr).ask(host, addr)
}

// FourLetterAt is [Client.FourLetter] that asks a server named as in a connect string, "host" or "host:port",
// be it one of the client's or not. The client need not be connected or even started.
func (c *Client) FourLetterAt(ctx context.Context, server, word string) *future.Future[string] {
	mustContext(ctx)
	q := newQuestion(ctx, c, word, server)
	addr, err := hostPort(server)
	if err != nil {
		return q.fail(fmt.Errorf("%w: server %q: %w", ErrBadArguments, server, err))
	}
	return q.ask(addr, addr)
}

// A question is one four-letter word that is being asked. It is the source of its promise.
type question struct {
	promise future.Promise[string]
	c       *Client
	ctx     context.Context
	word    string
	server  string
	a       *session.Ask
	bound   bound
	forget  func()
}

func newQuestion(ctx context.Context, c *Client, word, server string) *question {
	q := &question{c: c, ctx: ctx, word: word, server: server, forget: func() {}}
	q.promise.Init(c.lane, q)
	return q
}

func (q *question) fail(err error) *future.Future[string] {
	q.end("", err)
	return q.promise.Future()
}

// ask asks the server at addr, which is also the name of the host whose certificate it must have.
func (q *question) ask(host, addr string) *future.Future[string] {
	c := q.c
	if !wire.IsFourLetterWord(q.word) {
		return q.fail(fmt.Errorf("%w: a word of four letters from a to z is wanted", ErrBadArguments))
	}
	if err := q.ctx.Err(); err != nil {
		return q.fail(err)
	}
	within, cancel := c.opt.handler.WithTimeout(q.ctx, c.opt.timeout)
	q.a = session.NewAsk(q.word, c.opt.maxReply, func(reply string, err error) {
		cancel()
		q.end(reply, err)
	})
	q.forget = c.questions.add(q)
	switch { // whoever closes the client from now on finds the question
	case c.State() == Closed:
		q.a.End(ErrClosed)
		return q.promise.Future()
	case addr == "":
		q.a.End(fmt.Errorf("%w: not connected", ErrConnectionLoss))
		return q.promise.Future()
	}
	q.bound.arm(within, c.lane, func() {
		if q.ctx.Err() != nil {
			q.Cancel()
			return
		}
		q.a.End(fmt.Errorf("%w: no answer within %v", ErrConnectionLoss, c.opt.timeout))
	})
	c.driver.Ask(q.a, host, addr)
	return q.promise.Future()
}

func (q *question) end(reply string, err error) {
	q.bound.lift()
	q.forget()
	var long *wire.FrameError
	if errors.As(err, &long) {
		err = fmt.Errorf("%w: the answer has more than %d bytes", ErrTooLong, long.Max)
	}
	if err != nil {
		err = &OpError{Op: q.word, Path: q.server, Err: err}
	}
	q.promise.Complete(reply, err)
}

// Context, Arm, Cancel and Settled make a question a future.Source.

func (q *question) Context() context.Context { return q.ctx }
func (q *question) Arm()                     {}
func (q *question) Cancel()                  { q.a.End(q.ctx.Err()) }
func (q *question) Settled()                 {}

// questions are those that have no answer yet. They end with the client.
type questions struct {
	mu   sync.Mutex // guards list
	list list.List  // of *question
}

func (qs *questions) add(q *question) (forget func()) {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	place := qs.list.PushBack(q)
	return func() {
		qs.mu.Lock()
		defer qs.mu.Unlock()
		qs.list.Remove(place)
	}
}

// end ends them all.
func (qs *questions) end(err error) {
	qs.mu.Lock()
	var all []*question
	for e := qs.list.Front(); e != nil; e = e.Next() {
		all = append(all, e.Value.(*question))
	}
	qs.mu.Unlock()
	for _, q := range all {
		q.a.End(err)
	}
}
