package plan

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"
)

// DrawFaults adds the faults of one run of the test; it is called for each, in their order. It does nothing to a plan
// that is Drawn. Whoever knows that no run will follow sets that.
func (p *Plan) DrawFaults(top Topology, swarm Swarm) {
	if p.Drawn {
		return
	}
	d := newDrawer(p, top, swarm)
	var faults []Fault
	for _, share := range d.shares(p.Seed, swarm) {
		faults = append(faults, d.ofKind(p.Seed, share)...)
	}
	slices.SortStableFunc(faults, func(a, b Fault) int { return cmp.Compare(a.At, b.At) })
	next := 1
	for _, f := range p.Faults {
		next = max(next, f.N+1)
	}
	for i := range faults {
		faults[i].N, faults[i].Run = next+i, top.Run
	}
	p.Faults = append(p.Faults, faults...)
}

// A drawer draws the faults of one run.
type drawer struct {
	stream // of the kind that is being drawn

	top     Topology
	timeout time.Duration // of sessions, as granted
	patient time.Duration // syncLimit: how long the servers bear with one another

	first   time.Duration   // nothing happens before
	bursts  []time.Duration // faults come in bursts around these; none: any time
	victims []string        // the favourites of this seed's faults; none: everybody alike
	mortal  []string        // who may be killed for good: never a majority of the servers
}

func newDrawer(p *Plan, top Topology, swarm Swarm) *drawer {
	d := &drawer{top: top, timeout: top.SessionTimeout}
	tick := top.Tick
	if tick <= 0 {
		tick = p.Millis(TickMS)
	}
	if d.timeout <= 0 {
		d.timeout = p.Millis(SessionTimeoutMS)
	}
	d.timeout = min(max(d.timeout, 2*tick), 20*tick)
	d.patient = time.Duration(p.Knob(SyncLimit)) * tick

	s := newStream(p.Seed, "swarm", "when", runName(top.Run))
	if !s.chance(0.15) {
		d.first = min(2*time.Second, top.Duration/20)
	}
	if s.chance(0.4) {
		for range 1 + s.IntN(4) {
			d.bursts = append(d.bursts, s.between(d.first, top.Duration))
		}
	}

	s = newStream(p.Seed, "swarm", "who")
	if s.chance(0.3) {
		d.victims = append(prefix(s.shuffled(top.Processes), 1+s.IntN(2)), prefix(s.shuffled(top.Servers), 1)...)
	}
	d.mortal = append(prefix(s.shuffled(top.Processes), len(top.Processes)/2),
		prefix(s.shuffled(top.Servers), (len(top.Servers)-1)/2)...)
	return d
}

// A share is how many faults of a kind there will be.
type share struct {
	spec   *kindSpec
	faults float64
	mix    mix
}

// shares decides which kinds are on, how hard each is, and divides the faults of the run among them.
func (d *drawer) shares(seed uint64, swarm Swarm) []share {
	s := newStream(seed, "swarm", "kinds")
	// No kind may hide what another would show, so some seeds have few kinds, or one, or none.
	calm, single, on := s.chance(0.1), s.chance(0.1/0.9), []float64{0.15, 0.3, 0.6}[s.pick(1, 1, 1)]
	total := float64(s.spread(8, 36))
	if single {
		total = float64(s.spread(4, 25))
	}
	if swarm.Full {
		calm, single, on = false, false, 1
	}
	var allowed []*kindSpec
	var weights []float64
	for i := range kinds {
		k := &kinds[i]
		if swarm.Allows(k.kind) && k.needs.met(d.top) {
			allowed = append(allowed, k)
			weights = append(weights, k.weight)
		}
	}
	if calm || len(allowed) == 0 || d.top.Duration <= 0 {
		return nil
	}

	chosen := allowed[s.pick(weights...)] // of a single kind, or where all others are off
	var shares []share
	sum := 0.0
	for _, k := range allowed {
		ks := newStream(seed, "intensity", string(k.kind))
		isOn := ks.chance(on)
		m := mixes[ks.pick(0.3, 0.35, 0.35)]
		if k == chosen || isOn && !single {
			weight := k.weight * m.often
			shares = append(shares, share{k, weight, m})
			sum += weight
		}
	}
	total *= rate(d.top.Duration, swarm.Rate)
	for i := range shares {
		shares[i].faults *= total / sum
	}
	return shares
}

// rate is how many times as many faults a run of this length has as one of a minute. Short runs have relatively more of
// them, for the sake of what happens between faults.
func rate(run time.Duration, wanted float64) float64 {
	minutes := run.Minutes()
	if minutes < 1 {
		minutes = math.Sqrt(minutes)
	}
	if wanted > 0 {
		minutes *= wanted
	}
	return minutes
}

// ofKind draws all faults of one kind.
func (d *drawer) ofKind(seed uint64, share share) (faults []Fault) {
	k := share.spec
	d.stream = newStream(seed, "faults", string(k.kind), runName(d.top.Run))
	n := int(share.faults)
	if d.chance(share.faults - float64(n)) {
		n++
	}
	if k.kind == SwizzleClog {
		for len(faults) < n {
			faults = append(faults, d.swizzle(share.mix)...)
		}
		return faults
	}
	for range n {
		f := k.draw(d)
		f.Kind = k.kind
		f.At = d.when()
		if k.lasts {
			f.For = d.howLong(k, share.mix)
		}
		faults = append(faults, f)
	}
	return faults
}

// swizzle draws faults that begin one by one and end in another order, but not before the last has begun.
func (d *drawer) swizzle(m mix) []Fault {
	nodes := d.shuffled(append(append([]string(nil), d.top.Processes...), d.top.Servers...))
	nodes = prefix(nodes, 2+d.IntN(4))
	at, hold := d.when(), d.howLong(kindOf(SwizzleClog), m)
	apart := d.between(0, hold/4)
	faults := make([]Fault, len(nodes))
	for i := range nodes {
		faults[i] = Fault{Kind: SwizzleClog, On: nodes[i], At: d.inRun(at + time.Duration(i)*apart)}
	}
	last := faults[len(faults)-1].At
	for i := range faults {
		faults[i].For = tidy(last - faults[i].At + d.between(hold/4, hold))
	}
	return faults
}

func prefix(names []string, n int) []string { return names[:max(0, min(n, len(names)))] }

func runName(run int) string { return strconv.Itoa(run) }
