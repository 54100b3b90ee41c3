package zktest_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

func TestRealPausedServer(t *testing.T) {
	t.Parallel()
	const tick = 500 * time.Millisecond
	ens := zktest.StartZooKeeper(t, 3, zktest.WithTickTime(tick), zktest.WithSyncLimit(pausedSyncLimit),
		zktest.WithServerConfig(fmt.Sprintf("initLimit=%d", pausedInitLimit)))
	for _, tt := range pauses {
		t.Run(tt.name, func(t *testing.T) { testPausedServer(t, ens, tt, tick) })
	}
}

// A pause is where the client is, and who is paused.
type pause struct {
	name             string
	onLeader, leader bool
}

var pauses = []pause{
	{"LeaderWithClient", true, true},
	{"LeaderWithoutClient", false, true},
	{"FollowerWithClient", false, false},
}

// In ticks. Now and then a follower that has given the paused leader up elects it once more, by votes that were on their
// way, and waits for it for as long as initLimit, whose default here is longer than any session of the test.
const pausedSyncLimit, pausedInitLimit = 4, 6

// A paused server keeps its connections and says nothing. The client must move, in time to keep its session.
func testPausedServer(t *testing.T, ens servers, tt pause, tick time.Duration) {
	// Two thirds of the timeout is when a client gives a silent server up, and syncLimit ticks is when a follower gives a
	// silent leader up; an election and a busy machine come on top.
	timeout := 12 * tick
	if tt.leader { // there is nobody to serve the session until both limits are over and there is another leader
		timeout *= 2
	}
	goal, slack := max(timeout*2/3, pausedSyncLimit*tick), 10*time.Second
	ens.Ready()
	leader := ens.Leader()
	cl := ens.Client(t, zk.WithSessionTimeout(timeout))
	session, log := cl.Session(), statesOf(cl)
	got(t, cl.Create(bg, "/mine", nil, zk.Ephemeral))
	got(t, cl.Create(bg, "/n", nil))
	server := move(t, ens, cl, func(i int) bool { return (i == leader) == tt.onLeader })

	// One write after the other all the time: an idle client would notice later, and know less.
	var acked, longest atomic.Int64 // the newest one's number; the longest gap between two, in ns
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		last := time.Now()
		for n := 1; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			_, err := cl.Set(bg, "/n", []byte(strconv.Itoa(n)), zk.AnyVersion).Wait()
			if err == nil {
				longest.Store(max(longest.Load(), int64(time.Since(last))))
				last = time.Now()
				acked.Store(int64(n))
			} else if !errors.Is(err, zk.ErrConnectionLoss) {
				t.Errorf("set %d: %v", n, err)
				return
			}
		}
	}()
	eventually(t, "writes", func() bool { return acked.Load() > 10 })

	paused := server
	if tt.leader {
		paused = leader
	}
	begun := time.Now()
	ens.Pause(paused)
	from := acked.Load()
	var elected time.Time
	eventually(t, "a write after the pause", func() bool {
		select {
		case <-stopped:
			t.FailNow()
		default:
		}
		if elected.IsZero() && ens.Leader() != paused {
			elected = time.Now()
		}
		return acked.Load() > from+1 // one may have been on its way
	})
	gap := time.Duration(longest.Load())
	t.Logf("server %d paused: no write for %v (goal: %v and an election); there was a leader after %v",
		paused, gap.Round(time.Millisecond), goal, elected.Sub(begun).Round(time.Millisecond))
	if gap > goal+slack {
		t.Errorf("no write for %v", gap)
	}
	if now := serverOf(t, ens, cl); now == paused {
		t.Errorf("the client is still on server %d", now)
	}
	close(stop)
	<-stopped
	// A leader that comes back serves on until it notices that it has none to lead, and Ready waits for that: else the next
	// pause may begin while it is not one of the others yet, and leave no quorum. On 3.7 that takes long, for a server that joins
	// while there are writes may have to begin again (a NullPointerException in Learner.syncWithLeader).
	ens.Resume(paused)
	ens.Ready()

	log.check(t)
	if now := cl.Session(); now.ID != session.ID || slices.Contains(log.seen(), zk.Lost) {
		t.Errorf("%v, want %v; states %v", now, session, log.seen())
	}
	got(t, cl.Sync(bg, "/"))
	if st := got(t, cl.Exists(bg, "/mine")); st == nil || st.EphemeralOwner != session.ID {
		t.Errorf("ephemeral node: %+v", st)
	}
	if v, _ := strconv.Atoi(string(got(t, cl.Get(bg, "/n")).Data)); int64(v) < acked.Load() {
		t.Errorf("read %d, acknowledged %d", v, acked.Load())
	}
}
