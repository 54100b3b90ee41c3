package together

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/gazoo-go/gazoo/zktest/internal/proxy"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/game"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/python"
)

// A snake is a process with clients of Kazoo, which do what eval.py is told.
type snake struct {
	*game.Child
	t *testing.T

	mu      sync.Mutex // guards what follows
	last    int
	answers map[int]chan answer
}

type order struct {
	ID    int    `json:"id"`
	Who   string `json:"who"`
	Code  string `json:"code,omitempty"`
	Leave bool   `json:"leave,omitempty"`
}

type answer struct {
	ID    int             `json:"id"`
	Value json.RawMessage `json:"value"`
	Error string          `json:"error"`
}

func startSnake(t *testing.T, release python.Kazoo) *snake {
	t.Helper()
	s := &snake{t: t, answers: make(map[int]chan answer)}
	s.Child = game.Start(t, release.Command("testdata/eval.py"), func(line string) error {
		var a answer
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.answers[a.ID] <- a
		delete(s.answers, a.ID)
		return nil
	})
	return s
}

// tell gives an order and waits for the answer.
func (s *snake) tell(ctx context.Context, o order) (answer, error) {
	answered := make(chan answer, 1)
	s.mu.Lock()
	s.last++
	o.ID = s.last
	s.answers[o.ID] = answered
	s.mu.Unlock()
	line, err := json.Marshal(o)
	if err != nil {
		return answer{}, err
	}
	s.Tell(s.t, string(line))
	select {
	case a := <-answered:
		if a.Error != "" {
			return a, fmt.Errorf("%s: %q: %s", o.Who, o.Code, a.Error)
		}
		return a, nil
	case <-s.Ended():
		return answer{}, errors.New("Kazoo has ended")
	case <-ctx.Done():
		return answer{}, fmt.Errorf("%s: %q: %w", o.Who, o.Code, ctx.Err())
	}
}

// A kazoo is one client of Kazoo.
type kazoo struct {
	*snake
	ctx context.Context
	who string
	way *proxy.Proxy
}

// do carries out Python. Its strings are quoted like ours: %q does it.
func (k *kazoo) do(code string, args ...any) error {
	_, err := k.tell(k.ctx, order{Who: k.who, Code: fmt.Sprintf(code, args...)})
	return err
}

// eval is do for what has a value.
func eval[T any](k *kazoo, code string, args ...any) (v T, err error) {
	a, err := k.tell(k.ctx, order{Who: k.who, Code: fmt.Sprintf(code, args...)})
	if err == nil {
		err = json.Unmarshal(a.Value, &v)
	}
	return v, err
}

// cut cuts its connection, and waits until it has another one.
func (k *kazoo) cut() error {
	k.way.Cut(proxy.Reset)
	return k.do(`client.retry(client.exists, "/") is None`)
}
