package plan

import (
	"slices"
	"time"
)

// Who is hit, and how hard. Each function fills in On, To and Amount of a fault.

// among picks one of the names, with a preference for this seed's victims.
func (d *drawer) among(names []string) string {
	if len(d.victims) > 0 && d.chance(0.8) {
		var preferred []string
		for _, v := range d.victims {
			if slices.Contains(names, v) {
				preferred = append(preferred, v)
			}
		}
		if len(preferred) > 0 {
			return d.one(preferred)
		}
	}
	return d.one(names)
}

func (d *drawer) process() Fault { return Fault{On: d.among(d.top.Processes)} }

func (d *drawer) server() Fault { return Fault{On: d.aServer()} }

func (d *drawer) aServer() string {
	if len(d.top.Servers) > 1 {
		switch d.pick(0.7, 0.2, 0.1) {
		case 1:
			return Leader
		case 2:
			return Follower
		}
	}
	return d.among(d.top.Servers)
}

// node is a process or a server.
func (d *drawer) node() Fault {
	toProcess := d.chance(0.6)
	if len(d.top.Servers) == 0 || toProcess && len(d.top.Processes) > 0 {
		return d.process()
	}
	return d.server()
}

func (d *drawer) kill() Fault {
	if len(d.mortal) == 0 {
		return d.node() // there is one of each
	}
	return Fault{On: d.one(d.mortal)}
}

// link is a link between a process and a server, or between two servers.
func (d *drawer) link() Fault {
	p, s := len(d.top.Processes), len(d.top.Servers)
	if p == 0 || s > 1 && d.chance(0.25) {
		return d.betweenServers()
	}
	f := d.process()
	// A fault on a link that nobody uses shows little, so most hit the one in use.
	if f.To = Connected; d.chance(0.35) {
		f.To = d.among(d.top.Servers)
	}
	return f
}

func (d *drawer) betweenServers() Fault {
	f := Fault{On: d.aServer()}
	for f.To == "" || f.To == f.On {
		if f.To = Leader; d.chance(0.5) {
			f.To = d.one(d.top.Servers)
		}
	}
	return f
}

// oneWay is a link in one direction.
func (d *drawer) oneWay() Fault {
	f := d.link()
	if d.chance(0.5) {
		f.On, f.To = f.To, f.On
	}
	return f
}

func (d *drawer) resetAfter() Fault {
	f := d.oneWay()
	f.Amount = int64(d.spread(1, 4_000)) // the answer to a connect request has 41 bytes
	return f
}

func (d *drawer) slowLink() Fault {
	f := d.link()
	f.Amount = int64(tidy(d.spread(5*time.Millisecond, max(10*time.Millisecond, d.timeout/2))))
	return f
}

func (d *drawer) slowDisk() Fault {
	f := d.server()
	f.Amount = int64(tidy(d.spread(10*time.Millisecond, 2*time.Second)))
	return f
}

func (d *drawer) badName() Fault {
	f := d.server()
	f.Amount = int64(d.IntN(3))
	return f
}

func (d *drawer) lag() Fault {
	f := d.server()
	if f.On == Leader { // who has nothing to lag behind
		f.On = Follower
	}
	f.Amount = int64(tidy(d.spread(5*time.Millisecond, 10*time.Second)))
	return f
}

// cutFollower aims at the server of a process: that one's view of the world grows old.
func (d *drawer) cutFollower() Fault {
	if d.chance(0.25) {
		return Fault{On: Follower}
	}
	return d.process()
}

func (d *drawer) killLeader() Fault { return Fault{On: Leader} }

// countdown lets most often none, sometimes a few of a process's writes pass.
func (d *drawer) countdown() Fault {
	f := d.process()
	f.Amount = int64(d.pick(0.6, 0.2, 0.1, 0.1))
	return f
}

func (d *drawer) slowUser() Fault {
	f := d.process()
	f.Amount = int64(tidy(d.spread(10*time.Millisecond, 2*d.timeout)))
	return f
}

func (d *drawer) clockJump() Fault {
	f := d.process()
	jump := d.between(d.timeout/10, d.timeout*3)
	if d.chance(0.4) {
		jump = d.spread(10*time.Millisecond, 48*time.Hour)
	}
	f.Amount = d.sign(int64(tidy(jump)))
	return f
}

func (d *drawer) clockDrift() Fault {
	f := d.node()
	switch d.pick(0.4, 0.4, 0.2) {
	case 0:
		f.Amount = 1 + d.Int64N(500)
	case 1:
		f.Amount = 500 + d.Int64N(19_500)
	default:
		f.Amount = 20_000 + d.Int64N(80_001)
	}
	f.Amount = d.sign(f.Amount)
	return f
}

func (d *drawer) sign(n int64) int64 {
	if d.chance(0.5) {
		return -n
	}
	return n
}
