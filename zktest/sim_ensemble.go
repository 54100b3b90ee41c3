package zktest

import (
	"fmt"
	"strings"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
	"github.com/gazoo-go/gazoo/zktest/core/ensemble"
	"github.com/gazoo-go/gazoo/zktest/internal/picture"
	"github.com/gazoo-go/gazoo/zktest/internal/plan"
)

// A SimEnsemble is a ZooKeeper ensemble in a [Sim]: servers with an elected leader, that replicate, lag,
// crash and recover as ZooKeeper's do. Its servers are numbered from 0; their machines are called
// server1, server2 and so on.
type SimEnsemble struct {
	s       *Sim
	config  core.Config
	servers []*simServer
	hosts   string
	user    core.Intercept
	hooks   []*hook      // of faults; they go before user
	letters []*simLetter // that have arrived, to be used again
}

// Ensemble starts an ensemble of n servers, 1 to 7; 0 leaves the number to the plan, which may add observers. The plan decides its tick, unless an option does.
// The defaults are those of [Start].
func (s *Sim) Ensemble(n int, opts ...ServerOption) *SimEnsemble {
	observers := 0
	if n == 0 {
		n, observers = int(s.plan.Knob(plan.Servers)), int(s.plan.Knob(plan.Observers))
	}
	if n < 1 || n > 7 {
		panic("zktest: an ensemble has 1 to 7 servers")
	}
	cfg := configure(append([]ServerOption{s.knobs}, opts...))
	e := &SimEnsemble{s: s, config: cfg}
	var hosts []string
	first := 0
	for _, other := range s.ensembles {
		first += len(other.servers)
	}
	for i := range n + observers {
		name := fmt.Sprint("server", first+i+1)
		v := &simServer{body: body{s: s, name: name, node: s.world.Node(name)}, e: e, index: i, disk: new(ensemble.Disk)}
		v.observes = i >= n
		v.disk.Begin(int32(s.plan.Knob(plan.EpochStart)))
		v.rng = v.node.Rand("delays")
		s.setClock(v.node)
		s.trace.Lane(name, picture.Server)
		s.trace.Role(name, v.roleName)
		e.servers = append(e.servers, v)
		hosts = append(hosts, name+":2181")
	}
	e.hosts = strings.Join(hosts, ",")
	s.ensembles = append(s.ensembles, e)
	for _, v := range e.servers {
		s.spread(v)
	}
	for _, v := range e.servers {
		v.start()
	}
	return e
}

// Hosts is the connect string of the ensemble.
func (e *SimEnsemble) Hosts() string { return e.hosts }

// Len is the number of servers.
func (e *SimEnsemble) Len() int { return len(e.servers) }

// Leader is the server that leads, -1 while there is none. Of two who both think so, which happens for
// a while after a partition, it is the one with the later epoch.
func (e *SimEnsemble) Leader() int {
	leader := -1
	for i, v := range e.servers {
		if !v.dead && v.member.Role() == ensemble.Leading && (leader < 0 || v.member.Epoch() > e.servers[leader].member.Epoch()) {
			leader = i
		}
	}
	return leader
}

// Kill crashes a server. What it has acknowledged is on its disk.
func (e *SimEnsemble) Kill(i int) { e.servers[i].crash(false) }

// Restart starts a server that is dead.
func (e *SimEnsemble) Restart(i int) { e.servers[i].revive() }

// Pause stops a server as SIGSTOP does, until Resume.
func (e *SimEnsemble) Pause(i int) { e.servers[i].pause() }

// Resume ends a Pause.
func (e *SimEnsemble) Resume(i int) { e.servers[i].resume() }

// Expire ends a client's session now, as if its timeout had passed. It reports whether there is a leader
// who could.
func (e *SimEnsemble) Expire(cl *zk.Client) (ok bool) {
	if i, session := e.Leader(), cl.Session().ID; i >= 0 && session != 0 {
		v := e.servers[i]
		ok = v.member.ExpireSession(v.node.Now(), session)
		v.host.settle()
	}
	return ok
}

// Drop cuts a client's connection. Its session lives on. It reports whether there was one.
func (e *SimEnsemble) Drop(cl *zk.Client) (ok bool) {
	for _, v := range e.servers {
		if !v.dead && v.member.DropSession(cl.Session().ID) {
			v.host.settle()
			ok = true
		}
	}
	return ok
}

// Intercept asks f about every request to any of the servers; see [core.Intercept]. Nil ends that.
func (e *SimEnsemble) Intercept(f core.Intercept) {
	e.user = f
	e.intercept()
}

// Nodes lists what is below path, path itself included, as the server that leads has it, or the one that has seen
// most.
func (e *SimEnsemble) Nodes(path string) []core.NodeInfo { return e.newest().State().Nodes(path) }

// NumChildren is how many children a node has, on the same server as [SimEnsemble.Nodes]; -1 if it is not there. It
// is cheap enough for an invariant.
func (e *SimEnsemble) NumChildren(path string) int {
	n, ok := e.newest().State().NumChildren(path)
	if !ok {
		return -1
	}
	return n
}

func (e *SimEnsemble) newest() *ensemble.Member {
	if i := e.Leader(); i >= 0 {
		return e.servers[i].member
	}
	best := e.servers[0].member
	for _, v := range e.servers[1:] {
		if v.member.Zxid() > best.Zxid() {
			best = v.member
		}
	}
	return best
}
