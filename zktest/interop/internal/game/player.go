package game

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
)

// A player is one client of gazoo.
type player struct {
	*score
	guest  string
	cl     *zk.Client
	reads  *zk.Client // a view that repeats them
	who    string
	number int
	turn   int
}

func (p *player) play(ctx context.Context, turns int) error {
	acquire := p.game.Join(p.cl, p.number, recipes.WithIdentifier(p.who))
	for {
		if enough, err := p.enough(ctx, turns); err != nil || enough {
			return err
		}
		held, err := acquire(ctx).Wait()
		if err != nil {
			return err
		}
		if err := p.use(ctx, held); errors.Is(err, zk.ErrNoNode) || errors.Is(err, zk.ErrSessionExpired) {
			p.lose()
		} else if err != nil {
			return err
		}
		if err := held.Release(ctx).WaitErr(); err != nil {
			return err
		}
	}
}

// enough reports whether both clients have had so many turns.
func (p *player) enough(ctx context.Context, turns int) (bool, error) {
	for _, client := range []string{"gazoo", p.guest} {
		if st, err := p.reads.Exists(ctx, "/turns/"+client).Wait(); err != nil || int(st.Version) < turns {
			return false, err
		}
	}
	return true, nil
}

// use does with a turn what a guest does.
func (p *player) use(ctx context.Context, held *recipes.Held) error {
	p.turn++
	mark := "x"
	if p.game.shared(p.number) {
		mark = "s"
	}
	inside := fmt.Sprintf("/inside/%s-%s-%d", mark, p.who, p.turn)
	if err := commit(ctx, held, zk.ErrNodeExists, func(tx *zk.Txn) {
		tx.Create(inside, []byte(p.who), zk.Ephemeral)
		tx.Set("/turns/gazoo", []byte(p.who), zk.AnyVersion)
	}); err != nil {
		return err
	}
	entered, err := p.reads.Exists(ctx, inside).Wait()
	if err != nil {
		return err
	}
	if entered == nil {
		return zk.ErrNoNode
	}
	kids, err := p.reads.Children(ctx, "/inside").Wait()
	if err != nil {
		return err
	}
	names := kids.Names
	if alone := slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, "x") }); len(names) > p.game.Limit || alone && len(names) > 1 {
		p.t.Errorf("%s has its turn together with %q", p.who, names)
	}
	p.had(turn{p.who, entered.Czxid, held.Token(), len(names)})
	return commit(ctx, held, zk.ErrNoNode, func(tx *zk.Txn) { tx.Delete(inside, zk.AnyVersion) })
}

// commit commits what is to be done under a lock until the outcome is known; done is the error of the second operation, the
// one after the check, when that was done before. ErrNoNode of the check means that the lock is lost.
func commit(ctx context.Context, held *recipes.Held, done error, fill func(*zk.Txn)) error {
	for {
		tx := held.Txn()
		fill(tx)
		err := tx.Commit(ctx).WaitErr()
		if failed, ok := errors.AsType[*zk.TxnError](err); ok {
			if failed.Index == 1 && errors.Is(err, done) {
				return nil
			}
			return err
		}
		if !errors.Is(err, zk.ErrConnectionLoss) {
			return err
		}
	}
}
