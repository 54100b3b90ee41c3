package zktest_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

func TestRealJoining(t *testing.T) {
	t.Parallel()
	needs(t, "3.6", "what TestRealReconfig needs it for")
	testJoining(t, zktest.StartZooKeeper(t, 4, zktest.WithSpares(3)))
}

// testJoining has an ensemble of three and a spare server, the last one, which serves and does not count. It becomes a member,
// takes the place of another one, and then counts.
func testJoining(t *testing.T, all interface {
	servers
	Member(server int) zk.Member
}) {
	const spare = 3
	plain, admin := all.Client(t), all.Client(t, zk.WithAuth("digest", []byte("super:test")))
	before := got(t, admin.GetConfig(bg))
	if len(before.Members) != 3 {
		t.Fatalf("%+v", before.Members)
	}
	move(t, all, plain, func(server int) bool { return server == spare })
	got(t, plain.Create(bg, "/spare", nil, zk.Ephemeral))
	if answer := all.FourLetter(spare, "srvr"); !strings.Contains(answer, "Mode: follower") {
		t.Errorf("%s", answer)
	}
	if leader := all.Leader(); leader == spare {
		t.Fatal("the spare server leads")
	}

	after := got(t, admin.Reconfig(bg, zk.Reconfiguration{Joining: []zk.Member{all.Member(spare)}}, before.Version))
	if len(after.Members) != 4 || after.Members[spare].Client != all.Member(spare).Client || after.Members[spare].ID != 4 {
		t.Fatalf("%+v", after.Members)
	}
	leader := all.Leader()
	gone, dead := (leader+1)%3, (leader+2)%3
	leave := zk.Reconfiguration{Leaving: []int64{int64(gone + 1)}}
	_, err := admin.Reconfig(bg, leave, after.Version).Wait()
	for ; errors.Is(err, zk.ErrReconfigInProgress); _, err = admin.Reconfig(bg, leave, after.Version).Wait() {
	}
	if err != nil {
		t.Fatal(err)
	}
	all.Kill(gone)
	all.Kill(dead)
	eventually(t, "two of three members carry a write out", func() bool {
		_, err := plain.Set(bg, "/spare", []byte(time.Now().String()), zk.AnyVersion).Wait()
		return err == nil
	})
	if now := all.Leader(); now != leader {
		t.Errorf("server %d leads, and did not before", now)
	}
}
