package zktest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zktest/core/ensemble"
	"github.com/gazoo-go/gazoo/zktest/internal/plan"
)

// A simServer is one server of a SimEnsemble: a machine that may be dead, and a disk that outlives it.
type simServer struct {
	body
	e        *SimEnsemble
	index    int
	observes bool // has no vote
	disk     *ensemble.Disk
	member   *ensemble.Member
	host     *host
	out      []ensemble.Envelope

	rng *rand.Rand

	silent, refusing int           // faults of that kind that have not ended
	named            []*plan.Fault // faults of its name that have not ended
	write, lag       time.Duration // how much longer a write to its disk takes, and applying what is committed
}

// roleName is what the server is doing, for pictures.
func (v *simServer) roleName() string {
	if v.dead {
		return ""
	}
	return v.member.Role().String()
}

func (v *simServer) id() int64 { return int64(v.index + 1) }

// start makes the machine, with what its disk has.
func (v *simServer) start() {
	e := v.e
	cfg := ensemble.Config{
		Config:     e.config,
		InitLimit:  int(e.s.plan.Knob(plan.InitLimit)),
		SyncLimit:  int(e.s.plan.Knob(plan.SyncLimit)),
		SyncDelay:  func() time.Duration { return v.write + between(v.rng, 0, e.s.plan.Micros(plan.QuorumDelayUS)) },
		ApplyDelay: func() time.Duration { return v.lag + between(v.rng, 0, e.s.plan.Micros(plan.ApplyLagUS)) },
	}
	cfg.ServerID = v.id()
	cfg.Seed = e.s.plan.Seed ^ uint64(v.index)
	peers := make([]ensemble.Peer, len(e.servers))
	for i := range peers {
		other := e.servers[i]
		peers[i] = ensemble.Peer{
			ID: other.id(), Observer: other.observes, Addrs: other.name + ":2888:3888", Client: other.name + ":2181",
		}
	}
	v.begin()
	v.member = ensemble.NewMember(cfg, v.disk, peers, v.node.Now())
	v.host = &host{node: v.node, m: v.member, after: v.send, silent: func() bool { return v.silent > 0 }}
	if _, err := v.host.listen(":2181"); err != nil {
		panic(fmt.Sprintf("zktest: %s cannot listen: %v", v.name, err))
	}
	v.node.OnDisconnect(v.disconnected)
	v.host.settle()
}

// disconnected hears that a connection with another server has broken.
func (v *simServer) disconnected(peer *handler.Node) {
	for _, other := range v.e.servers {
		if other.node.Name() == peer.Name() {
			v.member.Disconnected(v.node.Now(), other.id())
			v.host.settle()
		}
	}
}

// send puts on its way what the machine has to say to the others.
func (v *simServer) send() {
	v.out = v.member.Outbox(v.out[:0])
	for i := range v.out {
		m := &v.out[i]
		if m.To < 1 || m.To > int64(len(v.e.servers)) {
			continue // a member that somebody has made up
		}
		to := v.e.servers[m.To-1]
		l := v.e.letter()
		l.from, l.to, l.reader, l.message = v, to, to.member, m.Message
		l.arrived = v.e.s.traceMessage(v.name, to.name, &l.message)
		v.e.s.world.Network().Send(v.node, to.node, 64, m.Message.Type.String(), l.arrive)
	}
}

// revive starts the server, if it is dead.
func (v *simServer) revive() {
	if v.dead {
		v.reboot()
		v.start()
	}
}
