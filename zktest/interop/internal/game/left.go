package game

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
)

// WantEmpty checks that nodes have no children, or are not there, as soon as the clients have removed what they do not wait
// for. What is left then is theirs whose sessions these are, or the guest's.
func WantEmpty(t *testing.T, observer *zk.Client, ours []*zk.Client, paths ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), server.Patience)
	defer cancel()
	for _, path := range paths {
		for {
			kids, err := observer.ChildrenAndWatch(ctx, path).Wait()
			if errors.Is(err, zk.ErrNoNode) || err == nil && len(kids.Value.Names) == 0 {
				break
			}
			if err != nil {
				t.Error(err)
				break
			}
			if _, err := kids.Changed.WaitContext(ctx); err != nil {
				t.Errorf("left behind in %s: %s", path, strings.Join(owners(t, observer, ours, path, kids.Value.Names), ", "))
				break
			}
		}
	}
}

// owners says whose the children are.
func owners(t *testing.T, observer *zk.Client, ours []*zk.Client, path string, names []string) (said []string) {
	for _, name := range names {
		owner := "the guest's "
		if st, err := observer.Exists(t.Context(), path+"/"+name).Wait(); err == nil && st != nil &&
			slices.ContainsFunc(ours, func(cl *zk.Client) bool { return cl.Session().ID == st.EphemeralOwner }) {
			owner = "gazoo's "
		}
		said = append(said, owner+name)
	}
	return said
}
