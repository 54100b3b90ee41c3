package plan

import "time"

// A mix is how hard a kind of fault is in one seed: how often it comes, and how long it lasts.
//
// What a length does depends on the session timeout T: a client pings every third of it, gives its server up after two
// thirds, reports LOST after one, buries the session after four thirds. Servers bear with a silent leader for
// syncLimit ticks. So lengths are drawn around those, and not in seconds.
type mix struct {
	often                     float64
	blip, short, around, long float64
}

var mixes = []mix{
	{often: 0.5, blip: 0, short: 0.05, around: 0.45, long: 0.5},   // rare and long
	{often: 2, blip: 0.4, short: 0.5, around: 0.1, long: 0},       // frequent and short
	{often: 1, blip: 0.15, short: 0.25, around: 0.35, long: 0.25}, // all sorts
}

// when draws the time of a fault.
func (d *drawer) when() time.Duration {
	at := d.between(d.first, d.top.Duration)
	if len(d.bursts) > 0 && !d.chance(0.2) {
		at = d.bursts[d.IntN(len(d.bursts))] + time.Duration((d.ExpFloat64()-0.5)*float64(d.timeout)/8)
	}
	return d.inRun(at)
}

// inRun moves a time into the run, and rounds it so that it is easy to read.
func (d *drawer) inRun(at time.Duration) time.Duration {
	last := max(0, d.top.Duration-time.Millisecond)
	return min(max(at, d.first), last).Round(time.Millisecond)
}

// howLong draws the length of a fault.
func (d *drawer) howLong(k *kindSpec, m mix) time.Duration {
	if k.slow {
		m = mixes[0]
		if d.chance(0.25) {
			return 0 // until the world is healed
		}
	}
	base := d.timeout
	if d.chance(0.25) {
		base = d.patient
	}
	var length time.Duration
	switch d.pick(m.blip, m.short, m.around, m.long) {
	case 0:
		length = d.spread(time.Millisecond, 300*time.Millisecond)
	case 1:
		length = d.spread(min(50*time.Millisecond, base/3), base/3)
	case 2:
		length = d.between(base/3, base*3/2)
	default:
		length = d.between(base*5/4, base*5/2)
	}
	return tidy(min(length, max(d.top.Duration, time.Millisecond)))
}

// tidy rounds a length so that it is easy to read, and never to zero, which means something else.
func tidy(length time.Duration) time.Duration {
	grain := time.Millisecond
	switch {
	case length >= 10*time.Second:
		grain = 100 * time.Millisecond
	case length >= time.Second:
		grain = 10 * time.Millisecond
	}
	return max(length.Round(grain), grain)
}
