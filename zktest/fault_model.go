package zktest

import (
	"slices"

	"github.com/gazoo-go/gazoo/zktest/internal/plan"
)

// A FaultModel says which faults a [Sim] may meet.
type FaultModel struct{ swarm plan.Swarm }

// Swarm is every fault that ZooKeeper's users may meet and gazoo's promises survive: processes and servers
// that are killed, lose power or pause, links that stall, lose, drip or reset, servers that fall silent, lag
// or lose their leader, replies that never come. Each world has some of them, few or many, short or long;
// one in ten has none, and one in ten only one kind.
//
// Two are not among them, because what a [recipes.Held] says of itself rests on their absence: sessions
// that a server ends before their time ([Expire]), and clocks of different speed ([ClockDrift]). See
// [FaultModel.And]. Fencing tokens and [recipes.Held.Txn] are right even then. Nor is [BadName], which is about the
// client's search for servers only.
func Swarm() FaultModel {
	return FaultModel{plan.Swarm{Without: []plan.Kind{plan.Expire, plan.ClockDrift, plan.BadName}}}
}

// NoFaults is a world in which nothing breaks. Its network and its servers are still of different speed
// in each world.
func NoFaults() FaultModel { return FaultModel{plan.Swarm{Kinds: []plan.Kind{}}} }

// Only makes these the only faults of a model, also those that [Swarm] leaves out.
func (m FaultModel) Only(faults ...Fault) FaultModel {
	m = m.And(faults...)
	m.swarm.Kinds = slices.Clone(faults)
	return m
}

// Without takes faults out of a model.
func (m FaultModel) Without(faults ...Fault) FaultModel {
	m.swarm.Without = append(slices.Clone(m.swarm.Without), faults...)
	return m
}

// And adds faults that a model leaves out. With [ClockDrift] clocks are also of different speed all the time, in some
// worlds.
func (m FaultModel) And(faults ...Fault) FaultModel {
	if m.swarm.Kinds != nil {
		m.swarm.Kinds = append(slices.Clone(m.swarm.Kinds), faults...)
	}
	m.swarm.Without = slices.DeleteFunc(slices.Clone(m.swarm.Without), func(k Fault) bool { return slices.Contains(faults, k) })
	return m
}

// Rate makes faults x times as frequent.
func (m FaultModel) Rate(x float64) FaultModel {
	m.swarm.Rate = x
	return m
}

// A Fault is a kind of fault. Plans call them by the same names.
type Fault = plan.Kind

// The faults. Where one "lasts", it ends after some time or when the world is healed.
const (
	Kill        = plan.Kill        // SIGKILL of a process or a server, until the world is healed
	Restart     = plan.Restart     // SIGKILL, and a new start some time later
	PowerOff    = plan.PowerOff    // as Restart, but nobody is told: its connections go silent
	Pause       = plan.Pause       // SIGSTOP, a long garbage collection; lasts
	ClockJump   = plan.ClockJump   // the wall clock of a process jumps, forward or back
	ClockDrift  = plan.ClockDrift  // the clocks of a process or a server run too fast or too slowly; lasts
	SlowUser    = plan.SlowUser    // callbacks of user code of a process take long, and nothing else; lasts
	Stall       = plan.Stall       // bytes of one direction wait, and come as a burst; lasts
	Partition   = plan.Partition   // as Stall, both directions
	Isolate     = plan.Isolate     // as Partition, from everybody
	SwizzleClog = plan.SwizzleClog // several are isolated one by one and come back in another order
	Reset       = plan.Reset       // connections are reset
	ResetAfter  = plan.ResetAfter  // a connection is reset after some more bytes
	HalfOpen    = plan.HalfOpen    // what is sent is lost and nobody is told; lasts
	Lose        = plan.Lose        // as HalfOpen, one direction
	Drip        = plan.Drip        // bytes arrive one at a time; lasts
	SlowLink    = plan.SlowLink    // a link takes longer; lasts
	Silence     = plan.Silence     // a server accepts connections and never answers on them; lasts
	Refuse      = plan.Refuse      // a server refuses connections; lasts
	Expire      = plan.Expire      // the ensemble ends a session, whatever its timeout
	Drop        = plan.Drop        // a server closes the connection of a session
	SlowDisk    = plan.SlowDisk    // a server takes long to log a proposal; lasts
	Lag         = plan.Lag         // a server applies late what is committed; lasts
	CutFollower = plan.CutFollower // a process's server is cut off from the others, and goes on answering; lasts
	KillLeader  = plan.KillLeader  // the leader is killed, and started again some time later
	ApplyCut    = plan.ApplyCut    // a write is applied, and the connection cut in front of the reply
	CutBefore   = plan.CutBefore   // the connection is cut in front of a write
	DelayReply  = plan.DelayReply  // a reply, and all behind it, is held back; lasts
	BadName     = plan.BadName     // the name of a server cannot be looked up, gets no answer, or stands for another server; lasts
)

// Faults lets faults happen during [Sim.Run]. Without it there are none. Call it before time passes.
func (s *Sim) Faults(m FaultModel) {
	s.faults = &m.swarm
	if !s.fixed && m.swarm.Allows(ClockDrift) {
		drawn := plan.Begin(s.plan.Seed, plan.Swarm{})
		s.plan.Knobs[plan.ClockDriftPPM] = drawn.Knob(plan.ClockDriftPPM)
		s.setSpeeds()
	}
}
