package zktest

import (
	"context"
	"fmt"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/internal/java"
)

// Stop asks server i to end, and waits until it has. What has not ended after 10 s is killed. One that does not run is
// left as it is.
func (e *Ensemble) Stop(i int) {
	e.t.Helper()
	e.do(i, "stopping", func(s *java.Server) error { return s.Stop(context.Background()) })
}

// Kill ends server i at once, as kill -9, and waits until the kernel has. One that does not run is left as it is.
func (e *Ensemble) Kill(i int) {
	e.t.Helper()
	e.do(i, "killing", (*java.Server).Kill)
}

// Pause stops server i in its tracks, as SIGSTOP: its connections stay open and nothing moves, while time goes on.
// That is what a long garbage collection looks like.
func (e *Ensemble) Pause(i int) {
	e.t.Helper()
	e.do(i, "pausing", (*java.Server).Pause)
}

// Resume ends Pause. It does not wait until the server serves; see [Ensemble.Ready].
func (e *Ensemble) Resume(i int) {
	e.t.Helper()
	e.do(i, "resuming", (*java.Server).Resume)
}

// Restart stops server i if it runs, and starts it: the same data, the same addresses, a new process. If a majority runs
// now it waits until the server serves, for at most a minute; otherwise nothing serves yet, and it returns at once.
func (e *Ensemble) Restart(i int) {
	e.t.Helper()
	e.do(i, "restarting", func(s *java.Server) error {
		if err := s.Stop(context.Background()); err != nil {
			return err
		}
		if err := s.Launch(); err != nil || !e.majority() {
			return err
		}
		return s.Ready(context.Background())
	})
}

// Ready waits until every server that runs and is not paused serves, for at most a minute.
func (e *Ensemble) Ready() {
	e.t.Helper()
	e.must("waiting for the servers", e.e.Ready(context.Background()))
}

// majority reports whether so many voters run that they can elect a leader.
func (e *Ensemble) majority() bool {
	voters, awake := 0, 0
	from, spare := e.e.Config().ObserversFrom, e.e.Config().SparesFrom
	for i := range e.Len() {
		s := e.e.Server(i)
		if from > 0 && s.ID() >= from || spare > 0 && s.ID() >= spare {
			continue
		}
		voters++
		if s.Running() && !s.Paused() {
			awake++
		}
	}
	return awake > voters/2
}

// Member is what a [zk.Reconfiguration] that lets server i join says of it. It cannot fail.
func (e *Ensemble) Member(i int) zk.Member {
	s := e.e.Server(i)
	quorum, election := s.PeerPorts()
	return zk.Member{
		ID: int64(s.ID()), Addrs: []zk.MemberAddr{{Host: "127.0.0.1", Quorum: quorum, Election: election}}, Client: s.DirectAddr(),
	}
}

// Partition parts the servers into groups of indices. Within a group servers reach each other; between groups nothing
// gets through until [Ensemble.Heal] or the next Partition. Servers in no group form one more group. Clients still reach
// every server. The ensemble must have been started with [WithPartitions].
func (e *Ensemble) Partition(groups ...[]int) {
	e.t.Helper()
	e.must("partitioning", e.e.Partition(groups...))
}

// Heal ends every partition. What was held back arrives, as on a real network.
func (e *Ensemble) Heal() { e.e.Heal() }

func (e *Ensemble) do(i int, doing string, f func(*java.Server) error) {
	if err := f(e.e.Server(i)); err != nil {
		e.t.Helper()
		e.must(fmt.Sprintf("%s server %d", doing, i), err)
	}
}
